"""Agents' words that RapidPro took: of whom it is to be asked what became of them, and what it has said."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from channel.core import limits
from channel.core.conversation import Message
from channel.core.events import Event, ReplyFailed, ReplyResent
from channel.core.following_up import FAILED_LATER, Account, Reply
from channel.logs import log
from channel.store.batch import Batch
from channel.store.database import Connection, Pool, borrowed
from channel.store.queries import query
from channel.store.vault import UnreadableSecret, Vault

_SLACK = timedelta(seconds=limits.FOLLOWED_SLACK)


async def due(pool: Pool, vault: Vault) -> Sequence[Account]:
    """The RapidPro workspaces that it is time to ask. Nobody else is told so until it is time again."""
    numbers = limits.FOLLOWED_EVERY, limits.FOLLOWED_YOUNG, limits.FOLLOWED_SELDOM, limits.FOLLOWED_FOR
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("follow_up"), *numbers)
    channels: defaultdict[tuple[str, str], dict[UUID, datetime]] = defaultdict(dict)
    for row in rows:
        if not row["has_any"]:
            continue
        try:
            token = vault.open(f"rapidpro_token:{row['id']}", row["rapidpro_token"]).decode()
        except UnreadableSecret:
            log.warning("failures_unread", address=row["rapidpro_url"], code="token_unreadable")
        else:
            channels[row["rapidpro_url"], token][row["id"]] = row["since"]
    return [Account(url, token, tuple(sorted(of)), min(of.values()) - _SLACK) for (url, token), of in channels.items()]


async def put_off(pool: Pool, account: Account, seconds: float) -> None:
    """It is not asked for so long."""
    async with borrowed(pool) as connection:
        await connection.execute(query("put_off_following"), list(account.channels), seconds, limits.FOLLOWED_EVERY)


async def named(pool: Pool, account: Account, names: Collection[str]) -> Sequence[Reply]:
    """Those of our replies that are called so there."""
    if not names:
        return ()
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("replies_named"), list(account.channels), list(names), FAILED_LATER)
    return [_reply(row) for row in rows]


async def failed(pool: Pool, account: Account) -> Sequence[Reply]:
    """Those of our replies that are known to be failed there, as far back as it was asked."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(
            query("replies_failed"), list(account.channels), account.since + _SLACK, FAILED_LATER
        )
    return [_reply(row) for row in rows]


async def load_failed(connection: Connection, events: Sequence[Event]) -> Mapping[UUID, frozenset[int]]:
    """Which replies of the messages that RapidPro has said something of are known to be failed there."""
    messages = [event.message for event in events if isinstance(event, ReplyFailed | ReplyResent)]
    if not messages:
        return {}
    found: defaultdict[UUID, set[int]] = defaultdict(set)
    for row in await connection.fetch(query("load_failed"), messages, FAILED_LATER):
        found[row["message_id"]].add(row["id"])
    return {message: frozenset(replies) for message, replies in found.items()}


def followed_of(messages: Mapping[str, Message], failed: Mapping[UUID, frozenset[int]]) -> frozenset[tuple[str, int]]:
    """Those of these messages, by their keys."""
    if not failed:
        return frozenset()
    return frozenset((key, reply) for key, m in messages.items() if m.id for reply in failed.get(m.id, ()))


async def note_followed(connection: Connection, batch: Batch) -> None:
    """Why RapidPro has failed replies, or that it has not."""
    if batch.followed:
        replies = sorted(batch.followed)
        await connection.execute(query("note_followed"), replies, [batch.followed[each] for each in replies])


def _reply(row: Mapping[str, Any]) -> Reply:
    return Reply(row["id"], row["conversation_id"], row["message_id"], row["external_id"], row["has_failed"])
