"""Values made by hand for the core's tests: noon, one conversation that is told nothing, and what happens to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from channel.core.addresses import ByContact, ByConversation, ByDelivery, ByRoom, ByUrn
from channel.core.claimed import Claimed
from channel.core.conversation import Author, Conversation, Message, State
from channel.core.decide import decide
from channel.core.decision import Decision
from channel.core.errors import DeliveryError, Failure
from channel.core.events import (
    AgentAsked,
    AgentWrote,
    AttemptMade,
    CloseAsked,
    ContactSaid,
    ContactWrote,
    DeliveryDone,
    DeliveryFailed,
    Introduced,
    Presence,
    Rated,
    RoomClosed,
    RoomTaken,
    Timer,
    Woke,
)
from channel.core.handoff import Handoff
from channel.core.held import Delivery, Held
from channel.core.keys import key_of
from channel.core.learned import Learned
from channel.core.notices import Notice
from channel.core.options import Options
from channel.core.owed import OpenRoom, Owed, PostToRoom, ReplyToContact, ReportStatus, Status
from channel.core.people import Agent

#: so that tests of words stay tests of words
QUIET = Options(notices={notice.value: False for notice in Notice}, custom_fields={})
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WORKSPACE = UUID("00000000-0000-4000-8000-00000000000a")
CHANNEL = UUID("00000000-0000-4000-8000-00000000000b")
MESSAGE = UUID("00000000-0000-4000-8000-00000000000c")
ROOM = "rOne"
JOAO = Agent("aJoao", "joao.agent", "João")
ID = "1001"
KEY = key_of("send", ID)
DELIVERY = 7

POST = PostToRoom("words")
REPLY = ReplyToContact("words")
REPORT = ReportStatus(ID, Status.SENT)


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def conversation(state: State = State.CLOSED, **changes: Any) -> Conversation:
    room = None if state is State.CLOSED else ROOM
    agent = JOAO.id if state is State.SERVED else None
    known = Conversation(1, WORKSPACE, state, room, agent, "ana", "Ana", "", "Ana\n", 6400, False, "", "", None)
    return replace(known, **{"options": QUIET, **changes})


def handed(state: State, of: Handoff | None = None, **changes: Any) -> Conversation:
    """A conversation whose hand-off a flow asked for at noon, and of which Joao has been told if he serves it."""
    of = of or Handoff(by_flow=True, began_at=NOON, room=ROOM)
    if state is State.SERVED:
        of = replace(of, taken_at=of.taken_at or NOON, agent=of.agent or JOAO)
    return conversation(state, **{"handoff": of, **changes})


def options(*on: Notice, **changes: Any) -> Options:
    """All notices off, but these."""
    notices = {notice.value: notice in on for notice in Notice}
    return replace(QUIET, **{"notices": notices, **changes})


def standing(decision: Decision) -> tuple[State, str | None, str | None]:
    """State, room and agent of the conversation that was decided upon."""
    found = after(decision)
    return found.state, found.room, found.agent


def after(decision: Decision) -> Conversation:
    assert decision.conversation is not None
    return decision.conversation


def owed(decision: Decision) -> list[Owed]:
    return [due.owed for due in decision.owed]


def told(decision: Decision) -> list[str]:
    """Which notices the contact gets."""
    replies = {due.message for due in decision.owed if isinstance(due.owed, ReplyToContact)}
    return [m.external_id for m in decision.messages if m.author is Author.BRIDGE and m.key in replies]


def held(state: State | Conversation = State.CLOSED, *messages: Message, now: float = 0.0, **more: Any) -> Held:
    """What is known `now` seconds after noon."""
    found = state if isinstance(state, Conversation) else conversation(state)
    return Held(at(now), found, {message.key: message for message in messages}, **more)


def message(*texts: str, **changes: Any) -> Message:
    """A contact's message that was answered at noon, and of which every part has been posted."""
    known = Message(MESSAGE, KEY, Author.CONTACT, ID, texts or ("words",), NOON, NOON, max(1, len(texts)))
    return replace(known, **changes)


def agents(text: str = "words", item: str = "m1", edited_at: str | None = None, **changes: Any) -> Message:
    """An agent's message that came at noon."""
    key = key_of("said", item, edited_at or "")
    return replace(message(text, key=key, author=Author.AGENT, external_id=item, edited_at=edited_at), **changes)


def wrote(text: str = "words", id: str = ID, **more: Any) -> ContactWrote:
    return ContactWrote(ByUrn(CHANNEL, "ana"), id, text, b"raw", **more)


def said(text: str = "words", item: str | None = "m1", room: str = ROOM, **more: Any) -> AgentWrote:
    return AgentWrote(ByRoom(WORKSPACE, room, "token"), item, text, b"raw", JOAO, **more)


WHO = ByContact(CHANNEL, "5a8c8e1e-0d0c-4d5e-9a44-2c0a3b1c7d10")


def asked(told: Introduced | None = None, presence: Presence | None = None, **more: Any) -> AgentAsked:
    event = AgentAsked(WHO, told or Introduced(), presence or Presence(certain=True))
    return replace(event, **more)


def passed(text: str = "words", id: str = ID, **more: Any) -> ContactSaid:
    return replace(ContactSaid(WHO, Introduced(), text, b"raw", id), **more)


def close_asked(*, visitors_may_close: bool = True) -> CloseAsked:
    return CloseAsked(WHO, Presence(visitors_may_close=visitors_may_close))


def rated() -> Rated:
    return Rated(WHO, (("satisfaction", "5"),))


def woke(why: Timer) -> Woke:
    return Woke(ByConversation(1), why)


def taken(room: str = ROOM, agent: Agent = JOAO, key: str | None = "taken:1") -> RoomTaken:
    return RoomTaken(ByRoom(WORKSPACE, room, "token"), agent, key, b"raw")


def closed(room: str = ROOM, key: str = "closed:1") -> RoomClosed:
    return RoomClosed(ByRoom(WORKSPACE, room, "token"), "user", key, b"raw")


def delivery(owed: Owed = POST, **changes: Any) -> Delivery:
    """A delivery after its first attempt; words are part of the message with `KEY`."""
    key = None if isinstance(owed, OpenRoom) else KEY
    return replace(Delivery(DELIVERY, owed, key, 1, 0, ROOM, None), **changes)


def arrived(learned: Learned) -> DeliveryDone:
    return DeliveryDone(ByDelivery(DELIVERY, 1), 1, learned, AttemptMade())


def broke(error: DeliveryError, *, jitter: float = 1.0) -> DeliveryFailed:
    return DeliveryFailed(ByDelivery(DELIVERY, 1), 1, Failure.of(error), jitter, AttemptMade(room=ROOM))


def ended(known: Held, event: DeliveryDone | DeliveryFailed, of: Delivery | None = None) -> Decision:
    """What becomes of the delivery's end."""
    return decide(replace(known, deliveries={DELIVERY: of or delivery()}), event)


def claimed(owed: Owed = REPLY, **changes: Any) -> Claimed:
    known = Claimed(
        delivery=DELIVERY,
        conversation=1,
        lane=1,
        lease=1,
        owed=owed,
        attempts=1,
        ambiguous=0,
        crashes=0,
        tried_room=None,
        external_id="la-1",
        due_at=NOON,
        now=NOON,
        room=ROOM,
        path="ana",
        contact_uuid=None,
        name="Ana",
        registered="Ana\n",
        visitor_token="token",
        department="",
        received_text_hash="",
        received_at=None,
        channel=CHANNEL,
        workspace=WORKSPACE,
        rocketchat_url="https://chat.example",
        rapidpro_url="https://flows.example",
        rapidpro_channel=None,
        scheme="ext",
        hold_ambiguous=False,
    )
    return replace(known, **changes)
