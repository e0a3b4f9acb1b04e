"""The Livechat client: a room's messages, as exchanges. `posting` knows what the answers to a repeated post mean."""

from collections.abc import Mapping
from typing import Any

from channel.core.exchange import Exchange, Request
from channel.core.reading import each
from channel.rocketchat.wire import history as told
from channel.rocketchat.wire import results
from channel.rocketchat.wire.asking import get, livechat, send
from channel.rocketchat.wire.errors import answered


def message_request(token: str, rid: str, message_id: str, text: str) -> Request:
    """The post of a visitor's message. The schema allows these four keys and no others that we could use."""
    body = {"token": token, "rid": rid, "_id": message_id, "msg": text}
    return Request("POST", livechat("message"), json=body)


def send_message(token: str, rid: str, message_id: str, text: str) -> Exchange[results.Stored]:
    """Post a message under an id of ours, which must be unique on the server."""
    reply = yield message_request(token, rid, message_id, text)
    return results.stored(answered(reply))


def get_message(token: str, rid: str, message_id: str) -> Exchange[results.Stored]:
    """The message, if the room (open or closed) has it; Rejected `invalid-message` if not."""
    return results.stored((yield from get(livechat("message", message_id), token=token, rid=rid)))


def update_message(token: str, rid: str, message_id: str, text: str) -> Exchange[results.Stored]:
    """New words for a message of the visitor's own, where the workspace allows editing."""
    body = {"token": token, "rid": rid, "msg": text}
    return results.stored((yield from send("PUT", livechat("message", message_id), body)))


def delete_message(token: str, rid: str, message_id: str) -> Exchange[None]:
    """Take back a message of the visitor's own, where the workspace allows it. The keys go in the body."""
    yield from send("DELETE", livechat("message", message_id), {"token": token, "rid": rid})


def history(
    token: str, rid: str, *, limit: int, offset: int = 0, end: str | None = None
) -> Exchange[tuple[told.Entry, ...]]:
    """The room's messages, newest first, system messages included; `end`: only those before this moment.

    Works for closed rooms. Page by `end`: an offset shifts with every message that comes.
    """
    items = yield from history_items(token, rid, limit=limit, offset=offset, end=end)
    return tuple(told.read(item) for item in items)


def history_items(
    token: str, rid: str, *, limit: int, offset: int = 0, end: str | None = None
) -> Exchange[tuple[Mapping[str, Any], ...]]:
    """The same, as Rocket.Chat gives them."""
    query = {"token": token, "limit": str(limit), "offset": str(offset) if offset else None, "end": end}
    answer = yield from get(livechat("messages.history", rid), **query)
    return tuple(message for message in each(answer, "messages") if isinstance(message, Mapping))
