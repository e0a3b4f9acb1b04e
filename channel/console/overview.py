"""Is it all right? What is not, in a sentence each, and then each channel, each peer and the database."""

from collections.abc import Iterator

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, Visit
from channel.console.pages import ago
from channel.core import limits
from channel.core.breaker import State
from channel.store import overview
from channel.store.overview import Now


def routes(access: Access) -> list[ConsoleRoute]:
    async def shown(visit: Visit) -> Response:
        now = await overview.now(visit.premises.pool)
        return visit.page("overview.html", now=now, troubles=list(troubles(now)), lately=ago(limits.LATELY))

    return [access.page("/", shown)]


def troubles(now: Now) -> Iterator[tuple[str, str]]:
    """What somebody has to look at: a sentence, and the page that shows it ("" for none)."""
    dead = now.vitals.dead_letters
    if dead:
        yield f"{_count(dead, 'dead letter')}: nobody tries them again until an operator decides.", "/dead-letters"
    for peer in now.peers:
        if peer["state"] != State.CLOSED:
            how = "has not answered" if peer["state"] == State.OPEN else "answers again, and gets what waits in steps,"
            yield f"{peer['address']} {how} for {ago(peer['seconds'])}. What is for it waits.", ""
    if now.vitals.head_age > limits.HEAD_LATE:
        yield f"Something should have gone {ago(now.vitals.head_age)} ago, and has not.", ""
    if now.vitals.snapshot_age > limits.HEAD_LATE:
        yield (
            f"Something has held a snapshot of the database for {ago(now.vitals.snapshot_age)}; it grows slower by it.",
            "",
        )
    if not now.channels:
        yield "There is no channel: `live-agents connect` makes one.", ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
