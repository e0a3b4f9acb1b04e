"""Posting words once: an answer that says nothing is resolved by asking whether the message is there.

Rocket.Chat stores a second message under a known `_id` in no version, but answers it with 400 `{"success":false}` up
to 5.x, with the text of a TypeError in 6.x and 7.x, with 200 and the stored message in 8.x; the loser of a race gets
MongoDB's E11000 in all of them.
"""

from http import HTTPStatus
from typing import Final

from channel.core.errors import Ambiguous, ChannelError, ProtocolError, Rejected, RoomGone
from channel.core.exchange import Exchange, Reply
from channel.core.learned import Posted
from channel.core.reading import mapping_at, text_or_none
from channel.rocketchat.wire import results
from channel.rocketchat.wire.asking import get, livechat
from channel.rocketchat.wire.decoding import object_of
from channel.rocketchat.wire.errors import DUPLICATE_KEY, answered, code_of
from channel.rocketchat.wire.messages import message_request

SPREAD_OF_NOTHING: Final = "Cannot convert undefined or null to object"
NOT_THERE: Final = "invalid-message"


def post(token: str, room: str, message_id: str, text: str, *, doubted_room: str | None) -> Exchange[Posted]:
    """Post the words, or find them posted. `doubted_room`: where an earlier attempt under this id may have put them.

    The room in the answer counts: one that closes in the middle of a post makes Rocket.Chat open another.
    Raises Ambiguous where nobody can say whether the words are there.
    """
    if doubted_room is not None:
        found = yield from landed_in(token, doubted_room, message_id)
        if found is not None:
            return found
    reply = yield message_request(token, room, message_id, text)
    posted = _posted(reply, message_id)
    if posted is not None:
        return posted
    return (yield from _confirmed(token, room, message_id))


def landed_in(token: str, room: str, message_id: str) -> Exchange[Posted | None]:
    """Where an earlier attempt put the message, if it did."""
    try:
        return (yield from _found(token, room, message_id))
    except RoomGone:
        return None


def _posted(reply: Reply, message_id: str) -> Posted | None:
    """Where the message is; None if the answer leaves that open; raises what any other answer means."""
    if says_nothing(reply):
        raise Ambiguous("no_answer", f"Rocket.Chat's address answered a post with {reply.status} and no outcome")
    if may_be_there(reply):
        return None
    answer = answered(reply)
    try:
        stored = results.stored(answer)
    except ProtocolError:
        return None
    return Posted(stored.room, stored.ts) if stored.id == message_id else None


def _confirmed(token: str, room: str, message_id: str) -> Exchange[Posted]:
    """The post's answer left it open, so the message is asked for."""
    try:
        found = yield from _found(token, room, message_id)
    except ChannelError as error:
        raise Ambiguous("unconfirmed", f"the post's outcome is open, and asking failed: {error.message}") from error
    if found is None:
        # an app on the server may be refusing it, which looks the same
        raise Rejected("not_stored", "Rocket.Chat answered the post as a repeat, and does not have the message")
    return found


def _found(token: str, room: str, message_id: str) -> Exchange[Posted | None]:
    """Where the message is, or None where `room` does not have it."""
    try:
        answer = yield from get(livechat("message", message_id), token=token, rid=room)
    except Rejected as error:
        if error.code == NOT_THERE:
            return None
        raise
    found = mapping_at(answer, "message")
    return Posted(text_or_none(found, "rid") or room, text_or_none(found, "ts"))


def says_nothing(reply: Reply) -> bool:
    """From a proxy, or from a server in trouble: anything can have happened behind it."""
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return True
    return reply.status in (HTTPStatus.OK, HTTPStatus.BAD_REQUEST) and not _is_object(reply.body)


def may_be_there(reply: Reply) -> bool:
    if reply.status != HTTPStatus.BAD_REQUEST:
        return False
    body = object_of(reply.body)
    said = text_or_none(body, "error") or text_or_none(body, "message") or ""
    is_bare = not said and not text_or_none(body, "errorType") and not text_or_none(body, "reason")
    return is_bare or SPREAD_OF_NOTHING in said or code_of(body) == DUPLICATE_KEY


def _is_object(body: bytes) -> bool:
    try:
        object_of(body)
    except ProtocolError:
        return False
    return True
