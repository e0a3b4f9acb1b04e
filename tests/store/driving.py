"""A Rocket.Chat of a few lines behind a real store: what is owed is claimed, had, and its outcome handled."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from channel.core.addresses import ByContact, ByConversation, ByRoom
from channel.core.answers import Outcome
from channel.core.claimed import Claimed, needless
from channel.core.errors import DeliveryError, RoomGone, VisitorGone
from channel.core.events import (
    AgentAsked,
    CloseAsked,
    ContactSaid,
    Event,
    Introduced,
    Presence,
    Rated,
    RoomClosed,
    RoomTaken,
    Timer,
    Woke,
)
from channel.core.learned import Closed, Learned, Posted, Received, Registered, Reported, RoomOpened
from channel.core.owed import CloseRoom, OpenRoom, Owed, PostContext, PostToRoom, RegisterVisitor, ReplyToContact
from channel.core.people import Agent
from tests.store.premises import Premises, arrived, broke

ANA: Final = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
JOAO: Final = Agent("aJoao", "joao.agent", "João")
#: exchanges after which it is no conversation any more but a loop
MOST: Final = 100


@dataclass
class Room:
    token: str  #: of its visitor
    department: str
    words: list[str] = field(default_factory=list)
    is_open: bool = True


@dataclass
class Driver:
    """Both peers of one channel, and what happened there."""

    premises: Premises
    departments: dict[str, str] = field(default_factory=dict)  #: by visitor token
    rooms: dict[str, Room] = field(default_factory=dict)
    refusing: dict[type[Owed], DeliveryError] = field(default_factory=dict)
    made: list[Owed] = field(default_factory=list)  #: what arrived at either peer, in order
    told: list[str] = field(default_factory=list)  #: what the contacts read

    async def options(self, **options: Any) -> None:
        await self.premises.pool.execute("UPDATE channel SET options = $1::jsonb", json.dumps(options))

    # What a flow, a contact and an agent do

    def asks(
        self, *, department: str = "", words: str = "", key: str | None = None, uuid: str = ANA, path: str | None = None
    ) -> AgentAsked:
        """`key`: by which a repeat is known; the words where it is not given."""
        first = self.says(words, uuid=uuid, path=path) if words else None
        told = Introduced(department=department)
        return AgentAsked(self._contact(uuid, path), told, Presence(certain=True), key or words or None, first)

    def says(self, words: str, *, department: str = "", uuid: str = ANA, path: str | None = None) -> ContactSaid:
        told = Introduced(department=department)
        return ContactSaid(self._contact(uuid, path), told, words, words.encode(), f"said {words}")

    def closes(self) -> CloseAsked:
        return CloseAsked(ByContact(self.premises.channel, ANA, begins=False), Presence(certain=True))

    def rates(self) -> Rated:
        return Rated(ByContact(self.premises.channel, ANA, begins=False), (("satisfaction", "5"),))

    async def answer(self, event: Event) -> Outcome:
        """What the flow that asks is answered. A moment passes: nobody asks twice at once."""
        await self.premises.later(1)
        decision = await self.premises.decide(event)
        assert decision is not None
        assert decision.answer is not None
        return decision.answer.outcome

    def takes(self, room: str) -> RoomTaken:
        return RoomTaken(self._here(room), JOAO, f"taken:{room}", b"raw")

    def shuts(self, room: str, comment: str = "") -> RoomClosed:
        """An agent closes the room; what is told of it is the answer."""
        self.rooms[room].is_open = False
        return RoomClosed(self._here(room), "user", f"closed:{room}", b"raw", comment)

    def mentioned(self, room: str, item: str) -> RoomTaken:
        """That João has the room, as an event says which brings the message called `item`."""
        return RoomTaken(self._here(room), JOAO, told_by=item)

    def move(self, room: str, words: str) -> str:
        """Rocket.Chat finds the room closed when the words come, and puts them into a new one."""
        name = self._open_room(self.rooms[room].token)
        self.rooms[name].words.append(words)
        return name

    async def wake(self, why: Timer) -> Woke:
        """The time has come that the one conversation there is has set itself."""
        ((number, seconds),) = await self.premises.rows(
            "SELECT conversation_id, extract(epoch FROM due_at - live_agents_now())::float8 FROM timer WHERE why = $1",
            why.value,
        )
        await self.premises.later(seconds + 1)
        return Woke(ByConversation(number), why)

    # What comes of it

    async def run(self) -> None:
        """Everything that is due goes, and what follows at once from it."""
        for _ in range(MOST):
            claimed = await self.premises.claim()
            if not claimed:
                return
            await self._make(claimed)
        raise AssertionError(f"it does not come to an end: {self.made[-5:]}")

    async def until(self, kind: type[Owed]) -> Claimed:
        """The attempt at a delivery of this kind, now under way; what was due before it has been made."""
        for _ in range(MOST):
            claimed = await self.premises.claim()
            chosen = [each for each in claimed if isinstance(each.owed, kind)]
            await self._make([each for each in claimed if each not in chosen[:1]])
            if chosen:
                return chosen[0]
            assert claimed, f"no {kind.__name__} is due"
        raise AssertionError(f"no {kind.__name__} becomes due")

    async def ends(self, claimed: Claimed) -> None:
        """The exchange under way is had, and its outcome saved."""
        await self.premises.handle(self.outcome(claimed), keeping=False)

    def outcome(self, claimed: Claimed) -> Event:
        error = self.refusing.get(type(claimed.owed))
        if (known := needless(claimed)) is not None:
            return arrived(claimed, known)
        learned = error or self._have(claimed)
        if isinstance(learned, DeliveryError):
            return broke(claimed, learned)
        self.made.append(claimed.owed)
        return arrived(claimed, learned)

    def kinds(self, *kinds: type[Owed]) -> list[str]:
        """Names of what was made, of these kinds."""
        return [type(each).__name__ for each in self.made if isinstance(each, kinds)]

    def words(self) -> dict[str, list[str]]:
        """By room, what the agents there read."""
        return {name: room.words for name, room in self.rooms.items()}

    def open_rooms(self) -> list[str]:
        return [name for name, room in self.rooms.items() if room.is_open]

    async def standing(self) -> tuple[str, str | None]:
        """State and room of the one conversation."""
        ((state, room),) = await self.premises.rows("SELECT state, room FROM conversation")
        return state, room

    async def waiting(self) -> list[str]:
        """What is owed to Rocket.Chat still."""
        return await self.premises.column(
            "SELECT d.kind FROM delivery d JOIN lane l ON l.id = d.lane_id"
            " WHERE d.state = 'waiting' AND l.kind = 'to_agent' ORDER BY d.seq"
        )

    async def ours(self) -> list[str]:
        """Which notices were told and which actions taken, in order."""
        return await self.premises.column("SELECT external_id FROM message WHERE author = 'bridge' ORDER BY created_at")

    def _contact(self, uuid: str, path: str | None) -> ByContact:
        return ByContact(self.premises.channel, uuid, path)

    def _here(self, room: str) -> ByRoom:
        return ByRoom(self.premises.workspace, room, None)

    async def _make(self, claimed: Sequence[Claimed]) -> None:
        for each in claimed:
            await self.ends(each)

    def _have(self, claimed: Claimed) -> Learned | DeliveryError:
        match claimed.owed:
            case RegisterVisitor(department=department):
                self.departments[claimed.visitor_token] = department
                return Registered(claimed.visitor_token)
            case OpenRoom() if claimed.visitor_token not in self.departments:
                return VisitorGone("invalid-token", "nobody of this token is registered")
            case OpenRoom():
                return RoomOpened(self._open_room(claimed.visitor_token))
            case PostToRoom(text=text):
                return self._post(claimed, text)
            case PostContext(lines=lines):
                return self._post(claimed, *lines)
            case CloseRoom(room=room):
                self.rooms[room].is_open = False
                return Closed(room)
            case ReplyToContact(text=text):
                self.told.append(text)
                return Received(str(len(self.told)))
            case _:
                return Reported()

    def _open_room(self, token: str) -> str:
        for name, room in self.rooms.items():
            if room.is_open and room.token == token:
                return name
        name = f"r{len(self.rooms) + 1}"
        self.rooms[name] = Room(token, self.departments[token])
        return name

    def _post(self, claimed: Claimed, *words: str) -> Learned | DeliveryError:
        room = self.rooms.get(claimed.room or "")
        if room is None or not room.is_open:
            return RoomGone("room-closed", "the room is closed")
        room.words += words
        return Posted(claimed.room or "")
