"""Who calls, and what they are told at once: from memory where there is one, and within a second."""

from contextlib import suppress
from uuid import UUID

from channel.core import availability, limits, simulating
from channel.core.answers import Answer, Call
from channel.core.errors import StoreError, StoreUnavailable
from channel.core.events import Presence
from channel.delivery.pace import Pace
from channel.rapidpro import live_agents
from channel.rapidpro import routes as rapidpro_routes
from channel.rocketchat import routes as rocketchat_routes
from channel.rocketchat.presence import Desk
from channel.store.database import Pool
from channel.store.directory import ChannelEntry, Directory, WorkspaceEntry
from channel.store.timing import now


class Callers:
    """What the routes of both peers have to know before anything is stored."""

    def __init__(self, pool: Pool, directory: Directory, desk: Desk, pace: Pace) -> None:
        self._pool = pool
        self._directory = directory
        self._desk = desk
        self._pace = pace

    async def channel_of(self, name: str, token: str) -> rapidpro_routes.Channel | None:
        found = await self._directory.channel_for(name, token)
        return rapidpro_routes.Channel(found.id, found.token_hashes, found.rapidpro_channel) if found else None

    async def flow_channel_of(self, token: str) -> live_agents.FlowChannel | None:
        found = await self._directory.channel_by_flow_token(token)
        return live_agents.FlowChannel(found.id, found.flow_token_hashes, found.scheme) if found else None

    async def workspace_of(self, name: str, secret: str) -> rocketchat_routes.Workspace | None:
        return _workspace(await self._directory.workspace_for(name, secret))

    async def workspace_by_secret(self, secret: str) -> rocketchat_routes.Workspace | None:
        return _workspace(await self._directory.workspace_by_secret(secret))

    async def learn(self, channel: UUID, rapidpro_channel: str) -> None:
        await self._directory.learn_channel(channel, rapidpro_channel)

    async def presence(self, channel: UUID, department: str) -> Presence:
        """Would Rocket.Chat take a chat of this department ("": the channel's own) now? Within a second."""
        entry = await self.entry(channel)
        with suppress(StoreError):
            await self._pace.look(limits.PEERS_KNOWN)
        return await self._desk.presence(entry.rocketchat_url, department or entry.office.department)

    async def availability(self, channel: UUID, department: str, presence: Presence, language: str) -> Answer:
        office = (await self.entry(channel)).office
        return availability.available(office, await now(self._pool), presence, department, language)

    async def simulate(self, channel: UUID, call: Call, wanted: str, department: str, language: str) -> Answer | None:
        office = (await self.entry(channel)).office
        return simulating.simulated(call, wanted, office, await now(self._pool), department, language)

    async def entry(self, channel: UUID) -> ChannelEntry:
        """What is known of a channel that was found a moment ago; StoreUnavailable if it is gone since."""
        entry = await self._directory.channel(channel)
        if entry is None:
            raise StoreUnavailable("the channel was removed a moment ago")
        return entry


def _workspace(found: WorkspaceEntry | None) -> rocketchat_routes.Workspace | None:
    return rocketchat_routes.Workspace(found.id, found.secret_hashes) if found else None
