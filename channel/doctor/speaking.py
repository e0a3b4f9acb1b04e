"""An agent's message in the room of the test: by an account of Rocket.Chat's, or by the doctor in its place."""

import json
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from channel.core.checks.trying import Followed
from channel.core.errors import ChannelError
from channel.core.exchange import Request
from channel.core.people import Bot
from channel.doctor.following import follow
from channel.doctor.premises import Premises
from channel.rocketchat.wire.asking import API, send
from channel.store.examining import Examined

WORDS: Final = "This is a test of Live Agents, by an agent."
BY_DOCTOR: Final = "told to our webhook by the doctor"


async def speak(premises: Premises, channel: Examined, room: str) -> tuple[Followed, str]:
    """Speak, follow it to RapidPro, and say how far it came and who spoke.

    The workspace's own bot user cannot: what it says is never sent to a contact.
    """
    name, login = uuid4().hex, premises.asked.login
    if login is not None and (channel.bot is None or login.id != channel.bot.id):
        by = "written in Rocket.Chat with the login"
        refused = await _in_rocketchat(premises, channel, login, room, name)
    else:
        by = BY_DOCTOR
        refused = await _at_webhook(premises, channel, room, name)
    if refused:
        return Followed(reason=refused), by
    return await follow(premises, channel.id, name, ("ReplyToContact",)), by


async def _in_rocketchat(premises: Premises, channel: Examined, login: Bot, room: str, name: str) -> str:
    """Why it could not be written; "" if it was."""
    message = {"_id": name, "rid": room, "msg": WORDS}
    try:
        writing = send("POST", f"{API}/chat.sendMessage", {"message": message}, bot=login)
        await premises.asking.learn(channel.rocketchat_url, writing)
    except ChannelError as error:
        return f"the login may not write in the room: {error.message}"
    return ""


async def _at_webhook(premises: Premises, channel: Examined, room: str, name: str) -> str:
    now = (await premises.now()).isoformat(timespec="milliseconds")
    author = {"_id": "live-agents-doctor", "username": "live-agents-doctor", "name": "Doctor"}
    item = {"_id": name, "u": author, "username": author["username"], "agentId": author["_id"], "msg": WORDS, "ts": now}
    body = {"_id": room, "type": "Message", "visitor": {"_id": "unnamed"}, "messages": [{**item, "rid": room}]}
    headers = {"X-RocketChat-Livechat-Token": channel.webhook_secret, "Content-Type": "application/json"}
    request = Request(
        "POST", f"/workspaces/{channel.workspace}/webhook", content=json.dumps(body).encode(), headers=headers
    )
    heard = await premises.asking.hear_us(premises.url, request)
    if heard.status == HTTPStatus.OK:
        return ""
    return f"our webhook did not take it: {heard.trouble or f'it answered {heard.status}'}"
