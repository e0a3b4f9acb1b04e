"""The ways of what the contact wrote: from the telephone through RapidPro's flow to the agents."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from channel.sandbox.rapidpro.records import Called, Message

from .asking import Asking
from .rehearsal import Rehearsal, Standing, Told
from .telephone import is_external
from .way import TAKEN, Lines, Way, same_words

_WAITING: Final = {"queued", "errored"}
_TAKEN: Final = {"accepted", "queued", "already_open"}


async def contact_ways(rehearsal: Rehearsal, asking: Asking, most: int) -> list[Way]:
    """Of the newest `most` messages."""
    memory = rehearsal.rapidpro.memory
    of_person = [m for m in memory.messages if m.contact is rehearsal.person]
    wrote = [m for m in of_person if m.direction == "in" and not is_external(m.channel)]
    if rehearsal.external is None:
        return [await _called(rehearsal, asking, message) for message in wrote[-most:]]
    # the flow sends each of them on, in their order
    sent = [m for m in of_person if m.direction == "out" and is_external(m.channel)]
    sent += [None] * (len(wrote) - len(sent))  # type: ignore[list-item]  # the flow is still at it
    return [
        await _sent(rehearsal, asking, message, by_flow)
        for message, by_flow in list(zip(wrote, sent, strict=False))[-most:]
    ]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What RapidPro by itself knows of a message."""

    standing: Standing
    lines: Lines
    taken: bool = False  #: the bridge has said that it has it


async def _sent(rehearsal: Rehearsal, asking: Asking, wrote: Message, sent: Message | None) -> Way:
    """Set-up b: by the send URL."""
    if sent is None:
        return _way(rehearsal, wrote, _Seen(Standing.ON_ITS_WAY, ("The flow has it.",)), None)
    told = await asking.about(rehearsal.rapidpro.memory.name_of(sent), (sent.status, len(sent.attempts)))
    return _way(rehearsal, wrote, _seen_sent(sent), told)


def _seen_sent(sent: Message) -> _Seen:
    lines = ["The flow sends it through the External channel."]
    standing = Standing.WAITS if sent.status in _WAITING else Standing.ON_ITS_WAY
    if sent.status == "failed":
        standing = Standing.GIVEN_UP
    if not sent.attempts:
        return _Seen(standing, tuple(lines))
    last, tried = sent.attempts[-1], len(sent.attempts)
    lines.append(f"{last.method} → {last.status or 'no answer'}{'' if tried == 1 else f' at try {tried}'}.")
    lines.append(f"Its status is {sent.status}.")
    return _Seen(standing, tuple(lines), last.status == HTTPStatus.OK)


async def _called(rehearsal: Rehearsal, asking: Asking, wrote: Message) -> Way:
    """Set-up a: by a call of the flow."""
    if not wrote.calls:
        waits = wrote.status == "pending"
        seen = _Seen(Standing.ON_ITS_WAY, ()) if waits else _Seen(Standing.REFUSED, ("No flow takes it.",))
        return _way(rehearsal, wrote, seen, None)
    last, lines = wrote.calls[-1], tuple(map(_call, wrote.calls))
    if _outcome(last) not in _TAKEN:
        return _way(rehearsal, wrote, _Seen(Standing.REFUSED, lines), None)
    if last.url.endswith("/registerClient"):  # no message, but a question; and it has been answered
        return _way(rehearsal, wrote, _Seen(Standing.ARRIVED, lines, taken=True), None)
    told = await asking.about(wrote.uuid, len(wrote.calls))
    return _way(rehearsal, wrote, _Seen(Standing.ON_ITS_WAY, lines, taken=True), told)


def _way(rehearsal: Rehearsal, wrote: Message, seen: _Seen, told: Told | None) -> Way:
    in_chat = _in_chat(rehearsal, wrote)
    return Way(
        id=f"contact-{wrote.id}",
        at=wrote.created_on,
        author="contact",
        name=rehearsal.person.name,
        words=wrote.text,
        standing=told.standing if told else Standing.ARRIVED if in_chat else seen.standing,
        rapidpro=seen.lines,
        bridge=told.here if told else (TAKEN,) if seen.taken else (),
        rocketchat=(*(told.there if told else ()), *(("It is in the chat.",) if in_chat else ())),
    )


def _in_chat(rehearsal: Rehearsal, wrote: Message) -> bool:
    """Is there something in a chat, later than it was written, that begins as it does?"""
    messages = rehearsal.rocketchat.messages.values()
    return any(m.token and not m.kind and m.ts >= wrote.created_on and same_words(m.text, wrote.text) for m in messages)


def _call(call: Called) -> str:
    name = call.url.rpartition("/")[2]
    if not call.status:
        return f"The flow calls {name}: no answer."
    return f"The flow calls {name}: {_outcome(call) or call.status}."


def _outcome(call: Called) -> str:
    answer: Any = call.answer
    return str(answer.get("outcome", "")) if isinstance(answer, dict) else ""
