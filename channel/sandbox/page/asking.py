"""Asks the bridge about messages, again only if something has changed or is still to come."""

from collections.abc import Hashable

from .rehearsal import Ask, Standing, Told

_OVER = {Standing.ARRIVED, Standing.REFUSED}


class Asking:
    """Remembers what the bridge said of a message that has come to its end."""

    def __init__(self, ask: Ask | None) -> None:
        self._ask = ask
        self._over: dict[tuple[str, Hashable], Told] = {}

    @property
    def possible(self) -> bool:
        return self._ask is not None

    async def about(self, id: str, seen: Hashable) -> Told | None:
        """What the bridge says of this id. `seen`: what its peer knows of it; a change there may mean one here."""
        known = self._over.get((id, seen))
        if known is not None or self._ask is None:
            return known
        told = await self._ask(id)
        if told is not None and told.standing in _OVER:
            self._over[id, seen] = told
        return told
