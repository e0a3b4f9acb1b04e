"""The ways of what agents wrote: from Rocket.Chat's webhook to the contact's telephone."""

from collections import defaultdict
from datetime import UTC

from channel.sandbox.rocketchat import Attempt, Message

from .asking import Asking
from .desk import file_of, is_agents, words_of
from .rehearsal import Rehearsal, Standing, Told
from .way import Way, same_words


async def agent_ways(rehearsal: Rehearsal, asking: Asking, most: int) -> list[Way]:
    """Of the newest `most` messages, an edited one as it is now."""
    rocketchat = rehearsal.rocketchat
    wrote = [m for m in rocketchat.messages.values() if is_agents(rocketchat, m)]
    newest = sorted(wrote, key=lambda m: m.edited_at or m.ts)[-most:]
    tries = _tries(rehearsal, {message.id for message in newest})
    return [await _way(rehearsal, asking, message, tries[message.id]) for message in newest]


def _tries(rehearsal: Rehearsal, ids: set[str]) -> dict[str, list[Attempt]]:
    """The webhooks that told of each message."""
    found: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in rehearsal.rocketchat.webhooks:
        if attempt.type == "Message":
            for item in attempt.body["messages"]:
                if item.get("_id") in ids:
                    found[item["_id"]].append(attempt)
    return found


async def _way(rehearsal: Rehearsal, asking: Asking, message: Message, tries: list[Attempt]) -> Way:
    told = await asking.about(message.id, (message.edited_at, len(tries), tries[-1].status if tries else None))
    text = words_of(message)
    at = (message.edited_at or message.ts).astimezone(UTC)
    arrived = any(m.created_on >= at and same_words(m.text, text) for m in rehearsal.rapidpro.memory.on_phones)
    lost = bool(tries) and tries[-1].error == "lost"
    return Way(
        id=f"agent-{message.id}",
        at=at,
        author="agent",
        name=message.author.name or message.author.username,
        words=" ".join(filter(None, (text, f"({file_of(message)})" if file_of(message) else ""))),
        standing=_standing(told, arrived=arrived, lost=lost),
        rapidpro=(*(told.there if told else ()), *(("It is on the telephone.",) if arrived else ())),
        bridge=_bridge(told, lost=lost),
        rocketchat=tuple(_told_of(attempt) for attempt in tries[-1:]),
    )


def _standing(told: Told | None, *, arrived: bool, lost: bool) -> Standing:
    if told is not None:
        return told.standing
    if arrived:
        return Standing.ARRIVED
    return Standing.NOT_TOLD if lost else Standing.ON_ITS_WAY


def _bridge(told: Told | None, *, lost: bool) -> tuple[str, ...]:
    if not lost:
        return told.here if told else ()
    if told is None:
        return ("Has not heard of it yet. It is found when the chat goes on, or after ten minutes.",)
    return ("Found in the history of the chat.", *told.here)


def _told_of(attempt: Attempt) -> str:
    if attempt.error == "lost":
        return "The webhook was lost."
    number = f" at try {attempt.number}" if attempt.number > 1 else ""
    if attempt.error:
        return f"The webhook got no answer{number}: {attempt.error}."
    return f"The webhook → {attempt.status or '…'}{number}."
