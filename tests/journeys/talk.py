"""People at their telephones, RapidPro's flows, the bridge and the agents, in either set-up; time is in our hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from channel.sandbox.rapidpro import Contact, set_up_a, set_up_b
from channel.sandbox.rapidpro.set_ups import LIVE_CHAT
from channel.sandbox.rocketchat import Message, Room
from tests.bridge import Bridge, running_bridge

JOAO, MARIA = "joao.agent", "maria.agent"
#: the word with which the flow of set-up a hands a contact over
KEYWORD = "agent"
CONNECTING = "We are looking for an agent for you. The answer will come here."
QUEUED = "You are in the queue. Your position: 1. An agent will answer you here."
TAKEN = "You are now being attended by: Joao Lima"
TRANSFERRED = "You have been transferred. You are now being attended by: Maria Reis"
CLOSED = "The chat has ended. Thank you for writing."
GAVE_UP = "We are sorry, nobody was free to answer you this time. Please write again later."
NOBODY = "Nobody is available to answer you right now. Please write again later."

_CALM = """
SELECT 1 WHERE NOT EXISTS (SELECT FROM timer WHERE due_at <= live_agents_now())
AND NOT EXISTS (SELECT FROM lane WHERE lease_until > live_agents_now() OR head_due <= live_agents_now())
"""


@dataclass
class Talk:
    """Who talks, and what each of them can do and see."""

    bridge: Bridge
    set_up: str
    person: Contact
    #: how much of each phone is older than the chat
    skipped: dict[str, int] = field(default_factory=dict)

    def add_person(self, name: str, number: str, language: str | None = None) -> Contact:
        return self.bridge.rapidpro.add_contact(name, [f"whatsapp:{number}"], language=language)

    async def say(self, text: str, who: Contact | None = None, *, files: tuple[str, ...] = ()) -> None:
        """The person writes from their phone. `files`: media type and URL, with a colon between."""
        await self.bridge.rapidpro.person_writes(who or self.person, text, files)
        # two that are on their way at the same time can overtake each other
        await self.bridge.rapidpro.until(lambda rp: not self._in_rapidpro() or None)

    async def ask(self, text: str = "Hello", who: Contact | None = None) -> None:
        """The person wants an agent, and writes: in set-up a the flow says that it looks for one."""
        who = who or self.person
        if self.set_up == "a":
            before = len(self.bridge.rapidpro.phone(who))
            await self.say(KEYWORD, who)
            shown = await self.bridge.rapidpro.until(lambda rp: rp.phone(who)[before:])
            assert shown == [CONNECTING]
            self.skipped[who.uuid] = before + 1
        await self.say(text, who)

    async def open(self, text: str = "Hello", who: Contact | None = None) -> Room:
        """The room in which the agents read what the person asks, as soon as there is one."""
        await self.ask(text, who)
        room = await self.room_with(text)
        await self.calm()
        return room

    async def room_with(self, text: str) -> Room:
        """The open room in which these are the visitor's last words, as soon as there is one."""
        return await self.bridge.rocketchat.until(
            lambda rc: next((r for r in rc.rooms.values() if r.open and self.bridge.read(r)[-1:] == (text,)), None)
        )

    async def served(self, text: str = "Hello", agent: str = JOAO) -> Room:
        """A room that an agent has taken; the contact has read who it is."""
        room = await self.open(text)
        await self.bridge.rocketchat.take(room.id, agent)
        name = self.bridge.rocketchat.user(agent).name
        await self.reads(f"You are now being attended by: {name}")
        return room

    async def reads(self, *texts: str, who: Contact | None = None) -> None:
        """On the phone, since the chat began, there come to be these texts, in this order, and no others."""
        person = who or self.person
        async with self.bridge.hurrying("to_contact"):
            try:
                await self.bridge.rapidpro.until(lambda rp: self.told(person) == list(texts) or None, timeout=6)
            except TimeoutError:
                raise AssertionError(f"told {self.told(person)}, and not {list(texts)}") from None
            await self.calm()
            await self.bridge.all_told()
        assert self.told(person) == list(texts), self.told(person)

    def told(self, who: Contact) -> list[str]:
        """What they have read since the chat began."""
        return self.bridge.rapidpro.phone(who)[self.skipped.get(who.uuid, 0) :]

    async def later(self, seconds: float) -> None:
        """Let so much time pass once nothing is under way; returns when all that is due by then has been done."""
        await self.calm()
        await self.bridge.skip(seconds)
        await self.calm()

    async def calm(self) -> None:
        """Return when nothing is due, under way or on its way to a phone."""
        rapidpro, chat = self.bridge.rapidpro, self.bridge.rocketchat
        while True:
            await rapidpro.until(lambda rp: not self._in_rapidpro() or None)
            await chat.until(lambda rc: not rc.webhooks_in_flight or None)
            await self.bridge.until_rows(_CALM)
            if not self._in_rapidpro() and not chat.webhooks_in_flight:
                break
        assert not rapidpro.failures

    def _in_rapidpro(self) -> bool:
        """Is anything on its way to a phone, or to us?"""
        return any(m.status in {"pending", "queued", "errored"} for m in self.bridge.rapidpro.messages)

    def seen(self, room: Room) -> list[str]:
        """What the agents see in a room that anybody wrote, in order."""
        return [m.text for m in self._messages(room)]

    def is_open(self, room: Room) -> bool:
        return room.open

    async def standing(self, who: Contact | None = None) -> str:
        """The state of the person's conversation."""
        (row,) = await self.bridge.query(
            "SELECT cv.state FROM conversation cv JOIN contact c ON c.id = cv.contact_id WHERE c.uuid = $1",
            (who or self.person).uuid,
        )
        return str(row["state"])

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """What a flow's webhook asks of the live-agents API."""
        token = self.bridge.connected["live_agents"]
        headers = {"Authorization": token["authorization"]}
        return await self.bridge.http.request(method, f"{token['url']}/{path}", json=body, headers=headers)

    async def outcome(self, method: str, path: str, body: dict[str, Any] | None = None) -> str:
        answer = await self.call(method, path, body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["outcome"])

    def _messages(self, room: Room) -> list[Message]:
        return [m for m in self.bridge.rocketchat.messages.values() if m.rid == room.id and not m.kind]


@asynccontextmanager
async def talking(
    database_url: str, directory: Path, set_up: str = "b", *, language: str | None = None, **more: Any
) -> AsyncIterator[Talk]:
    """Everything running, wired as flow builders wire it, and Ana with her phone.

    `options` are the channel's; unless they say otherwise, a close takes the contact out of the group that set-up a's
    flow puts them in. What else is given is as `running_bridge` takes it.
    """
    usual = {"context_messages": 0, **({"leave_group": LIVE_CHAT} if set_up == "a" else {})}
    options = {**usual, **more.pop("options", {})}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("channel.delivery.timers.POLL_SECONDS", 0.05)
        async with running_bridge(database_url, directory, set_up=set_up, options=options, **more) as bridge:
            external = bridge.channel.external
            assert external
            bridge.channel.enabled = False
            if set_up == "a":
                flows = bridge.connected["live_agents"]
                set_up_a(bridge.rapidpro, flows["url"], flows["authorization"], keyword=KEYWORD)
            else:
                set_up_b(bridge.rapidpro, external)
            ana = bridge.rapidpro.add_contact("Ana", ["whatsapp:5511988880001"], language=language)
            yield Talk(bridge, set_up, ana)
