"""The step that every exchange with RapidPro's API v2 is made of: ask, and have the answer's object or its failure.

What only reads may be asked again after any trouble. What makes something may have made it when RapidPro's own error
or a proxy's comes back: the API has no key under which to repeat.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from channel.core.clean import clean
from channel.core.errors import Ambiguous, DeliveryError, ProtocolError, Refused, Rejected, Unavailable, Waiting
from channel.core.exchange import Exchange, Reply, Request
from channel.core.reading import each, text_or_none
from channel.core.values import dataclass
from channel.rapidpro.wire.courier import TEXT_LENGTH, pause

API: Final = "/api/v2"

NO_CONTACT: Final = "no_such_contact"
NO_CONTACT_UUID: Final = "no_contact_uuid"
TOKEN_REFUSED: Final = "api_token_refused"  # noqa: S105 - a code

#: What stands in a field of a 400, in which field, our code for it, and what an operator is told. RapidPro's own words
#: can quote an address, so they are left out.
FOR_GOOD: Final = (
    ("contact", "no such object", NO_CONTACT, "RapidPro knows no such contact"),
    ("contacts", "no such object", NO_CONTACT, "RapidPro knows no such contact"),
    ("contact", "invalid urn", "bad_urn", "RapidPro does not take the contact's address for one"),
    ("urns", "invalid urn", "bad_urn", "RapidPro does not take the contact's address for one"),
    ("group", "no such object", "no_such_group", "RapidPro has no such group"),
    ("flow", "no such object", "no_such_flow", "RapidPro has no such flow"),
    ("text", "no more than", "too_long_for_api", "the text is longer than RapidPro's API allows"),
)


def get(endpoint: str, query: Mapping[str, str] | None = None) -> Exchange[Mapping[str, Any]]:
    """Read what is there."""
    return read((yield Request("GET", f"{API}/{endpoint}.json", query=query or {})))


def read(reply: Reply) -> Mapping[str, Any]:
    """The object that a GET is answered with, or its failure raised."""
    if not succeeded(reply):
        raise failure(reply)
    found = _object(reply)
    if found is None:
        raise Unavailable("api_unreadable", "RapidPro's API answered with something else than JSON")
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """Up to 250 objects of a list, and what to ask for the next ones with; None after the last."""

    results: tuple[Mapping[str, Any], ...] = field(repr=False)
    following: Mapping[str, str] | None = field(repr=False)


def page(endpoint: str, query: Mapping[str, str]) -> Exchange[Page]:
    """A page of a list, of messages the newest first."""
    answer = yield from get(endpoint, query)
    try:
        results = each(answer, "results")
    except ProtocolError as error:
        raise Unavailable("api_unreadable", "RapidPro's API answered with something else than a list") from error
    following = dict(parse_qsl(urlsplit(text_or_none(answer, "next") or "").query)) or None
    return Page(tuple(result for result in results if isinstance(result, Mapping)), following)


def listed(endpoint: str, query: Mapping[str, str]) -> Exchange[tuple[Mapping[str, Any], ...]]:
    """The first page of a list: up to 250 objects, of messages the newest first."""
    return (yield from page(endpoint, query)).results


def post(endpoint: str, body: Mapping[str, object]) -> Exchange[Mapping[str, Any]]:
    """Have something made or done, and the object that is answered: an empty one to a 204."""
    reply = yield Request("POST", f"{API}/{endpoint}.json", json=body)
    return made(reply)


def made(reply: Reply) -> Mapping[str, Any]:
    """The object that a POST is answered with, or its failure raised."""
    if reply.status == HTTPStatus.NO_CONTENT:
        return {}
    if not succeeded(reply):
        raise failure(reply, made=True)
    found = _object(reply)
    if found is None:
        raise Ambiguous("api_unreadable", "RapidPro's API answered a POST with something else than JSON")
    return found


def name_of(made: Mapping[str, Any]) -> str:
    """What RapidPro calls an object: its UUID, or its number where a version has given it none; "" without either."""
    uuid, number = made.get("uuid"), made.get("id")
    if isinstance(uuid, str) and uuid:
        return clean(uuid)
    return str(number) if isinstance(number, int) and not isinstance(number, bool) else ""


def succeeded(reply: Reply) -> bool:
    return HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES


def failure(reply: Reply, *, made: bool = False) -> DeliveryError:
    """What an answer that is no success means. `made`: the request was one that makes something.

    A 503 is said by who did not take the request, as at courier; a 500, 502 or 504 can come after the work was done.
    """
    status = reply.status
    sentence = f"RapidPro's API answered {status}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Waiting("throttled", "RapidPro's API wants a pause", seconds=pause(reply))
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        sentence = f"RapidPro's API does not take the channel's token ({status})"
        return Unavailable(TOKEN_REFUSED, sentence, answered=True)
    if status == HTTPStatus.BAD_REQUEST:
        return _bad_request(_object(reply) or {})
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Rejected(f"api_{status}", sentence)
    if made and status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.SERVICE_UNAVAILABLE:
        return Ambiguous(f"api_{status}", f"{sentence}: it may be done all the same")
    return Unavailable(f"api_{status}", sentence)


def _bad_request(said: Mapping[str, Any]) -> DeliveryError:
    """A 400 is a map from field to texts, `non_field_errors` for the whole, or one `detail`."""
    if "anonymous" in " ".join(_texts(said)).lower():
        return Refused(NO_CONTACT_UUID, "in an anonymous RapidPro workspace a contact is found by UUID only")
    for place, words, code, sentence in FOR_GOOD:
        if words in " ".join(_texts(said.get(place))).lower():
            return Refused(code, sentence)
    told = clean("; ".join(f"{field}: {text}" for field, texts in said.items() for text in _texts(texts)))
    sentence = f"RapidPro's API answered 400: {told[:TEXT_LENGTH]}" if told else "RapidPro's API answered 400"
    if said.get("non_field_errors"):
        # flagged or suspended: it takes nothing until that is over
        return Unavailable("workspace_stopped", sentence, answered=True)
    return Rejected("api_400", sentence)


def _texts(value: object) -> Iterator[str]:
    """All texts in an error, which is nested where the field is a list."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _object(reply: Reply) -> Mapping[str, Any] | None:
    try:
        answer = msgspec.json.decode(reply.body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return answer if isinstance(answer, Mapping) else None
