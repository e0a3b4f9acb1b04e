"""A delivery that is ours to make, with what that needs; and what need not be made, or not yet."""

from dataclasses import field
from datetime import datetime
from uuid import UUID

from channel.core import limits
from channel.core.arriving import text_hash
from channel.core.errors import Refused, Waiting
from channel.core.learned import Learned, Registered, RoomOpened
from channel.core.options import Options
from channel.core.owed import OpenRoom, Owed, RegisterVisitor, ReplyToContact, profile_of
from channel.core.pacing import Pass
from channel.core.people import Bot
from channel.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery whose next attempt is counted and ours to make."""

    delivery: int
    conversation: int
    lane: int
    lease: int
    owed: Owed
    attempts: int  #: this one included
    ambiguous: int  #: earlier ones of which nobody knows whether they arrived
    crashes: int  #: the latest ones, if the process ended before their outcome was saved
    tried_room: str | None  #: where the first attempt of unknown end was made, else where this one is
    external_id: str  #: the `_id` of a post
    due_at: datetime  #: when this attempt was to be made
    now: datetime  #: the database's time at the claim
    room: str | None
    path: str = field(repr=False)
    contact_uuid: str | None
    name: str = field(repr=False)
    registered: str | None
    visitor_token: str = field(repr=False)
    department: str
    received_text_hash: str = field(repr=False)
    received_at: datetime | None
    channel: UUID
    workspace: UUID
    rocketchat_url: str
    rapidpro_url: str
    rapidpro_channel: str | None
    scheme: str
    hold_ambiguous: bool
    first_failed_at: datetime | None = None
    owed_at: datetime | None = None
    received_uuid: str = ""
    rapidpro_token: str | None = field(default=None, repr=False)  #: with it, RapidPro's API can be asked
    reply_via: str = "receive"  #: or "api"
    language: str = ""
    shown_fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)  #: of the contact, for the agent
    options: Options = field(default_factory=Options)
    bot: Bot | None = None
    message: UUID | None = None  #: whose words these are, if anybody's
    peer: int = 0  #: to whom its lane leads
    passed: Pass = field(default_factory=Pass)  #: how it was taken

    @property
    def waited(self) -> float:
        """Seconds since it came to be owed, at the claim."""
        return (self.now - (self.owed_at or self.now)).total_seconds()

    @property
    def in_doubt_for(self) -> float:
        """Seconds since an attempt of unknown end, at least."""
        return (self.now - (self.first_failed_at or self.due_at)).total_seconds()


def needless(claimed: Claimed) -> Learned | None:
    """What would be learned by a preparation that has been made meanwhile; None if it has to be made."""
    match claimed.owed:
        case RegisterVisitor() as told if claimed.registered == profile_of(told):
            return Registered(claimed.visitor_token)
        case OpenRoom() if claimed.room is not None:
            return RoomOpened(claimed.room)
        case _:
            return None


def check_crashes(claimed: Claimed) -> None:
    """Raise Refused if the process ended at each of the last attempts: it would end at the next, too."""
    if claimed.crashes >= limits.CRASHED_ATTEMPTS:
        raise Refused("crashed", "the process ended at each of the last attempts")


def check_given_up(claimed: Claimed) -> None:
    """Raise Refused if it has waited for its peer as long as anything is tried; nobody need be asked once more."""
    if claimed.passed.given_up and claimed.ambiguous and isinstance(claimed.owed, ReplyToContact):
        raise Refused("ambiguous", "nobody knows whether an earlier attempt arrived")
    if claimed.passed.given_up:
        raise Refused("away", "its peer has not answered anybody for 72 hours")


def check_silences(claimed: Claimed) -> None:
    """Raise Refused if as many attempts as may be are of unknown end already, and nobody can be asked about them.

    A repeat after a lost connection is to be swallowed by courier: Waiting, if it comes too late for that.
    """
    most = 1 if claimed.hold_ambiguous else limits.AMBIGUOUS_ATTEMPTS
    if claimed.ambiguous >= most:
        raise Refused("ambiguous", "nobody knows whether an earlier attempt arrived")
    late = (claimed.now - claimed.due_at).total_seconds()
    if claimed.ambiguous and limits.SWALLOW_WINDOW < late < limits.AMBIGUOUS_WAIT:
        raise Waiting("window_missed", "too late to be taken for a double", seconds=limits.AMBIGUOUS_WAIT - late)


def check_time(claimed: Claimed) -> None:
    """Raise Waiting if courier would swallow these words as an equal text of the ones before (A, B, A does not)."""
    if not isinstance(claimed.owed, ReplyToContact) or claimed.ambiguous or claimed.received_at is None:
        return
    left = limits.EQUAL_TEXT_GAP - (claimed.now - claimed.received_at).total_seconds()
    if left > 0 and text_hash(claimed.owed.text) == claimed.received_text_hash:
        raise Waiting("equal_text", "an equal text so soon would be taken for a double", seconds=left)
