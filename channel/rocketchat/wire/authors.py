"""What an agent is told, as the workspace's bot user: a line in the room, a reaction to their message."""

from collections.abc import Mapping
from typing import Any, Final

from channel.core.errors import Ambiguous, Rejected
from channel.core.exchange import Exchange, Request
from channel.core.learned import AuthorTold, Reported
from channel.core.owed import Mark
from channel.core.people import Bot
from channel.core.reading import text_or_none
from channel.rocketchat.wire.asking import API, get_as, login, send
from channel.rocketchat.wire.errors import answered
from channel.rocketchat.wire.posting import may_be_there, says_nothing

#: the reaction for each state of a message: names that every Rocket.Chat has
REACTIONS: Final[Mapping[Mark, str]] = {Mark.ARRIVED: ":white_check_mark:", Mark.FAILED: ":x:"}
#: the login or the right is missing: a line can still stand as the visitor's
MAY_NOT: Final = frozenset({"http_401", "http_403", "error-not-allowed", "error-not-authorized", "error-invalid-user"})
#: what was put under the id of a line stands there as the visitor's, or a part of it
_AS_VISITORS: Final = "stands_as_visitors"
#: or the line is too long: a workspace may hold its users to fewer characters than visitors
CANNOT_TELL: Final = MAY_NOT | {"error-message-size-exceeded", _AS_VISITORS}

_NOT_THERE: Final = frozenset({"error-message-not-found", "http_400", "unknown"})


def tell(bot: Bot, room: str, message_id: str, text: str, *, doubted: bool) -> Exchange[AuthorTold]:
    """Write a line in the room, under an id of ours; once. Ambiguous where nobody can say whether it is there.

    `doubted`: an earlier attempt may have put it there, which is asked first.
    """
    if doubted and (found := (yield from _found(bot, message_id, room))):
        return found
    body = {"message": {"rid": room, "msg": text, "_id": message_id}}
    reply = yield Request("POST", f"{API}/chat.sendMessage", json=body, headers=login(bot))
    if says_nothing(reply):
        raise Ambiguous("no_answer", f"Rocket.Chat's address answered a line with {reply.status} and no outcome")
    if may_be_there(reply):
        found = yield from _found(bot, message_id, room)
        if found is None:
            raise Rejected("not_stored", "Rocket.Chat answered the line as a repeat, and does not have it")
        return found
    return _told(answered(reply), room)


def mark(bot: Bot, item: str, state: Mark, *, first: bool) -> Exchange[Reported]:
    """React to the message. Once more does no harm; another mark of ours, if one can be there, is taken away."""
    for other, emoji in REACTIONS.items():
        if other is not state and not first:
            yield from _react(bot, item, emoji, wanted=False)
    yield from _react(bot, item, REACTIONS[state], wanted=True)
    return Reported()


def _react(bot: Bot, item: str, emoji: str, *, wanted: bool) -> Exchange[None]:
    body = {"messageId": item, "emoji": emoji, "shouldReact": wanted}
    yield from send("POST", f"{API}/chat.react", body, bot=bot)


def _found(bot: Bot, message_id: str, room: str) -> Exchange[AuthorTold | None]:
    try:
        answer = yield from get_as(bot, f"{API}/chat.getMessage", msgId=message_id)
    except Rejected as error:
        if error.code in _NOT_THERE:
            return None
        raise
    if (author := text_or_none(answer, "message", "u", "_id")) and author != bot.id:
        raise Rejected(_AS_VISITORS, "the line stands as the visitor's, as far as it does")
    return _told(answer, room)


def _told(answer: Mapping[str, Any], room: str) -> AuthorTold:
    return AuthorTold(text_or_none(answer, "message", "rid") or room, text_or_none(answer, "message", "ts"))
