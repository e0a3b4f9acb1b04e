"""Everything open while the process lives: the pools, the keys, the client, the worker. Joined here only."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Final
from uuid import UUID, uuid4

import httpx

from channel import metrics
from channel.bridge import handle
from channel.claiming import Claiming
from channel.console.premises import Premises
from channel.core import availability, limits, repairing, simulating
from channel.core.answers import Answer, Call
from channel.core.checks.finding import Finding
from channel.core.claimed import Claimed
from channel.core.context import context_text, said_before
from channel.core.errors import Refused, StoreBusy, StoreError, StoreUnavailable, Waiting
from channel.core.events import Event, FlowEvent, Outcome, Presence, RoomSought, Woke
from channel.core.flows import UNKNOWN_CONTACT, answer_of_nobody
from channel.core.learned import Learned
from channel.core.owed import Lane, LookForHold, PostContext, ReadHistory
from channel.core.people import Bot
from channel.core.queue import Queue
from channel.delivery.announcing import Announcing, Listening
from channel.delivery.erasing import Erasing
from channel.delivery.hearing import Clock, Hearing
from channel.delivery.outages import Outages
from channel.delivery.seeking import Seeking, SeekingVerbs
from channel.delivery.sending import Sending, dest_of
from channel.delivery.showing import Showing
from channel.delivery.timers import Timers, TimerVerbs
from channel.delivery.watching import Watching, WatchingVerbs
from channel.delivery.worker import Verbs, Worker
from channel.doctor.examining import NoChannel, examine
from channel.doctor.premises import Asked
from channel.gathering import Gathering, Handle
from channel.logs import log
from channel.rapidpro import live_agents
from channel.rapidpro import routes as rapidpro_routes
from channel.rapidpro.client import RapidProClient
from channel.rereading import read_again
from channel.rocketchat import routes as rocketchat_routes
from channel.rocketchat.client import RocketChatClient
from channel.rocketchat.emoji import Emoji
from channel.rocketchat.presence import Desk
from channel.rocketchat.queue import Queues
from channel.settings import Settings
from channel.state import Database
from channel.store.admin import Unknown
from channel.store.conversations import Handled, Store
from channel.store.database import Pool, open_pool
from channel.store.directory import ChannelEntry, Directory, WorkspaceEntry
from channel.store.keyring import hash_key
from channel.store.listening import announce, listen
from channel.store.repairs import seek, unsought
from channel.store.replicas import Replica, leave, show
from channel.store.retention import sweep
from channel.store.timing import due_timers, now, put_off
from channel.store.vitals import backlog, vitals
from channel.transport import Trail, Transport, open_http

#: connections of the edge, and of delivery: neither can starve the other
POOL_SIZE: Final = 5
#: and of the console, made when somebody looks at it
CONSOLE_POOL_SIZE: Final = 3


class Runtime:
    """What the apps and the worker are made of."""

    def __init__(
        self,
        settings: Settings,
        *,
        edge: Pool,
        delivery: Pool,
        console: Pool,
        database: Database,
        key: bytes,
        http: httpx.AsyncBaseTransport,
    ) -> None:
        self.settings = settings
        self.edge = edge
        self._database, vault = database, database.vault
        self.directory = Directory(edge)
        self.draining = False
        self._delivery = delivery
        clock = Clock()
        hearing = Hearing(clock)
        claiming = Claiming(delivery, vault, hearing, clock, rate=settings.rapidpro_rate)
        self.pace = claiming.pace
        transport = Transport(http, hearing)
        self.desk = Desk(transport, away=self.pace.away)
        self._queues = Queues(transport, away=self.pace.away)
        self.console = Premises(
            console,
            database.url,
            vault,
            self._queue,
            self._departments,
            self._examine,
            settings.trusted_proxies,
            settings.base_url,
        )
        self._emoji = Emoji(self.desk, self._address)
        self._rocketchat, self._rapidpro = RocketChatClient(transport, self.desk), RapidProClient(transport)
        self._accepting = Gathering(self._handling(Store(edge, vault, key, lambda: self.directory.schemes)))
        to_rapidpro = self._rapidpro.send
        peers = {Lane.TO_AGENT: self._to_agent, Lane.TO_AUTHOR: self._rocketchat.send}
        self._sending = Sending({**peers, Lane.TO_CONTACT: to_rapidpro, Lane.STATUS: self._beside})
        self.worker = Worker(Verbs(claiming, self._deliver, self._settle, self._sending.unsaveable))
        settling = Store(delivery, vault, key, lambda: self.directory.schemes, keeping=lambda: self.worker.claiming)
        self._settling = Gathering(self._handling(settling))
        self.timers = Timers(TimerVerbs(self._due_timers, self._wake, self._put_off))
        self.seeking = Seeking(SeekingVerbs(partial(seek, delivery), partial(unsought, delivery), self._sought))
        self.erasing = Erasing(partial(sweep, delivery))
        self._seals_with = vault.fingerprint
        self.watching = Watching(WatchingVerbs(partial(vitals, delivery), partial(backlog, delivery)))
        self._outages: Outages[UUID] = Outages()
        #: tells the processes that deliver, where this one does not
        self.announcing: Announcing | None = None

    def announces(self) -> None:
        """From now on the others are told what this process takes, if there is a way."""
        if self.settings.listen_database_url is not None:
            self.announcing = Announcing(partial(announce, self.edge))

    def listening(self) -> Listening | None:
        """What hears of what others take, if there is a way."""
        return Listening(self._listen) if self.settings.listen_database_url is not None else None

    async def _listen(self) -> None:
        url = self.settings.listen_database_url
        try:
            await listen(url.get_secret_value() if url else "", self._heard)
        finally:
            self.worker.hears(hearing=False)

    def _heard(self) -> None:
        self.worker.hears(hearing=True)
        self.worker.wake()

    @asynccontextmanager
    async def shown(self, role: str) -> AsyncIterator[Showing]:
        """In the block this process is known to run, in this role; what goes on saying so, as long as that runs."""
        replica = Replica(uuid4(), role, self._seals_with)
        await show(self._delivery, replica)
        try:
            yield Showing(partial(show, self._delivery, replica))
        finally:
            with suppress(StoreError):  # then it is gone in a minute
                await leave(self._delivery, replica)

    async def accept(self, events: Sequence[Event]) -> None:
        """Take what a peer told us: committed on return. StoreError if it is not."""
        try:
            await self._accepting(await self._emoji.named(events))
        except StoreBusy:
            raise
        except (StoreUnavailable, asyncio.CancelledError):
            self.seeking.missed()  # whoever told it may not tell it again
            raise
        self._may_be_due()

    async def ask(self, event: FlowEvent) -> Answer:
        """What a flow is answered: committed on return. StoreError if it is not."""
        (handled,) = await self._accepting([event])
        self._may_be_due()
        if handled.decision is None or handled.decision.answer is None:
            raise TypeError(f"no answer to {type(event).__name__}")
        if handled.decision.reason == UNKNOWN_CONTACT:
            return answer_of_nobody(event, (await self._entry(event.address.channel)).office.voice())
        return handled.decision.answer

    def _may_be_due(self) -> None:
        self.worker.wake()
        if self.announcing:
            self.announcing.hint()

    async def presence(self, channel: UUID, department: str) -> Presence:
        """Would Rocket.Chat take a chat of this department ("": the channel's own) now? Within a second."""
        entry = await self._entry(channel)
        with suppress(StoreError):
            await self.pace.look(limits.PEERS_KNOWN)
        return await self.desk.presence(entry.rocketchat_url, department or entry.office.department)

    async def _queue(self, base_url: str, bot: Bot) -> Queue:
        with suppress(StoreError):
            await self.pace.look(limits.PEERS_KNOWN)
        return await self._queues.look(base_url, bot)

    async def _departments(self, base_url: str) -> Mapping[str, str]:
        config = await self.desk.config(base_url)
        return {department.id: department.name for department in config.departments} if config else {}

    async def _examine(self, channels: Sequence[UUID]) -> Sequence[Finding]:
        try:
            return await examine(self.settings, self._database, Asked(channels=tuple(channels)))
        except NoChannel as error:
            raise Unknown(str(error)) from None

    async def availability(self, channel: UUID, department: str, presence: Presence, language: str) -> Answer:
        office = (await self._entry(channel)).office
        return availability.available(office, await now(self.edge), presence, department, language)

    async def simulate(self, channel: UUID, call: Call, wanted: str, department: str, language: str) -> Answer | None:
        office = (await self._entry(channel)).office
        return simulating.simulated(call, wanted, office, await now(self.edge), department, language)

    async def channel_of(self, name: str, token: str) -> rapidpro_routes.Channel | None:
        found = await self.directory.channel_for(name, token)
        return rapidpro_routes.Channel(found.id, found.token_hashes, found.rapidpro_channel) if found else None

    async def flow_channel_of(self, token: str) -> live_agents.FlowChannel | None:
        found = await self.directory.channel_by_flow_token(token)
        return live_agents.FlowChannel(found.id, found.flow_token_hashes, found.scheme) if found else None

    async def workspace_of(self, name: str, secret: str) -> rocketchat_routes.Workspace | None:
        return _workspace(await self.directory.workspace_for(name, secret))

    async def workspace_by_secret(self, secret: str) -> rocketchat_routes.Workspace | None:
        return _workspace(await self.directory.workspace_by_secret(secret))

    async def learn(self, channel: UUID, rapidpro_channel: str) -> None:
        await self.directory.learn_channel(channel, rapidpro_channel)

    async def _address(self, workspace: UUID) -> str | None:
        found = await self.directory.workspace(workspace)
        return found.rocketchat_url if found else None

    async def _entry(self, channel: UUID) -> ChannelEntry:
        entry = await self.directory.channel(channel)
        if entry is None:
            raise StoreUnavailable("the channel was removed a moment ago")
        return entry

    async def _to_agent(self, claimed: Claimed, trail: Trail) -> Learned:
        with self._outages.noticing(claimed.workspace, self.seeking.missed):
            return await self._posted(claimed, trail)

    async def _posted(self, claimed: Claimed, trail: Trail) -> Learned:
        """Rocket.Chat's client sends it; what an agent sees first is made of what both peers know."""
        owed = claimed.owed
        if not isinstance(owed, PostContext):
            return await self._rocketchat.send(claimed, trail)
        asked = owed.messages + len(owed.words) if owed.messages else 0
        past = said_before(await self._rapidpro.last_messages_for(claimed, asked, trail), owed)
        text = context_text(owed, language=claimed.language, fields=claimed.shown_fields, past=past)
        if not text:
            raise Refused("nothing_to_show", "there is nothing to tell the agent of this contact")
        return await self._rocketchat.post_context(claimed, text, trail)

    async def _beside(self, claimed: Claimed, trail: Trail) -> Learned:
        """What no words wait for: statuses and questions, nearly all of them RapidPro's."""
        if not isinstance(claimed.owed, LookForHold | ReadHistory):
            return await self._rapidpro.send(claimed, trail)
        if isinstance(claimed.owed, LookForHold) and self.pace.away(claimed.rocketchat_url):
            raise Waiting("away", "Rocket.Chat does not answer anybody", seconds=limits.PROBE_GAP)
        with self._outages.noticing(claimed.workspace, self.seeking.missed):
            if not isinstance(claimed.owed, ReadHistory):
                return await self._rocketchat.send(claimed, trail)
            spare = self.pace.wait_for_spare
            told = await read_again(self._delivery, self._rocketchat, claimed, claimed.owed, spare, trail)
            return replace(told, events=tuple(await self._emoji.named(told.events)))

    async def _sought(self, event: RoomSought) -> None:
        await self._settling([event])
        self.worker.wake()

    async def _due_timers(self) -> list[Woke]:
        return await due_timers(self._delivery)

    async def _wake(self, event: Woke) -> None:
        await self._settling([event])
        self.worker.wake()

    async def _put_off(self, event: Woke, seconds: float) -> None:
        await put_off(self._delivery, event, seconds)

    def _handling(self, store: Store) -> Handle:
        async def handling(events: Sequence[Event]) -> list[Handled]:
            try:
                handled = await handle(store, events)
            except StoreUnavailable:
                metrics.db_up.set(0)
                raise
            metrics.db_up.set(1)
            for each in handled:
                for name in each.decision.counted if each.decision else ():
                    metrics.count(name)
            return handled

        return handling

    async def _deliver(self, claimed: Claimed) -> Outcome:
        outcome = await self._sending(claimed)
        try:
            await self.pace.record(claimed, outcome, dest_of(claimed.owed))
        except Exception as error:
            # how the attempt ended is what must not be lost
            log.exception("pace_crashed", delivery=claimed.delivery, error=type(error).__name__)
        return outcome

    async def _settle(self, outcome: Outcome) -> Claimed | None:
        *_, handled = await self._settling([*repairing.told(outcome), outcome])
        if handled.decision is None and handled.next is None:
            metrics.lease_lost.inc()
        return handled.next


@asynccontextmanager
async def open_runtime(settings: Settings, database: Database) -> AsyncIterator[Runtime]:
    """Open the pools and the client, and close them again."""
    async with AsyncExitStack() as stack:
        edge = await stack.enter_async_context(_closing(await open_pool(database.url, size=POOL_SIZE, name="edge")))
        delivery = await stack.enter_async_context(
            _closing(await open_pool(database.url, size=POOL_SIZE, name="delivery"))
        )
        console = await stack.enter_async_context(
            _closing(await open_pool(database.url, size=CONSOLE_POOL_SIZE, name="console", least=0))
        )
        http = await stack.enter_async_context(open_http(settings.reachable, ca_file=settings.ca_file))
        key = await hash_key(edge, database.vault)
        runtime = Runtime(
            settings,
            edge=edge,
            delivery=delivery,
            console=console,
            database=database,
            key=key,
            http=http,
        )
        stack.push_async_callback(runtime.desk.aclose)
        yield runtime


def _workspace(found: WorkspaceEntry | None) -> rocketchat_routes.Workspace | None:
    return rocketchat_routes.Workspace(found.id, found.secret_hashes) if found else None


@asynccontextmanager
async def _closing(pool: Pool) -> AsyncIterator[Pool]:
    try:
        yield pool
    finally:
        await pool.close()
