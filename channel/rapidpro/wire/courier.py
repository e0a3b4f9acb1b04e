"""What we tell courier, at the External channel's URLs. Knowing the channel's UUID is the whole credential.

Courier reads form values only, and answers 400 to what is wrong for good and to its own database's troubles alike: the
text of the answer decides.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import msgspec

from channel.core.clean import clean
from channel.core.errors import (
    Ambiguous,
    DeliveryError,
    Refused,
    Rejected,
    Unavailable,
    Waiting,
)
from channel.core.exchange import Exchange, Reply, Request
from channel.core.learned import Received, Reported
from channel.core.owed import Status
from channel.core.reading import text_or_none

THROTTLED_WAIT: Final = 30.0  #: where a 429 does not say how long
LONGEST_WAIT: Final = 3600.0
PAUSE_DIGITS: Final = 6  #: of a believable `Retry-After`
TEXT_LENGTH: Final = 200  #: of courier's own words in a message of ours

#: What courier says of a request that no repetition can help, and our code for it.
FOR_GOOD: Final[Mapping[str, str]] = {
    "must have one of 'sender' or 'from' set": "no_sender",
    "invalid date format": "bad_date",
    "not a possible number": "bad_urn",
    "phone number supplied is not a number": "bad_urn",  # 9.0
    "scheme or path cannot be empty": "bad_urn",
    "unknown urn scheme": "bad_urn",
    "invalid path component": "bad_urn",
    "path component too long": "bad_urn",
    "channel type wrong": "wrong_channel_type",
    "id or uuid should not be empty": "bad_id",
    "on the 'required' tag": "bad_id",
    "field 'id' required": "bad_id",
    "parsing failed": "bad_id",
}


_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d+))?\s?(?P<zone>[Zz]|[+-]\d\d:?\d\d)",
    re.ASCII,
)


def receive(channel: UUID | str, sender: str, text: str, date: str) -> Exchange[Received]:
    """Hand the words to RapidPro as the contact's. `date`: when they were said; left out if courier would refuse it.

    Equal words of one contact within 2 to 4 s are swallowed, and answered with the first message's uuid. Where the
    channel has an answer of its own configured, there is no uuid to read.
    """
    form = {"from": sender, "text": text}
    if moment := rfc3339(date):
        form["date"] = moment
    reply = yield Request("POST", _path(channel, "receive"), form=form)
    _require_success(reply)
    if _is_web_page(reply):
        # A proxy's maintenance page: nobody knows whether courier stands behind it.
        raise Ambiguous("not_courier", "RapidPro's address answered with a web page")
    return Received(_message_uuid(reply))


def report(channel: UUID | str, external_id: str, status: Status) -> Exchange[Reported]:
    """Say what became of RapidPro's message. An id that courier does not know is answered 200 all the same.

    The parameter is `id` with every version, whether it holds a number (up to 10.3.20) or a UUID.
    """
    reply = yield Request("POST", _path(channel, status.value), form={"id": external_id})
    _require_success(reply)
    return Reported()


def _is_web_page(reply: Reply) -> bool:
    return reply.headers.get("content-type", "").startswith("text/html") and reply.body.lstrip()[:1] == b"<"


def rfc3339(text: str) -> str:
    """The moment as courier takes it: with `T`, seconds and a zone, in capitals; "" where it cannot be said so."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return ""
    fraction = f".{found['fraction'][:9]}" if found["fraction"] else ""
    moment = f"{found['day']}T{found['time']}{fraction}{_zone(found['zone'])}"
    return moment if _exists(f"{found['day']}T{found['time']}{_zone(found['zone'])}") else ""


def failure(reply: Reply) -> DeliveryError:
    """What an answer that is no success means for the delivery."""
    status, said = reply.status, _said(reply)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Waiting("limited", "RapidPro's address wants a pause", seconds=pause(reply))
    if status == HTTPStatus.GATEWAY_TIMEOUT:
        return Ambiguous("gateway_timeout", "courier, or a proxy before it, ran out of time: it may have the message")
    if status == HTTPStatus.BAD_REQUEST:
        return _bad_request(said)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) or not _is_client_error(status):
        return Unavailable(f"http_{status}", _sentence(status, said))
    return Rejected(f"http_{status}", _sentence(status, said))


def _bad_request(said: str) -> DeliveryError:
    sentence = _sentence(HTTPStatus.BAD_REQUEST, said)
    lowered = said.lower()
    for words, code in FOR_GOOD.items():
        if words in lowered:
            return Refused(code, sentence)
    if "channel not found" in lowered:
        return Unavailable("channel_not_found", "RapidPro has no External API channel of this UUID", answered=True)
    return Unavailable("http_400", sentence, answered=bool(said))


def _require_success(reply: Reply) -> None:
    if not HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
        raise failure(reply)


def _is_client_error(status: int) -> bool:
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR


def _message_uuid(reply: Reply) -> str:
    told = (text_or_none(entry, "msg_uuid") for entry in _entries(reply))
    return clean(next(filter(None, told), ""))


def _said(reply: Reply) -> str:
    """Courier's own words about what is wrong, one after the other."""
    told = (text_or_none(entry, "error") for entry in _entries(reply))
    return clean("; ".join(filter(None, told)))


def _entries(reply: Reply) -> list[Any]:
    """The list under `data`, which is nearly always of one; empty where the body is anything else."""
    try:
        answer = msgspec.json.decode(reply.body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return []
    found = answer.get("data") if isinstance(answer, dict) else None
    return found if isinstance(found, list) else []


def _sentence(status: int, said: str) -> str:
    return f"courier answered {int(status)}: {said[:TEXT_LENGTH]}" if said else f"courier answered {int(status)}"


def pause(reply: Reply) -> float:
    """Seconds to wait after a 429: what `Retry-After` says, within reason."""
    seconds = reply.headers.get("retry-after", "").strip()
    if seconds.isascii() and seconds.isdigit() and len(seconds) <= PAUSE_DIGITS:
        return min(max(float(seconds), 1.0), LONGEST_WAIT)
    return THROTTLED_WAIT


def _zone(text: str) -> str:
    return "Z" if text in "Zz" else f"{text[:3]}:{text[-2:]}"


def _exists(moment: str) -> bool:
    try:
        datetime.fromisoformat(moment)
    except ValueError:
        return False
    return True


def _path(channel: UUID | str, action: str) -> str:
    """Courier's router knows a UUID in lower case only."""
    return f"/c/ex/{quote(str(channel).lower(), safe='')}/{action}"
