"""Our own side: the public URL, and the webhook behind it, called as Rocket.Chat calls it."""

import json
import secrets
from hashlib import sha256

from channel.core.checks import clocks, service
from channel.core.checks.finding import Check, Finding, Heard, not_checked
from channel.core.exchange import Request
from channel.doctor.premises import Premises
from channel.store import examining
from channel.store.examining import Examined


async def call(premises: Premises) -> Heard:
    """What answers at the public URL, to who shows no secret."""
    return await premises.asking.hear_us(premises.url, Request("GET", "/healthz"))


async def public_url(premises: Premises, heard: Heard, channels: list[Examined]) -> list[Finding]:
    """Does the service answer where the peers call it, and is it the right time there?"""
    now = await premises.now()
    peers = {url for channel in channels for url in (channel.rocketchat_url, channel.rapidpro_url)}
    elsewhere = any(not service.is_private(url) for url in peers)
    return [
        service.public_url(premises.url, heard, peers_are_elsewhere=elsewhere),
        clocks.clock(Check.CLOCK, "the service", heard.headers.get("date"), now),
    ]


async def webhook(premises: Premises, channel: Examined, waits: int | None) -> list[Finding]:
    """Rocket.Chat's sample, sent as Rocket.Chat sends it. `waits`: so many milliseconds, where known."""
    if not premises.is_there:
        why = "Live Agents does not answer at the public URL, and nobody else is shown the secret"
        return [not_checked(check, why) for check in (Check.WEBHOOK, Check.ANSWER_TIME)]
    began = await premises.now()
    body = sample(secrets.token_hex(8))
    headers = {"X-RocketChat-Livechat-Token": channel.webhook_secret, "Content-Type": "application/json"}
    request = Request("POST", f"/workspaces/{channel.workspace}/webhook", content=body, headers=headers)
    heard = await premises.asking.hear_us(premises.url, request)
    came = await examining.samples(premises.pool, channel.workspace, began)
    noted = f"test_button:{sha256(body).hexdigest()}" in came
    seconds = waits / 1000 if waits else service.TIMEOUT
    return [service.webhook(heard, noted=noted), service.answer_time(heard, seconds)]


def sample(mark: str) -> bytes:
    """What Rocket.Chat's test button sends: a close, of a visitor who is nobody. By `mark` it is known again."""
    agent = {"_id": mark, "username": "agent.username", "name": "Agent Name", "email": "agent@email.com"}
    said = {"username": "agent.username", "agentId": mark, "msg": "message content from agent"}
    visitor = {"_id": "", "name": "visitor name", "username": "visitor-username", "email": "email@address.com"}
    body = {"type": "LivechatSession", "_id": mark, "label": "title", "visitor": visitor, "agent": agent}
    return json.dumps({**body, "messages": [said]}).encode()
