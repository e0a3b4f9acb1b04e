"""Is anybody there? Answered at once, because a flow waits: from Rocket.Chat if it says so in time, else from memory.

Livechat's configuration is asked, which needs no login. It lists the enabled departments that have agents, and no
others: a department without agents is as unknown as one that does not exist.
"""

import asyncio
from collections.abc import Callable
from dataclasses import field
from time import monotonic

from channel.core import limits
from channel.core.errors import ChannelError, Waiting
from channel.core.events import Presence, There
from channel.core.values import dataclass
from channel.logs import log
from channel.rocketchat.wire import livechat
from channel.rocketchat.wire.results import Config, Department
from channel.transport import Transport

ALL = ""  #: the question for the workspace as a whole


@dataclass(frozen=True, slots=True)
class _Said:
    """What Rocket.Chat said of a department, and when."""

    at: float
    there: There


@dataclass(slots=True)
class _Workspace:
    """What is known of one workspace, by the seconds of the process's own clock."""

    said: dict[str, _Said] = field(default_factory=dict)  #: by department's id
    departments: tuple[Department, ...] = ()
    listed_at: float | None = None
    switched_off_at: float | None = None  #: Livechat as a whole
    may_close: bool = True
    config: Config | None = None  #: what it last said of itself
    asked_at: float | None = None  #: when it was last asked for that
    silent_until: float = 0.0  #: the limiter wants no question before
    flights: dict[str, "_Flight"] = field(default_factory=dict)  #: questions on their way, by department's id

    def learn(self, question: str, config: Config, now: float) -> None:
        self.config = config
        if not config.enabled:
            self.switched_off_at = now
            return
        self.switched_off_at = None
        self.departments, self.listed_at, self.may_close = config.departments, now, config.visitors_may_close
        known = {ALL, question, *(department.id for department in config.departments)}
        self.said = {of: said for of, said in self.said.items() if of in known}
        self.said[question] = _Said(now, There.AVAILABLE if config.online else There.NO_AGENTS)

    def question(self, department: str, now: float) -> str | None:
        """What has to be asked next to be certain of a department; None if nothing has, or nothing may be."""
        if now < self.silent_until or self._last(department, now, limits.PRESENCE_FRESH) is not None:
            return None
        # Each answer lists the departments, too; one that is not among them may have been made a moment ago.
        return self._id_of(department) or ALL

    def presence(self, department: str, now: float) -> Presence:
        """What is known, and whether it is certain."""
        fresh = self._last(department, now, limits.PRESENCE_FRESH)
        last = fresh or self._last(department, now, limits.PRESENCE_KEPT)
        return Presence(last or There.AVAILABLE, certain=fresh is not None, visitors_may_close=self.may_close)

    def _last(self, department: str, now: float, within: float) -> There | None:
        if _is_within(self.switched_off_at, now, within):
            return There.NO_AGENTS
        known_by = self._id_of(department) if department else ALL
        if known_by is None:
            return There.UNKNOWN_DEPARTMENT if _is_within(self.listed_at, now, within) else None
        said = self.said.get(known_by)
        return said.there if said and now - said.at < within else None

    def _id_of(self, department: str) -> str | None:
        """By its id or its exact name, as Rocket.Chat takes them when a visitor registers."""
        by_name = (each.id for each in self.departments if each.name == department)
        by_id = (each.id for each in self.departments if each.id == department)
        return next(by_id, None) or next(by_name, None)


@dataclass(frozen=True, slots=True)
class _Flight:
    """A question on its way; whoever has the same one waits for its answer. True once something was learned."""

    began: float
    asking: "asyncio.Task[bool]"


class Desk:
    """Tells whether anybody is there, and remembers it per workspace. `away`: of whom nothing is to be asked now."""

    def __init__(
        self,
        transport: Transport,
        clock: Callable[[], float] = monotonic,
        *,
        away: Callable[[str], bool] = lambda base_url: False,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._away = away
        self._workspaces: dict[str, _Workspace] = {}

    async def presence(self, base_url: str, department: str) -> Presence:
        """Whether a chat of this department (an id or a name; "": any) would be taken now.

        Within `limits.PRESENCE_SECONDS`, whatever Rocket.Chat does. What it did not say in time is its last answer, or
        else a hopeful guess, and not certain.
        """
        workspace = self._workspaces.setdefault(base_url, _Workspace())
        until = self._clock() + limits.PRESENCE_SECONDS
        while not self._away(base_url) and (question := workspace.question(department, self._clock())) is not None:
            if not await self._answered(base_url, workspace, question, until):
                break
        return workspace.presence(department, self._clock())

    def known(self, base_url: str) -> Config | None:
        """What the workspace last said of itself: its language, its limits, its emoji; None before it has."""
        known = self._workspaces.get(base_url)
        return known.config if known else None

    async def config(self, base_url: str, *, anew: bool = False) -> Config | None:
        """The same, asked for where it is not known, is ten minutes old, or is wanted `anew`; within a second."""
        workspace = self._workspaces.setdefault(base_url, _Workspace())
        now = self._clock()
        kept = limits.PRESENCE_FRESH if workspace.config is None else limits.CONFIG_KEPT
        if now >= workspace.silent_until and (anew or not _is_within(workspace.asked_at, now, kept)):
            workspace.asked_at = now
            await self._answered(base_url, workspace, ALL, now + limits.PRESENCE_SECONDS)
        return workspace.config

    async def aclose(self) -> None:
        """Forget the questions that are still on their way."""
        flights = [flight.asking for known in self._workspaces.values() for flight in known.flights.values()]
        for asking in flights:
            asking.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def _answered(self, base_url: str, workspace: _Workspace, question: str, until: float) -> bool:
        """Was something learned in time? A question that takes too long goes on, for whoever asks later."""
        flight = workspace.flights.get(question)
        if flight is None:
            asking = asyncio.create_task(self._ask(base_url, workspace, question))
            flight = workspace.flights[question] = _Flight(self._clock(), asking)
        left = min(until, flight.began + limits.PRESENCE_SECONDS) - self._clock()
        done, _ = await asyncio.wait({flight.asking}, timeout=max(left, 0.0))
        return bool(done) and not flight.asking.cancelled() and flight.asking.result()

    async def _ask(self, base_url: str, workspace: _Workspace, question: str) -> bool:
        try:
            config = await self._transport.perform(base_url, livechat.config(department=question or None))
        except ChannelError as error:
            log.info("presence_unknown", code=error.code)
            if isinstance(error, Waiting):
                workspace.silent_until = self._clock() + error.seconds
            return False
        except Exception as error:  # a flow waits for an answer, whatever this is
            log.exception("presence_crashed", error=type(error).__name__)
            return False
        else:
            workspace.learn(question, config, self._clock())
            return True
        finally:
            del workspace.flights[question]


def _is_within(at: float | None, now: float, seconds: float) -> bool:
    return at is not None and now - at < seconds
