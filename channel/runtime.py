"""What the apps and the worker are made of, over what `opening.py` has opened. Joined here only."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

import httpx

from channel import metrics
from channel.bridge import handle
from channel.callers import Callers
from channel.claiming import Claiming
from channel.console.premises import Premises
from channel.core import limits, repairing
from channel.core.answers import Answer
from channel.core.checks.finding import Finding
from channel.core.claimed import Claimed
from channel.core.decision import Decision
from channel.core.errors import StoreBusy, StoreError, StoreUnavailable, Unknown
from channel.core.events import Event, FlowEvent, Followed, Outcome, RoomSought, Woke
from channel.core.flows import UNKNOWN_CONTACT, answer_of_nobody
from channel.core.following_up import Account
from channel.core.people import Bot
from channel.core.queue import Queue
from channel.delivery.erasing import Erasing
from channel.delivery.following_up import FollowingUp, FollowingUpVerbs
from channel.delivery.hearing import Clock, Hearing
from channel.delivery.seeking import Seeking, SeekingVerbs
from channel.delivery.sending import Sending, dest_of
from channel.delivery.timers import Timers, TimerVerbs
from channel.delivery.watching import Watching, WatchingVerbs
from channel.delivery.worker import Verbs, Worker
from channel.doctor.examining import NoChannel, examine
from channel.doctor.premises import Asked
from channel.gathering import Gathering, Handle, is_large
from channel.logs import log
from channel.neighbours import Neighbours
from channel.peers import Peers
from channel.rapidpro.client import RapidProClient
from channel.rapidpro.failures import RapidProFailures
from channel.rocketchat.client import RocketChatClient
from channel.rocketchat.emoji import Emoji
from channel.rocketchat.presence import Desk
from channel.rocketchat.queue import Queues
from channel.settings import Settings
from channel.state import Database
from channel.store import following_up
from channel.store.conversations import Handled, Store
from channel.store.database import Pool
from channel.store.directory import Directory
from channel.store.repairs import seek, seek_rooms, unsought
from channel.store.retention import sweep
from channel.store.timing import due_timers, put_off
from channel.store.vitals import backlog, vitals
from channel.transport import Transport


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
        self._clock = Clock()
        hearing = Hearing(self._clock)
        claiming = Claiming(delivery, vault, hearing, self._clock, rate=settings.rapidpro_rate)
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
        self.callers = Callers(edge, self.directory, self.desk, self.pace)
        self.seeking = Seeking(
            SeekingVerbs(
                partial(seek, delivery), partial(seek_rooms, delivery), partial(unsought, delivery), self._tell
            )
        )
        accepted = self._handling(Store(edge, vault, key, lambda: self.directory.schemes))
        self._accepting, self._accepting_large = Gathering(accepted), Gathering(accepted, largest=1)
        peers = Peers(
            RapidProClient(transport),
            RocketChatClient(transport, self.desk),
            emoji=self._emoji,
            pace=self.pace,
            pool=delivery,
            missed=self.seeking.missed,
        )
        self._sending = Sending(peers.by_lane())
        self.worker = Worker(Verbs(claiming, self._deliver, self._settle, self._sending.unsaveable))
        settling = Store(delivery, vault, key, lambda: self.directory.schemes, keeping=lambda: self.worker.claiming)
        self._settling = Gathering(self._handling(settling))
        self.timers = Timers(TimerVerbs(self._due_timers, self._tell, self._put_off))
        # what is seldom done is planned for what it is given: of a channel's old words there may be none, or all
        self.erasing = Erasing(partial(sweep, console))
        failures = RapidProFailures(transport)
        self.following_up = FollowingUp(
            FollowingUpVerbs(
                self._due_accounts,
                self.pace.away,
                failures.listed,
                failures.went,
                partial(following_up.named, console),
                partial(following_up.failed, console),
                self._tell,
                partial(following_up.put_off, console),
            )
        )
        self.watching = Watching(WatchingVerbs(partial(vitals, delivery), partial(backlog, delivery)))
        direct = settings.listen_database_url
        self.neighbours = Neighbours(
            edge,
            delivery,
            self.worker,
            direct_url=direct.get_secret_value() if direct else None,
            seals_with=vault.fingerprint,
        )

    async def accept(self, events: Sequence[Event]) -> None:
        """Take what a peer told us: committed on return. StoreError if it is not."""
        try:
            gathering = self._accepting_large if any(map(is_large, events)) else self._accepting
            await gathering(await self._emoji.named(events))
        except StoreBusy:
            self.seeking.missed_in(repairing.rooms_of(events))
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
            return answer_of_nobody(event, (await self.callers.entry(event.address.channel)).office.voice())
        return handled.decision.answer

    def _may_be_due(self) -> None:
        self.worker.wake()
        self.neighbours.hint()

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

    async def _address(self, workspace: UUID) -> str | None:
        found = await self.directory.workspace(workspace)
        return found.rocketchat_url if found else None

    async def _due_accounts(self) -> Sequence[Account]:
        found = await following_up.due(self.console.pool, self._database.vault)
        if found:
            await self.pace.look(limits.PEERS_KNOWN)
        return found

    async def _due_timers(self) -> list[Woke]:
        return await due_timers(self._delivery)

    async def _tell(self, event: Woke | RoomSought | Followed) -> None:
        """Something of ours has happened: committed on return."""
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
        handled: Sequence[Handled] = ()
        for events in repairing.told(outcome):
            handled = await self._settling(events)
            if any(each.decision and self._owes_now(each.decision) for each in handled):
                self.worker.wake()
        if handled[-1].decision is None and handled[-1].next is None:
            metrics.lease_lost.inc()
        return handled[-1].next

    def _owes_now(self, decision: Decision) -> bool:
        soon = self._clock.now() + timedelta(seconds=limits.PEERS_FRESH)  # the clock is behind by as much at most
        return bool(decision.replayed) or any(due.at <= soon for due in decision.owed)
