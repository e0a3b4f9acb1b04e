"""Which channel or workspace is this, and by which secrets is it known? Remembered for a moment: it is asked at every
request, and changes by an operator's hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final, Generic, TypeVar
from uuid import UUID

from channel.store.database import Pool, translated

#: how long a change may take to be seen by a process that serves; courier itself remembers a channel for 60 s
REMEMBERED_SECONDS: Final = 2.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChannelEntry:
    id: UUID
    token_hashes: Sequence[str | None]
    scheme: str
    rapidpro_channel: str | None


@dataclass(frozen=True, slots=True)
class WorkspaceEntry:
    id: UUID
    secret_hashes: Sequence[str | None]


class _Memory(Generic[T]):
    def __init__(self) -> None:
        self._entries: dict[UUID, tuple[float, T]] = {}

    def get(self, key: UUID) -> T | None:
        found = self._entries.get(key)
        return found[1] if found and monotonic() - found[0] < REMEMBERED_SECONDS else None

    def put(self, key: UUID, entry: T) -> T:
        self._entries[key] = (monotonic(), entry)
        return entry

    def forget(self, key: UUID) -> None:
        self._entries.pop(key, None)


class Directory:
    """Channels and workspaces by the UUID in their URL. One that is unknown is never remembered as such."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._channels: _Memory[ChannelEntry] = _Memory()
        self._workspaces: _Memory[WorkspaceEntry] = _Memory()
        self._schemes: dict[UUID, str] = {}

    @property
    def schemes(self) -> Mapping[UUID, str]:
        """The URN scheme of every channel that was asked for."""
        return self._schemes

    async def channel(self, name: str) -> ChannelEntry | None:
        key = _uuid(name)
        if key is None:
            return None
        return self._channels.get(key) or await self._read_channel(key)

    async def workspace(self, name: str) -> WorkspaceEntry | None:
        key = _uuid(name)
        if key is None:
            return None
        return self._workspaces.get(key) or await self._read_workspace(key)

    async def learn_channel(self, channel: UUID, rapidpro_channel: str) -> None:
        """Note RapidPro's own UUID of a channel, if none is known."""
        with translated():
            await self._pool.execute(
                "UPDATE channel SET rapidpro_channel = $2 WHERE id = $1 AND rapidpro_channel IS NULL",
                channel,
                rapidpro_channel,
            )
        self._channels.forget(channel)

    async def _read_channel(self, key: UUID) -> ChannelEntry | None:
        with translated():
            row = await self._pool.fetchrow(
                "SELECT send_token_hash, previous_send_token_hash, scheme, rapidpro_channel FROM channel "
                "WHERE id = $1 AND removed_at IS NULL",
                key,
            )
        if row is None:
            return None
        self._schemes[key] = row["scheme"]
        hashes = (row["send_token_hash"], row["previous_send_token_hash"])
        return self._channels.put(key, ChannelEntry(key, hashes, row["scheme"], row["rapidpro_channel"]))

    async def _read_workspace(self, key: UUID) -> WorkspaceEntry | None:
        with translated():
            row = await self._pool.fetchrow(
                "SELECT webhook_secret_hash, previous_secret_hash FROM workspace WHERE id = $1", key
            )
        if row is None:
            return None
        hashes = (row["webhook_secret_hash"], row["previous_secret_hash"])
        return self._workspaces.put(key, WorkspaceEntry(key, hashes))


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
