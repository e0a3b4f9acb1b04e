"""A Rocket.Chat and a store of a few lines, for whole conversations in which anything may happen."""

from collections import Counter, deque
from dataclasses import dataclass, field, replace

from channel.core.addresses import ByRoom
from channel.core.conversation import KEPT, Author, Conversation, Message
from channel.core.decide import decide
from channel.core.decision import Decision, End
from channel.core.errors import DeliveryError, RoomGone
from channel.core.events import Event, RoomClosed, RoomQueued, RoomTaken, Timer
from channel.core.held import Behind, Delivery, Held, Lately
from channel.core.learned import Closed, Learned, Posted, Registered, Reported, RoomOpened
from channel.core.owed import (
    CloseRoom,
    Lane,
    OpenRoom,
    Owed,
    PostContext,
    PostToRoom,
    RateRoom,
    RegisterVisitor,
    Status,
)
from channel.core.people import Agent
from tests.core.building import DELIVERY, MESSAGE, WORKSPACE, arrived, at, broke, conversation, woke


@dataclass(slots=True)
class Step:
    """Something owed to Rocket.Chat, as part of the message with this key."""

    owed: Owed
    key: str | None
    place: int


@dataclass(slots=True)
class World:
    """One conversation. Every event goes through `tell`, which keeps what the store would keep."""

    conversation: Conversation = field(default_factory=conversation)
    now: float = 0.0
    messages: dict[str, Message] = field(default_factory=dict)
    lane: list[Step] = field(default_factory=list)  #: to_agent
    dead: list[Step] = field(default_factory=list)
    timers: dict[Timer, float] = field(default_factory=dict)
    closed_rooms: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    posted: Counter[str] = field(default_factory=Counter)  #: pieces that are in a room, by message
    under_way: Step | None = None  #: the attempt at the head of the lane,
    tried_room: str | None = None  #: and the conversation's room at the time
    open_room: str | None = None  #: in Rocket.Chat
    last: int = 0  #: place in the lane
    rooms: int = 0
    events: int = 0
    webhooks: deque[Event] = field(default_factory=deque)

    def held(self) -> Held:
        known = {key: self._loaded(message) for key, message in self.messages.items()}
        return Held(
            at(self.now),
            self.conversation,
            messages=known,
            unserved={key: m for key, m in known.items() if m.status is Status.SENT},
            closed_rooms=frozenset(self.closed_rooms),
            seen=frozenset(self.seen),
            kept={key: m for key, m in known.items() if m.reason == KEPT},
            waiting={key: m for key, m in known.items() if m.author is Author.CONTACT and m.pending},
            due=frozenset(why for why, when in self.timers.items() if when <= self.now),
            lately=Lately(spoke_at=at(0)),
        )

    def tell(self, event: Event) -> Decision:
        return self._keep(decide(self.held(), event))

    def wake(self) -> list[Decision]:
        """Every time that has come."""
        return [self.tell(woke(why)) for why, when in sorted(self.timers.items()) if when <= self.now]

    def attempt(self) -> None:
        """The next exchange with Rocket.Chat is under way."""
        if self.lane and self.under_way is None:
            self.under_way, self.tried_room = self.lane[0], self.conversation.room

    def come_to(self, error: DeliveryError | None = None) -> Decision | None:
        """The exchange under way ends: with this error, or with what Rocket.Chat makes of it."""
        step = self.under_way
        if step is None:
            return None
        self.under_way = None
        of = Delivery(DELIVERY, step.owed, step.key, 1, 0, self.tried_room, None)
        held = replace(self.held(), deliveries={DELIVERY: of}, behind={DELIVERY: self._behind(step)})
        learned = None if error else self._made(step.owed)
        if learned is not None:
            self.posted[step.key or ""] += isinstance(step.owed, PostToRoom)
            return self._keep(decide(held, arrived(learned)), step)
        failed = broke(error or RoomGone("room-closed", "closed"))
        failed = replace(failed, attempt=replace(failed.attempt, room=self.tried_room))
        return self._keep(decide(held, failed), step)

    # What happens in Rocket.Chat

    def take(self, agent: Agent) -> None:
        if self.open_room:
            self.webhooks.append(RoomTaken(self._here(self.open_room), agent, self._key(), b""))

    def queue(self) -> None:
        if self.open_room:
            self.webhooks.append(RoomQueued(self._here(self.open_room), self._key(), b""))

    def close(self, closer: str = "user") -> None:
        if self.open_room:
            self.webhooks.append(RoomClosed(self._here(self.open_room), closer, self._key(), b""))
            self.open_room = None

    def _made(self, owed: Owed) -> Learned | None:
        match owed:
            case RegisterVisitor():
                return Registered("token")
            case OpenRoom():
                if self.conversation.room is None and self.open_room is None:
                    self.rooms += 1
                    self.open_room = f"r{self.rooms}"
                    self.queue()
                return RoomOpened(self.conversation.room or self.open_room or "")
            case PostToRoom() | PostContext():
                is_open = self.tried_room is not None and self.tried_room == self.open_room
                return Posted(self.tried_room or "") if is_open else None
            case CloseRoom(room):
                if room == self.open_room:
                    self.close("visitor")
                return Closed(room)
            case _:
                return Reported()

    # What the store keeps

    def _keep(self, decision: Decision, step: Step | None = None) -> Decision:
        assert decision.conversation is not None
        self.conversation = decision.conversation
        self.messages |= {m.key: replace(m, id=MESSAGE) for m in decision.messages}
        self._change_lane(decision, step)
        for timer in decision.timers:
            if timer.at is None:
                self.timers.pop(timer.why, None)
            elif not (timer.keep and timer.why in self.timers):
                self.timers[timer.why] = (timer.at - at(0)).total_seconds()
        self.closed_rooms |= {decision.room_closed} if decision.room_closed else set()
        self.seen |= {decision.note.key} if decision.note else set()
        return decision

    def _change_lane(self, decision: Decision, step: Step | None) -> None:
        if decision.abandoned:
            gone = [s for s in self.lane if s is not self.under_way and not isinstance(s.owed, CloseRoom | RateRoom)]
            self.dead += [each for each in gone if each.key is not None]
            self.lane = [each for each in self.lane if each not in gone]
        if decision.settled and step is not None and step in self.lane:
            behind_it = self.lane[self.lane.index(step) + 1 :]
            for settled in decision.settled:
                self._settle(
                    settled.end, step if settled.delivery == DELIVERY else behind_it[settled.delivery - DELIVERY - 1]
                )
        back = [each for each in self.dead if (each.key, getattr(each.owed, "part", None)) in set(decision.replayed)]
        self.dead = [each for each in self.dead if each not in back]
        first = min((each.place for each in self.lane), default=self.last + 1) - len(decision.first)
        ahead = [Step(owed, None, place) for place, owed in enumerate(decision.first, start=first)]
        owed = [due for due in decision.owed if due.owed.lane is Lane.TO_AGENT]
        behind = [Step(due.owed, due.message, place) for place, due in enumerate(owed, start=self.last + 1)]
        self.last += len(owed)
        self.lane = sorted([*ahead, *back, *self.lane, *behind], key=lambda each: each.place)

    def _settle(self, end: End, step: Step) -> None:
        if end is End.WAITING:
            return
        self.lane = [each for each in self.lane if each is not step]
        if end is End.DEAD:
            self.dead.append(step)

    def _behind(self, head: Step) -> Behind:
        """The words right behind the head of the lane, if it prepares them, and what else does."""
        steps: list[int] = []
        for place, step in enumerate(self.lane[self.lane.index(head) + 1 :], start=DELIVERY + 1):
            if step.key is not None:
                return Behind((place, step.key), tuple(steps)) if isinstance(step.owed, PostToRoom) else Behind(None)
            if not isinstance(step.owed, CloseRoom):
                steps.append(place)
        return Behind(None)

    def _loaded(self, message: Message) -> Message:
        pending = sum(step.key == message.key for step in self.lane)
        return replace(message, pending=pending, dead=sum(step.key == message.key for step in self.dead))

    def _here(self, room: str) -> ByRoom:
        return ByRoom(WORKSPACE, room, "token")

    def _key(self) -> str:
        self.events += 1
        return f"event:{self.events}"
