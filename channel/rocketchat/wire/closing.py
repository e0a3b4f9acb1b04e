"""Closing a room: as its visitor, or, where the workspace does not let visitors close, as its bot user."""

from typing import Final

from channel.core.errors import Refused, Rejected, RoomGone, Unavailable, VisitorGone
from channel.core.exchange import Exchange
from channel.core.learned import Closed
from channel.core.people import Bot
from channel.rocketchat.wire import livechat
from channel.rocketchat.wire.asking import livechat as path_of
from channel.rocketchat.wire.asking import send

#: a workspace wants one by default (`Livechat_request_comment_when_closing_conversation`); the agent reads it
COMMENT: Final = "Closed at the contact's request"
#: for a department that wants a room tagged before it is closed
TAG: Final = "closed-by-contact"

NOT_ALLOWED: Final = "error-not-allowed-to-close-conversation"
TAGS_WANTED: Final = "error-tags-must-be-assigned-before-closing-chat"

#: the room is closed, as was wanted; the same for a visitor, who has no such room any more, and for the bot user
_CLOSED_BEFORE = frozenset(
    {"error-room-closed", "error-room-already-closed", "error-invalid-room", "This_conversation_is_already_closed"}
)
#: the login or the right is missing, or the route is: none of it comes by trying again
_BOT_MAY_NOT = frozenset({"http_401", "http_403", "http_404", "http_405", "error-not-authorized"})


def close(token: str, room: str, comment: str, bot: Bot | None) -> Exchange[Closed]:
    """Close the room; one that is closed already is as good. Once more does no harm.

    Refused `not_allowed` where neither the visitor nor the bot user may.
    """
    try:
        yield from livechat.close_room(token, room)
    except (RoomGone, VisitorGone):
        return Closed(room)
    except Rejected as error:
        if error.code in _CLOSED_BEFORE:
            return Closed(room)
        if error.code not in {NOT_ALLOWED, TAGS_WANTED}:
            raise
        return (yield from _closed_by_bot(room, comment, bot, error))
    return Closed(room)


def _closed_by_bot(room: str, comment: str, bot: Bot | None, refused: Rejected) -> Exchange[Closed]:
    if bot is None:
        raise Refused("not_allowed", f"the visitor may not close the room, and there is no bot user: {refused.message}")
    body: dict[str, object] = {"rid": room, "comment": comment.strip() or COMMENT}
    if refused.code == TAGS_WANTED:
        body["tags"] = [TAG]
    try:
        yield from send("POST", path_of("room.closeByUser"), body, bot=bot)
    except RoomGone:
        return Closed(room)
    except (Rejected, Unavailable) as error:
        if error.code in _CLOSED_BEFORE:
            return Closed(room)
        if error.code in _BOT_MAY_NOT or error.code == TAGS_WANTED:
            raise Refused("not_allowed", f"neither the visitor nor the bot user may close: {error.message}") from error
        raise
    return Closed(room)
