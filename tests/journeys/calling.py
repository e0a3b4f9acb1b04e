"""The live-agents API as a flow calls it: with the channel's token, a body, and what is answered."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from channel.sandbox.rapidpro import Contact
from tests.bridge import Bridge

ANA = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
BEA = "0a1b2c3d-4e5f-4a6b-8c7d-8e9fa0b1c2d3"
AGENT = "joao.agent"

Json = dict[str, Any]


@dataclass(frozen=True)
class Flow:
    """The flows of a channel, and whom they are about unless told. `url`: another replica's."""

    bridge: Bridge
    url: str = ""
    contact: str = ANA

    async def call(
        self, method: str, path: str, body: object = None, *, token: str | None = None, **headers: str
    ) -> httpx.Response:
        """One call. A body of bytes goes as it is, any other as JSON; `_` in a header's name stands for `-`."""
        shown = self.bridge.connected["live_agents"]["authorization"] if token is None else token
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return await self.bridge.http.request(
            method,
            f"{self.url or self.bridge.url}/live-agents/{path}",
            headers={"Authorization": shown, "Content-Type": "application/json", **given},
            content=content,
            timeout=20,
        )

    async def register(self, uuid: str = "", *, headers: dict[str, str] | None = None, **more: Any) -> Json:
        body = {"contact": about(uuid or self.contact, more.pop("contact", {})), "results": {}, **more}
        return answered(await self.call("POST", "registerClient", body, **(headers or {})))

    async def say(
        self, text: str | None, uuid: str = "", *, headers: dict[str, str] | None = None, **more: Any
    ) -> Json:
        """`text`: the value of `clientmessage`; None for none."""
        said = {} if text is None else {"clientmessage": {"value": text}}
        body = {"contact": about(uuid or self.contact, more.pop("contact", {})), "results": said, **more}
        return answered(await self.call("POST", "sendMessageToAgent", body, **(headers or {})))

    async def availability(self, **query: str) -> Json:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return answered(await self.call("GET", f"availability?{asked}"))

    async def close(self, uuid: str = "") -> Json:
        return answered(await self.call("DELETE", f"session/user/{uuid or self.contact}"))

    async def survey(self, uuid: str = "", **answers: str) -> Json:
        return answered(await self.call("POST", f"session/user/{uuid or self.contact}/survey", {"results": answers}))

    async def room(self, uuid: str = "") -> str:
        """The contact's open room, as soon as there is one."""
        rows = await self.bridge.until_rows(
            "SELECT cv.room FROM conversation cv JOIN contact ct ON ct.id = cv.contact_id"
            " WHERE ct.uuid = $1 AND cv.room IS NOT NULL",
            uuid or self.contact,
        )
        return str(rows[0]["room"])

    async def taken(self, uuid: str = "", agent: str = AGENT) -> str:
        """The contact's open room, once this agent has it."""
        room = await self.room(uuid)
        # a queued event that came after the taken one would put the room back into the queue
        await self.bridge.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
        await self.bridge.rocketchat.take(room, agent)
        await self.bridge.until_rows("SELECT 1 FROM conversation WHERE room = $1 AND state = 'served'", room)
        return room

    async def closed(self, uuid: str = "") -> None:
        """Return when the contact has no open chat."""
        await self.bridge.until_rows(
            "SELECT 1 FROM conversation cv JOIN contact ct ON ct.id = cv.contact_id"
            " WHERE ct.uuid = $1 AND cv.state = 'closed'",
            uuid or self.contact,
        )


def person(
    bridge: Bridge, uuid: str = ANA, *, name: str = "Ana", number: str = "5511988880001", **more: Any
) -> Contact:
    """Somebody with a phone, in RapidPro."""
    if not any(channel.external is None for channel in bridge.rapidpro.channels):
        bridge.rapidpro.add_phone_channel()
    return bridge.rapidpro.add_contact(name, [f"whatsapp:{number}"], uuid=uuid, **more)


async def on_phone(bridge: Bridge, contact: Contact, *texts: str) -> None:
    """Return when the person sees these on their phone, in this order. Meanwhile time jumps to what is due next."""
    async with bridge.hurrying():
        try:
            await bridge.rapidpro.until(lambda rp: rp.phone(contact) == list(texts) or None)
        except TimeoutError:
            assert bridge.rapidpro.phone(contact) == list(texts)
            raise


def about(uuid: str, more: Json) -> Json:
    return {"name": "Ana", "uuid": uuid, **more}


def answered(answer: httpx.Response) -> Json:
    """What a business outcome says: 200, and an object."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    said: Json = answer.json()
    return said
