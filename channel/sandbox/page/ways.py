"""The way of each message through RapidPro, Live Agents and Rocket.Chat, and how many have arrived."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from .agent_ways import agent_ways
from .asking import Asking
from .contact_ways import contact_ways
from .rehearsal import Rehearsal, Standing
from .way import Way

#: of each side
SHOWN: Final = 60
#: Whatever takes longer waits for something, tried or not.
ON_ITS_WAY_FOR: Final = timedelta(seconds=2)


async def ways(rehearsal: Rehearsal, asking: Asking) -> list[Way]:
    """Newest first."""
    found = [*await contact_ways(rehearsal, asking, SHOWN), *await agent_ways(rehearsal, asking, SHOWN)]
    if rehearsal.ask is not None:
        late = rehearsal.rapidpro.memory.now() - ON_ITS_WAY_FOR
        found = [_waiting(way) if way.at < late else way for way in found]
    return sorted(found, key=lambda way: way.at, reverse=True)


def _waiting(way: Way) -> Way:
    return replace(way, standing=Standing.WAITS) if way.standing is Standing.ON_ITS_WAY else way


def tally(shown: Sequence[Way]) -> str:
    """In a sentence, how they stand."""
    counts = {standing: sum(way.standing is standing for way in shown) for standing in Standing}
    said = [f"{count} {standing}" for standing, count in counts.items() if count]
    return f"Of {len(shown)} messages: {', '.join(said)}." if shown else "Nobody has written anything yet."
