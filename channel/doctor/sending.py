"""A contact's message, sent to our own service as RapidPro sends it."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from channel.core.checks.finding import Heard
from channel.core.checks.trying import Followed
from channel.core.exchange import Request
from channel.doctor.following import follow
from channel.doctor.premises import Premises
from channel.store import examining
from channel.store.examining import Examined

WORDS: Final = "This is a test of Live Agents. Nobody needs to answer it."
#: how somebody is called who was made up for a test
NOBODY: Final = "live-agents-doctor"
_TOKEN_BYTES: Final = 32
#: of registerClient: a chat is being opened
_BEGUN: Final = {"queued", "already_open"}


class InUse(Exception):
    """Two tokens of the channel are valid already: none can be lent."""


@asynccontextmanager
async def lent_token(premises: Premises, channel: Examined) -> AsyncIterator[str]:
    """A token that the channel takes for as long as the block lasts: its own are known to RapidPro only."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    if not await examining.lend_token(premises.pool, channel.id, token):
        raise InUse
    try:
        yield token
    finally:
        await examining.take_token_back(premises.pool, channel.id, token)


async def send(premises: Premises, channel: Examined, contact: str, token: str) -> tuple[str, Followed]:
    """Send it, and follow it into the room and back to RapidPro. Its id, and how far it came."""
    name = str(uuid4())
    refused = await (_call if channel.set_up == "a" else _post)(premises, channel, contact, name, token)
    if refused is not None:
        return name, refused
    if channel.set_up == "a":
        found = await follow(premises, channel.id, name, ("PostToRoom",))
        receipt = "to a flow the answer is the receipt" if found.receipt else ""
        return name, Followed(found.id, found.arrived, receipt, found.reason, found.waits_for_agents, found.seconds)
    return name, await follow(premises, channel.id, name, ("PostToRoom", "ReportStatus"))


async def _post(premises: Premises, channel: Examined, contact: str, name: str, token: str) -> Followed | None:
    """At the send URL. None where it was taken."""
    form = {"id": name, "uuid": name, "text": WORDS, "to": contact}
    heard = await premises.asking.hear_us(
        premises.url,
        Request("POST", f"/channels/{channel.id}/send", form=form, headers=_headers(token)),
    )
    return None if heard.status == HTTPStatus.OK else _not_taken(heard)


async def _call(premises: Premises, channel: Examined, contact: str, name: str, token: str) -> Followed | None:
    """By the live-agents calls of a flow. None where both were taken."""
    who = {"uuid": contact, "name": NOBODY}
    asked = await _live_agents(premises, "registerClient", {"contact": who}, token)
    outcome = _outcome(asked)
    if outcome not in _BEGUN:
        if outcome == "no_agents":
            return Followed(waits_for_agents=True)
        return Followed(reason=f"registerClient answers {outcome}") if outcome else _not_taken(asked)
    said = {"contact": who, "message": {"uuid": name, "text": WORDS}}
    heard = await _live_agents(premises, "sendMessageToAgent", said, token)
    outcome = _outcome(heard)
    if outcome == "accepted":
        return None
    return Followed(reason=f"sendMessageToAgent answers {outcome}") if outcome else _not_taken(heard)


async def _live_agents(premises: Premises, call: str, body: dict[str, Any], token: str) -> Heard:
    return await premises.asking.hear_us(
        premises.url, Request("POST", f"/live-agents/{call}", json=body, headers=_headers(token))
    )


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {token}"}


def _outcome(heard: Heard) -> str:
    if heard.trouble or heard.status != HTTPStatus.OK:
        return ""
    try:
        said = json.loads(heard.body)
    except ValueError:
        return ""
    return str(said.get("outcome", "")) if isinstance(said, dict) else ""


def _not_taken(heard: Heard) -> Followed:
    return Followed(reason=f"the service did not take it: {heard.trouble or f'it answered {heard.status}'}")
