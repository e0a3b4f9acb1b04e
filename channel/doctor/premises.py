"""What the doctor works with, and what it is asked to look at."""

from dataclasses import field
from datetime import datetime
from uuid import UUID

from channel.core.people import Bot
from channel.core.values import dataclass
from channel.doctor.asking import Asking
from channel.settings import Settings
from channel.state import Database
from channel.store import timing
from channel.store.database import Pool


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be looked at, and with what."""

    channels: tuple[UUID, ...] = ()  #: none named: every one
    login: Bot | None = None  #: of an account of Rocket.Chat's that may see more than the workspace's bot user
    per_minute: int | None = None  #: messages to agents that are expected, by all contacts together
    chats_per_minute: int | None = None  #: new chats that are expected
    send_test: bool = False
    contact: str = ""  #: who is written to: RapidPro's UUID, or the path on the External channel; "": somebody made up


@dataclass(frozen=True, slots=True)
class Premises:
    """Everything open while the doctor looks."""

    settings: Settings
    database: Database
    pool: Pool = field(repr=False)
    asking: Asking
    asked: Asked
    is_there: bool = False  #: does Live Agents answer at the public URL?

    async def now(self) -> datetime:
        """The database's time."""
        return await timing.now(self.pool)

    @property
    def url(self) -> str:
        """Our own, as the peers reach it."""
        return self.settings.base_url
