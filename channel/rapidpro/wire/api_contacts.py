"""Contacts through RapidPro's API: who somebody is, and what is done with them when a room has closed.

A contact is named by UUID or by URN (`scheme:path`). In an anonymous RapidPro workspace only the UUID will do.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from channel.core.clean import clean
from channel.core.exchange import Exchange
from channel.core.learned import ContactRead, Reported
from channel.core.reading import text_or_none
from channel.rapidpro.wire import api

PARAM_LENGTH: Final = 640  #: of a text handed to a flow: 9.0 cuts there
_NO_KEY = re.compile(r"[^a-z_]+")


def is_urn(contact: str) -> bool:
    return ":" in contact


def read_contact(contact: str) -> Exchange[ContactRead | None]:
    """What RapidPro knows of them; None if it knows nobody of this name."""
    found = yield from _found(contact)
    if found is None:
        return None
    return ContactRead(
        uuid=_text(found.get("uuid")),
        name=_text(found.get("name")),
        language=_text(found.get("language")),
        fields=tuple(_fields(found.get("fields"))),
    )


def uuid_of(contact: str) -> Exchange[str | None]:
    """The UUID of the contact, looked up if they are named by URN; None if there is none."""
    if not is_urn(contact):
        return contact
    found = yield from _found(contact)
    return text_or_none(found, "uuid")


def first_channel(contact: str) -> Exchange[str | None]:
    """The UUID of the channel by which RapidPro would write to the contact first, if that may send. None if none is."""
    results = yield from api.listed("contacts", {**_named(contact), "expand_urns": "true"})
    urns = results[0].get("urns") if results else None
    first = urns[0] if isinstance(urns, list) and urns else None
    return text_or_none(first, "channel", "uuid")


def delete(contact: str) -> Exchange[Reported]:
    """Have RapidPro delete the contact, by UUID."""
    yield from api.post("contact_actions", {"contacts": [contact], "action": "delete"})
    return Reported()


def is_in_flow(contact: str, flow: str) -> Exchange[bool]:
    """Is this the flow the contact is in now?"""
    found = yield from _found(contact)
    return (text_or_none(found, "flow", "uuid") or "").lower() == flow.lower()


def leave_group(contact: str, group: str) -> Exchange[Reported]:
    """Take the contact out of a group, named or by UUID. Twice is once."""
    yield from api.post("contact_actions", {"contacts": [contact], "action": "remove", "group": group})
    return Reported()


def start_flow(contact: str, flow: str, params: Iterable[tuple[str, str]]) -> Exchange[Reported]:
    """Start a flow, soon; a messaging flow interrupts the session the contact is in. Twice is twice.

    In the flow, `@trigger.params.<key>`: old versions clean the keys, so they are left with `a` to `z` and `_`.
    """
    named = {_NO_KEY.sub("_", key.lower()): value[:PARAM_LENGTH] for key, value in params}
    whom = {"urns" if is_urn(contact) else "contacts": [contact]}
    yield from api.post("flow_starts", {"flow": flow, **whom, "params": named})
    return Reported()


def _found(contact: str) -> Exchange[Mapping[str, Any] | None]:
    results = yield from api.listed("contacts", _named(contact))
    return results[0] if results else None


def _named(contact: str) -> dict[str, str]:
    return {"urn" if is_urn(contact) else "uuid": contact}


def _fields(found: object) -> Iterable[tuple[str, str]]:
    """The fields that have a value; numbers come as texts, and as numbers from some versions."""
    if not isinstance(found, Mapping):
        return
    for key, value in found.items():
        if isinstance(value, str | int | float) and not isinstance(value, bool) and (text := clean(str(value))):
            yield clean(str(key)), text


def _text(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""
