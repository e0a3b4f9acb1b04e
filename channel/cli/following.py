"""What the bridge's own record says of a message, in lines for whoever tries the demo."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from channel.core import limits
from channel.sandbox.page.rehearsal import Standing, Told
from channel.store import listings

#: of what is owed for a message, that which brings its words to the other side
_WORDS: Final = {"PostToRoom", "ReplyToContact"}

#: in place of what went no further, or not all of it
_REASONS: Final[Mapping[str, str]] = {
    "too_long": f"It does not go: it is longer than {limits.TEXT_LENGTH} characters.",
    "emoji": "It does not go: there is nothing in it but emoji.",
    "emoji_stripped": "It goes without its emoji.",
    "media": "The file stays behind; what is written with it goes.",
    "empty": "It does not go: there is nothing to be seen in it.",
    "note": "It does not go: a message that begins with // is a note between agents.",
    "unchanged": "It does not go again: the contact would see nothing new.",
    "replaced": "It was written anew before it had gone.",
    "kept": "The chat has just ended: it is kept, and shown to the next agent.",
}
_KEPT: Final = {"kept"}

#: why words wait, where the code by itself would say little
_WAITS: Final[Mapping[str, str]] = {
    "": "its turn has not come",
    "limited": "no more calls are taken for now",
    "throttled": "no more calls are taken for now",
    "api_gap": "the API takes one message of a contact's a second",
    "no_agents": "no agent is online",
    "no_answer": "nobody knows whether the last try arrived",
    "timeout": "there was no answer in time",
    "unreachable": "there was no connection",
    "equal_text": "RapidPro would take it for a repeat if it came sooner",
}


async def told_by_record(url: str, number: str) -> Told | None:
    """What the record of this id says; None if there is none."""
    try:
        return told(await listings.trace(url, number))
    except listings.Nothing:
        return None


def told(messages: Sequence[Mapping[str, Any]]) -> Told:
    """Of the newest of these: an agent's message that was edited has several."""
    message = messages[-1]
    words = [delivery for delivery in message["deliveries"] if delivery["kind"] in _WORDS]
    return Told(_standing(message, words), tuple(_here(message, words)), tuple(map(_there, words)))


def _standing(message: Mapping[str, Any], words: Sequence[Mapping[str, Any]]) -> Standing:
    states = {delivery["state"] for delivery in words}
    if "waiting" in states:
        tried = any(delivery["attempts"] for delivery in words)
        return Standing.WAITS if tried else Standing.ON_ITS_WAY
    if "dead" in states:
        return Standing.GIVEN_UP
    if "done" in states:
        return Standing.ARRIVED
    if message["reason"] in _KEPT:
        return Standing.KEPT
    return Standing.REFUSED if message["reason"] else Standing.ON_ITS_WAY


def _here(message: Mapping[str, Any], words: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [f"Stored at {message['created_at'].astimezone():%H:%M:%S}."]
    if message["reason"]:
        lines.append(_REASONS.get(message["reason"], f"Its reason: {message['reason']}."))
    if len(words) > 1:
        lines.append(f"It goes in {len(words)} parts.")
    for delivery in words:
        if delivery["state"] == "waiting":
            lines.append(f"It waits: {_waits(delivery['reason'] or '')}.")
        elif delivery["state"] in {"dead", "discarded"}:
            lines.append(f"Given up: {delivery['reason']}. An operator can replay it.")
    if any(d["kind"] == "TellAuthor" and d["state"] == "done" for d in message["deliveries"]):
        lines.append("The agent was told in the chat.")
    return lines


def _waits(reason: str) -> str:
    status = reason.removeprefix("http_").removeprefix("api_")
    return f"the last answer was {status}" if status.isdecimal() else _WAITS.get(reason, reason)


def _there(delivery: Mapping[str, Any]) -> str:
    """What the other side answered, equal answers in a row counted together. Not each attempt asks it anything."""
    asked = [attempt for attempt in delivery["attempts"] if attempt["asked"]]
    answers = [(each, len(list(equal))) for each, equal in groupby(asked, key=_answered)]
    said = [answer if count == 1 else f"{answer} ({count} times)" for answer, count in answers]
    return f"Answered {', then '.join(said)}." if said else "Not asked yet."


def _answered(attempt: Mapping[str, Any]) -> str:
    return str(attempt["answered"] or attempt["outcome"])
