"""The ways of what the contact wrote: from the telephone through RapidPro's flow to the agents."""

from typing import Any, Final

from channel.sandbox.rapidpro.records import Called, Message

from .asking import Asking
from .rehearsal import Rehearsal, Standing, Told
from .telephone import is_external
from .way import Lines, Way, same_words

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


async def _sent(rehearsal: Rehearsal, asking: Asking, wrote: Message, sent: Message | None) -> Way:
    """Set-up b: by the send URL."""
    if sent is None:
        return _way(rehearsal, wrote, Standing.ON_ITS_WAY, ("The flow has it.",), None)
    attempt = sent.attempts[-1] if sent.attempts else None
    lines = ["The flow sends it through the External channel."]
    if attempt is not None:
        lines.append(f"{attempt.method} → {attempt.status or 'no answer'}, tried {_times(len(sent.attempts))}.")
    lines.append(f"Its status is {sent.status}.")
    told = await asking.about(rehearsal.rapidpro.memory.name_of(sent), (sent.status, len(sent.attempts)))
    seen = Standing.WAITS if sent.status in _WAITING else Standing.ON_ITS_WAY
    return _way(rehearsal, wrote, Standing.GIVEN_UP if sent.status == "failed" else seen, tuple(lines), told)


async def _called(rehearsal: Rehearsal, asking: Asking, wrote: Message) -> Way:
    """Set-up a: by a call of the flow."""
    told = await asking.about(wrote.uuid, len(wrote.calls))
    lines = tuple(_call(call) for call in wrote.calls)
    if not wrote.calls:
        standing = Standing.ON_ITS_WAY if wrote.status == "pending" else Standing.REFUSED
        return _way(rehearsal, wrote, standing, ("No flow takes it." if wrote.status != "pending" else "",), told)
    taken = _outcome(wrote.calls[-1]) in _TAKEN
    # to ask for an agent is no message: the bridge has answered, and that is all there is to it
    is_asking = wrote.calls[-1].url.endswith("/registerClient")
    standing = Standing.REFUSED if not taken else Standing.ARRIVED if is_asking else Standing.ON_ITS_WAY
    return _way(rehearsal, wrote, standing, lines, told)


def _way(rehearsal: Rehearsal, wrote: Message, seen: Standing, rapidpro: Lines, told: Told | None) -> Way:
    in_chat = _in_chat(rehearsal, wrote)
    standing = told.standing if told else Standing.ARRIVED if in_chat else seen
    return Way(
        id=f"contact-{wrote.id}",
        at=wrote.created_on,
        author="contact",
        name=rehearsal.person.name,
        words=wrote.text,
        standing=standing,
        rapidpro=rapidpro,
        bridge=told.here if told else (),
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


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
