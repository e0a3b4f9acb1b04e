"""The only shell: hold what events are about, ask the core, save its answers in one transaction."""

from collections.abc import Sequence

from channel.core.decide import decide
from channel.core.decision import Decision
from channel.core.events import Event
from channel.store.conversations import Handled, Store


async def handle(store: Store, events: Sequence[Event]) -> list[Handled]:
    """Handle a batch; all of it is committed on return, or none of it is, and an error of the store's is raised."""
    async with store.hold(events) as holding:
        decisions = holding.fold(decide)
        next_ones = await holding.save()
    return [Handled(decision, following) for decision, following in zip(decisions, next_ones, strict=True)]


async def rehearse(store: Store, events: Sequence[Event]) -> list[Decision | None]:
    """What would be decided about them now. Nothing is saved."""
    async with store.hold(events) as holding:
        return holding.fold(decide)
