"""What a flow's webhook asks of the live-agents API.

Flow builders write these bodies by hand, so what is missing is named and a right body shown; what was sent is not.
"""

import re
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from channel.core.addresses import ByContact
from channel.core.errors import ProtocolError
from channel.core.events import ContactSaid, Introduced, Rated
from channel.core.values import dataclass
from channel.rapidpro.wire.flow_bodies import (
    REGISTER_CLIENT,
    SEND_MESSAGE,
    SURVEY,
    Fields,
    fields_at,
    object_of,
    plain,
    wrong,
)
from channel.rapidpro.wire.flow_words import client_message, words

KEY_LENGTH: Final = 255  #: of what a repeat is known by
PATH_LENGTH: Final = 255  #: of a URN's path in RapidPro's own table
NAME_LENGTH: Final = 255  #: of a contact, a department, a flow, a result
CONTEXT_VALUES: Final = 50  #: results, and fields, that an agent may be shown
LOWEST, HIGHEST = 1, 5  #: of a rating

#: Rocket.Chat's questions, with its own spelling of the third
RATINGS: Final = ("satisfaction", "agentKnowledge", "agentResposiveness", "agentFriendliness")
FEEDBACK: Final = "additionalFeedback"
_QUESTIONS: Final = {name.lower(): name for name in (*RATINGS, FEEDBACK)} | {"agentresponsiveness": RATINGS[2]}

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LANGUAGE = re.compile(r"[a-z]{3}", re.ASCII)
_STATUS = re.compile(r"\d{1,3}", re.ASCII)
_NO_LETTER = re.compile(r"[^a-z]+")

#: categories that RapidPro makes itself: they say nothing beside the value
_UNTOLD: Final = {"", "all responses", "other", "has text", "has number", "has value", "has date", "has phone"}
_CALLED: Final = {"success", "failure"}  #: the categories of a webhook's result, whose value is an HTTP status


@dataclass(frozen=True, slots=True)
class Asking:
    """What registerClient says. `first`: what the contact has written already, for the agent."""

    address: ByContact
    introduced: Introduced
    key: str | None = None  #: by which a repeat of the call is known
    first: ContactSaid | None = None


def register(channel: UUID, scheme: str, body: bytes, *, own_id: str, idempotency_key: str | None = None) -> Asking:
    """A flow asks for a human. Raises ProtocolError, and nothing else, for any bytes.

    `scheme`: the channel's; a URN of another one is no address there. `own_id`: by which the first message is known
    where the flow names none.
    """
    fields = object_of(body, REGISTER_CLIENT)
    address, introduced = _address(channel, scheme, fields, REGISTER_CLIENT), _introduced(fields, REGISTER_CLIENT)
    key = _key(fields, idempotency_key, REGISTER_CLIENT)
    said = words(fields) if client_message(fields) else None
    first = ContactSaid(address, introduced, said.text, body, key or own_id, said.attachments) if said else None
    return Asking(address, introduced, key, first)


def message(channel: UUID, scheme: str, body: bytes, *, own_id: str, idempotency_key: str | None = None) -> ContactSaid:
    """A flow passes on what the contact wrote. Raises ProtocolError, and nothing else, for any bytes.

    A body that says nothing is no error: a contact may have sent nothing that a flow can read.
    """
    fields = object_of(body, SEND_MESSAGE)
    said = words(fields)
    return ContactSaid(
        _address(channel, scheme, fields, SEND_MESSAGE),
        _introduced(fields, SEND_MESSAGE),
        said.text,
        body,
        _key(fields, idempotency_key, SEND_MESSAGE) or own_id,
        said.attachments,
    )


def rating(channel: UUID, uuid_text: str, body: bytes) -> Rated:
    """The contact's answers to the survey. Raises ProtocolError, and nothing else, for any bytes.

    Questions are known however they are spelt: RapidPro's keys are in lower case. One without an answer is left out.
    """
    address = ByContact(channel, contact_uuid(uuid_text))
    fields = object_of(body, SURVEY)
    given = {**fields, **fields_at(fields, "results", SURVEY)}
    answers = {_QUESTIONS.get(_NO_LETTER.sub("", name.lower()), ""): value for name, value in given.items()}
    found = tuple((name, answer) for name in (*RATINGS, FEEDBACK) if (answer := _answer(name, answers.get(name))))
    if not found:
        raise wrong("no_rating", f"none of {', '.join((*RATINGS, FEEDBACK))} has an answer", SURVEY)
    return Rated(address, found)


def contact_uuid(text: str) -> str:
    """A contact's UUID in lower case; ProtocolError `missing_contact_uuid` or `bad_contact_uuid`."""
    found = text.strip().lower()
    if not found:
        raise ProtocolError("missing_contact_uuid", "the contact's UUID is missing; in a flow it is @contact.uuid")
    if not _UUID.fullmatch(found):
        raise ProtocolError("bad_contact_uuid", "what names the contact is no UUID; in a flow it is @contact.uuid")
    return found


def _address(channel: UUID, scheme: str, fields: Fields, right: str) -> ByContact:
    contact = fields_at(fields, "contact", right)
    given = contact.get("uuid")
    if given is None or given == "":
        raise wrong("missing_contact_uuid", "contact.uuid is missing; in a flow it is @contact.uuid", right)
    try:
        return ByContact(channel, contact_uuid(given if isinstance(given, str) else "?"), _path(scheme, contact))
    except ProtocolError as error:
        what = "missing" if error.code == "missing_contact_uuid" else "no UUID"
        raise wrong(error.code, f"contact.uuid is {what}; in a flow it is @contact.uuid", right) from None


def _path(scheme: str, contact: Fields) -> str | None:
    """The path of the contact's URN, if it is of the channel's scheme and not hidden, as the send URL would have it."""
    given, _, path = plain(contact.get("urn")).partition(":")
    path = path.partition("#")[0].partition("?")[0]
    for escaped, character in (("%23", "#"), ("%3F", "?"), ("%25", "%")):  # in RapidPro's own order, backwards
        path = path.replace(escaped, character)
    path = path.strip()
    if given.lower() != scheme or not path.strip("*") or len(path) > PATH_LENGTH:
        return None
    return path


def _introduced(fields: Fields, right: str) -> Introduced:
    contact = fields_at(fields, "contact", right)
    results = fields_at(fields, "results", right)
    language = plain(contact.get("language")).lower()
    own_fields = contact.get("fields", fields.get("fields"))
    return Introduced(
        plain(contact.get("name"))[:NAME_LENGTH],
        language if _LANGUAGE.fullmatch(language) else "",
        _value(fields.get("department"))[:NAME_LENGTH],
        tuple(_told(results))[:CONTEXT_VALUES],
        tuple(_kept(own_fields if isinstance(own_fields, dict) else {}))[:CONTEXT_VALUES],
        _flow(fields)[:NAME_LENGTH],
    )


def _told(results: Fields) -> Iterator[tuple[str, str]]:
    """Name and value of each result that says something of the contact, in the order they came."""
    for key, result in results.items():
        value = _value(result)
        category = plain(result.get("category")) if isinstance(result, dict) else ""
        is_call = category.lower() in _CALLED and _STATUS.fullmatch(value)
        if not value or key == "clientmessage" or is_call:
            continue
        name = plain(result.get("name")) if isinstance(result, dict) else ""
        is_untold = category.lower() in _UNTOLD or category.lower() == value.lower()
        yield (name or plain(key))[:NAME_LENGTH], value if is_untold else f"{value} ({category})"


def _kept(fields: Fields) -> Iterator[tuple[str, str]]:
    for key, value in fields.items():
        if text := _value(value):
            yield plain(key)[:NAME_LENGTH], text


def _value(given: object) -> str:
    """Of a value, of a result, or of a contact's field with its types."""
    return plain(given.get("value", given.get("text"))) if isinstance(given, dict) else plain(given)


def _flow(fields: Fields) -> str:
    run = fields.get("run")
    for flow in (fields.get("flow"), run.get("flow") if isinstance(run, dict) else None):
        if name := plain(flow.get("name") if isinstance(flow, dict) else flow):
            return name
    return ""


def _key(fields: Fields, idempotency_key: str | None, right: str) -> str | None:
    told = fields.get("message")
    given = told.get("uuid") if isinstance(told, dict) else None
    if not isinstance(given, str | int | None) or isinstance(given, bool) or _is_no_key(plain(given)):
        raise wrong("bad_message_uuid", f"message.uuid is no text of at most {KEY_LENGTH} characters", right)
    if key := plain(given):
        return key
    if _is_no_key(header := plain(idempotency_key)):
        raise ProtocolError("bad_idempotency_key", f"the Idempotency-Key header is over {KEY_LENGTH} characters")
    return header or None


def _is_no_key(text: str) -> bool:
    return len(text) > KEY_LENGTH or bool(_CONTROL.search(text))


def _answer(name: str, given: object) -> str:
    if name == FEEDBACK:
        return client_message({"results": {"clientmessage": given}}).text.strip()
    answer = _value(given).removesuffix(".0")
    if answer and answer not in {str(n) for n in range(LOWEST, HIGHEST + 1)}:
        raise wrong("bad_rating", f"{name} is no number from {LOWEST} to {HIGHEST}", SURVEY)
    return answer
