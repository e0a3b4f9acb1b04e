"""Words to a contact through RapidPro's API, by the route that RapidPro chooses, and what was said before."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from channel.core.clean import clean
from channel.core.errors import Ambiguous, Refused
from channel.core.exchange import Exchange, Request
from channel.core.following_up import BROADCAST
from channel.core.learned import Sent
from channel.core.past import PastMessage
from channel.core.reading import text_or_none
from channel.rapidpro.wire import api, api_contacts, api_workspace

FAILED: Final = "failed_in_rapidpro"
_SHOWN: Final = frozenset({None, "visible", "archived"})


class NotOffered(Exception):
    """This RapidPro cannot send one message to one contact: it is older than 8.2, and has broadcasts only."""


def send_message(contact: str, text: str) -> Exchange[Sent]:
    """Send as typed. Posting again is sending again. Raises NotOffered where only broadcasts can be sent.

    Taken is not deliverable: RapidPro makes a message that cannot go, and says so, which is Refused.
    """
    reply = yield Request("POST", f"{api.API}/messages.json", json={"contact": contact, "text": text})
    if reply.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        raise NotOffered
    try:
        message = api.made(reply)
    except Refused as refused:
        unknown = refused
    else:
        check_failed(message)
        return Sent(_name(message))
    if unknown.code == api.NO_CONTACT and api_contacts.is_urn(contact):
        workspace = yield from api_workspace.workspace()
        if workspace.anonymous:
            raise Refused(api.NO_CONTACT_UUID, "an anonymous RapidPro workspace finds contacts by UUID only")
    raise unknown


def send_broadcast(contact: str, text: str) -> Exchange[Sent]:
    """Send to one contact as if to many: later, behind the others, and evaluated, so that each `@` is doubled."""
    whom = {"urns" if api_contacts.is_urn(contact) else "contacts": [contact]}
    broadcast = yield from api.post("broadcasts", {**whom, "text": text.replace("@", "@@")})
    return Sent(f"{BROADCAST}{_name(broadcast)}")


def check_failed(message: Mapping[str, Any]) -> None:
    """Raise Refused if RapidPro made the message as one that is not sent."""
    if message.get("status") != "failed":
        return
    reason = (
        "the contact is blocked, stopped or archived, or was sent this text too often"
        if message.get("channel")
        else "no channel reaches the contact"
    )
    raise Refused(FAILED, f"RapidPro took the message as failed: {reason}")


def last_messages(contact: str, count: int, *, besides: str | None = None) -> Exchange[tuple[PastMessage, ...]]:
    """What was last said between the contact and whoever answered, oldest first; of one named by URN, too.

    `besides`: the UUID of a channel whose messages are no part of it: what passes between flows and us is said already.
    """
    uuid = yield from api_contacts.uuid_of(contact)
    if uuid is None or count <= 0:
        return ()
    found = yield from api.listed("messages", {"contact": uuid})
    past = [_past(message) for message in found if _was_said(message) and not _is_on(message, besides)]
    return tuple(reversed(past[:count]))


def _is_on(message: Mapping[str, Any], channel: str | None) -> bool:
    return channel is not None and text_or_none(message, "channel", "uuid") == channel


def _was_said(message: Mapping[str, Any]) -> bool:
    """Did it reach anybody, and is it there to be seen?"""
    if message.get("visibility") not in _SHOWN or message.get("status") == "failed":
        return False
    return message.get("direction") in {"in", "out"} and bool(message.get("text") or message.get("attachments"))


def _past(message: Mapping[str, Any]) -> PastMessage:
    attached = message.get("attachments")
    urls = [text_or_none(each, "url") for each in attached] if isinstance(attached, list) else []
    return PastMessage(
        by_contact=message.get("direction") == "in",
        text=clean(text_or_none(message, "text") or ""),
        attachments=tuple(clean(url) for url in urls if url),
        created_on=clean(text_or_none(message, "created_on") or ""),
    )


def _name(made: Mapping[str, Any]) -> str:
    if name := api.name_of(made):
        return name
    raise Ambiguous("api_unreadable", "RapidPro's API answered a POST with an object that has no name")
