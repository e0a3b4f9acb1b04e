"""The ways of what agents wrote: from Rocket.Chat's webhook to the contact's telephone."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC
from http import HTTPStatus
from typing import Final

from channel.sandbox.rocketchat import Attempt, Message

from .asking import Asking
from .desk import SIGN, file_of, is_agents, words_of
from .rehearsal import Rehearsal, Standing, Told
from .way import TAKEN, Way, same_words

#: the error of a webhook that a switch has lost
LOST: Final = "lost"
#: of a message that is told of in the chat, at least so much is quoted
_QUOTED: Final = 30


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
    at = (message.edited_at or message.ts).astimezone(UTC)
    text, file = words_of(message), file_of(message)
    arrived = any(m.created_on >= at and same_words(m.text, text) for m in rehearsal.rapidpro.memory.on_phones)
    if told is None:
        told = _from_outside(rehearsal, message, tries, arrived=arrived)
    elif tries and tries[-1].error == LOST:
        told = replace(told, here=("Found in the history of the chat.", *told.here))
    return Way(
        id=f"agent-{message.id}",
        at=at,
        author="agent",
        name=message.author.name or message.author.username,
        words=" ".join(filter(None, (text, f"({file})" if file else ""))),
        standing=told.standing,
        rapidpro=(*told.there, *(("It is on the telephone.",) if arrived else ())),
        bridge=told.here,
        rocketchat=tuple(map(_told_of, tries[-1:])),
    )


def _from_outside(rehearsal: Rehearsal, message: Message, tries: list[Attempt], *, arrived: bool) -> Told:
    """What can be seen of a message that the bridge has no record of, or of which it cannot be asked."""
    if arrived:
        return Told(Standing.ARRIVED, (TAKEN,))
    if remark := _remark(rehearsal, message):
        return Told(Standing.REFUSED, (f"Says in the chat: {remark}",))
    if tries and tries[-1].error == LOST:
        return Told(
            Standing.NOT_TOLD,
            ("Has not heard of it yet. It is found when the chat goes on, or after ten minutes.",),
        )
    return Told(Standing.ON_ITS_WAY, (TAKEN,) if tries and tries[-1].status == HTTPStatus.OK else ())


def _remark(rehearsal: Rehearsal, message: Message) -> str:
    """What the bridge has told the agent in the chat about this message: it quotes how it begins."""
    beginning = words_of(message)[:_QUOTED]
    later = (m for m in rehearsal.rocketchat.messages.values() if m.rid == message.rid and m.ts > message.ts)
    told = (m.text.removeprefix(SIGN) for m in later if m.text.startswith(SIGN) and beginning in m.text)
    return next(told, "") if beginning else ""


def _told_of(attempt: Attempt) -> str:
    if attempt.error == LOST:
        return "The webhook was lost."
    number = f" at try {attempt.number}" if attempt.number > 1 else ""
    if attempt.error:
        return f"The webhook got no answer{number}: {attempt.error}."
    return f"The webhook → {attempt.status or '…'}{number}."
