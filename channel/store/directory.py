"""Which channel or workspace is this, and by which secrets is it known? Remembered for a moment: it is asked at every
request, and changes by an operator's hand."""

from collections.abc import Hashable, Mapping, Sequence
from time import monotonic
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from channel.core.availability import Office
from channel.core.secrets import is_one_of, token_hash
from channel.core.values import dataclass
from channel.store.database import Pool, borrowed
from channel.store.rows import hours_of, options_of

#: how long a change may take to be seen by a process that serves; courier itself remembers a channel for 60 s
REMEMBERED_SECONDS: Final = 2.0
#: and where somebody shows a wrong secret: so often at most is it asked for again, for they may be a stranger
DOUBTED_SECONDS: Final = 0.25

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

_CHANNEL: Final = (
    "SELECT ch.id, send_token_hash, previous_send_token_hash, live_agents_token_hash, previous_live_agents_token_hash, "
    "scheme, rapidpro_channel, department, options, hours, w.base_url "
    "FROM channel ch JOIN workspace w ON w.id = ch.workspace_id WHERE removed_at IS NULL AND "
)
_WORKSPACE: Final = "SELECT id, webhook_secret_hash, previous_secret_hash, base_url FROM workspace WHERE "


@dataclass(frozen=True, slots=True)
class ChannelEntry:
    id: UUID
    token_hashes: Sequence[str | None]
    flow_token_hashes: tuple[str | None, ...]
    scheme: str
    rapidpro_channel: str | None
    rocketchat_url: str
    office: Office


@dataclass(frozen=True, slots=True)
class WorkspaceEntry:
    id: UUID
    secret_hashes: Sequence[str | None]
    rocketchat_url: str


class _Memory(Generic[K, T]):
    """What was read lately. Nobody fills it with names that do not exist: only what was found is put here."""

    def __init__(self) -> None:
        self._entries: dict[K, tuple[float, T]] = {}

    def get(self, key: K) -> T | None:
        found = self._entries.get(key)
        return found[1] if found and monotonic() - found[0] < REMEMBERED_SECONDS else None

    def put(self, key: K, entry: T) -> T:
        self._entries[key] = (monotonic(), entry)
        return entry

    def forget(self, key: K) -> None:
        self._entries.pop(key, None)

    def is_new(self, key: K) -> bool:
        """Was it read so lately that it need not be read again for somebody who may be a stranger?"""
        found = self._entries.get(key)
        return found is not None and monotonic() - found[0] < DOUBTED_SECONDS


class Directory:
    """Channels and workspaces by the UUID in their URL, or by a secret. One that is unknown is never remembered."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._channels: _Memory[UUID, ChannelEntry] = _Memory()
        self._by_flow_token: _Memory[str, ChannelEntry] = _Memory()
        self._workspaces: _Memory[UUID, WorkspaceEntry] = _Memory()
        self._by_secret: _Memory[str, WorkspaceEntry] = _Memory()
        self._schemes: dict[UUID, str] = {}

    @property
    def schemes(self) -> Mapping[UUID, str]:
        """The URN scheme of every channel that was asked for."""
        return self._schemes

    async def channel(self, name: str | UUID) -> ChannelEntry | None:
        key = _uuid(name)
        if key is None:
            return None
        if known := self._channels.get(key):
            return known
        found = await self._channel(_CHANNEL + "ch.id = $1", key)
        return self._channels.put(key, found) if found else None

    async def channel_for(self, name: str, token: str) -> ChannelEntry | None:
        """The channel for whoever shows this token. One that is not right is compared with the channel as it is now.

        So a new token is good at once, and a wrong one takes as long as one for a channel that there is not.
        """
        key = _uuid(name)
        known = self._channels.get(key) if key else None
        if key and known and not is_one_of(token, known.token_hashes) and not self._channels.is_new(key):
            self._channels.forget(key)
        return await self.channel(name)

    async def channel_by_flow_token(self, token: str) -> ChannelEntry | None:
        """By the live-agents token, or the one before while both are valid. Looked for by its hash."""
        digest = token_hash(token)
        if known := self._by_flow_token.get(digest):
            return known
        found = await self._channel(
            _CHANNEL + "(live_agents_token_hash = $1 OR previous_live_agents_token_hash = $1)", digest
        )
        return self._by_flow_token.put(digest, found) if found else None

    async def workspace(self, name: str | UUID) -> WorkspaceEntry | None:
        key = _uuid(name)
        if key is None:
            return None
        if known := self._workspaces.get(key):
            return known
        found = await self._workspace(_WORKSPACE + "id = $1", key)
        return self._workspaces.put(key, found) if found else None

    async def workspace_for(self, name: str, secret: str) -> WorkspaceEntry | None:
        """The workspace for whoever shows this secret, as `channel_for`."""
        key = _uuid(name)
        known = self._workspaces.get(key) if key else None
        if key and known and not is_one_of(secret, known.secret_hashes) and not self._workspaces.is_new(key):
            self._workspaces.forget(key)
        return await self.workspace(name)

    async def workspace_by_secret(self, secret: str) -> WorkspaceEntry | None:
        """By the webhook's secret, or the one before while both are valid. Looked for by its hash."""
        digest = token_hash(secret)
        if known := self._by_secret.get(digest):
            return known
        found = await self._workspace(_WORKSPACE + "(webhook_secret_hash = $1 OR previous_secret_hash = $1)", digest)
        return self._by_secret.put(digest, found) if found else None

    async def learn_channel(self, channel: UUID, rapidpro_channel: str) -> None:
        """Note RapidPro's own UUID of a channel, if none is known."""
        async with borrowed(self._pool) as connection:
            await connection.execute(
                "UPDATE channel SET rapidpro_channel = $2 WHERE id = $1 AND rapidpro_channel IS NULL",
                channel,
                rapidpro_channel,
            )
        self._channels.forget(channel)

    async def _channel(self, sql: str, key: object) -> ChannelEntry | None:
        async with borrowed(self._pool) as connection:
            row: Any = await connection.fetchrow(sql, key)
        if row is None:
            return None
        self._schemes[row["id"]] = row["scheme"]
        return ChannelEntry(
            row["id"],
            (row["send_token_hash"], row["previous_send_token_hash"]),
            (row["live_agents_token_hash"], row["previous_live_agents_token_hash"]),
            row["scheme"],
            row["rapidpro_channel"],
            row["base_url"],
            Office(row["department"], hours_of(row["hours"]), options_of(row["options"])),
        )

    async def _workspace(self, sql: str, key: object) -> WorkspaceEntry | None:
        async with borrowed(self._pool) as connection:
            row: Any = await connection.fetchrow(sql, key)
        if row is None:
            return None
        return WorkspaceEntry(row["id"], (row["webhook_secret_hash"], row["previous_secret_hash"]), row["base_url"])


def _uuid(name: str | UUID) -> UUID | None:
    try:
        return UUID(str(name))
    except ValueError:
        return None
