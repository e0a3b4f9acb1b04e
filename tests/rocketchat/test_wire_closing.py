"""Closing a room, had with a pencil: as the visitor, and by the bot user where the visitor may not."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.errors import ChannelError, DeliveryError, Refused, Rejected, Unavailable, Waiting
from channel.core.exchange import Reply, Request
from channel.core.learned import Closed
from channel.core.people import Bot
from channel.rocketchat.wire import closing
from tests import reading_samples as samples

BOT = Bot("uBr1dGeB0tXk9LpQ2", "hunter2")
AS_VISITOR = Request("POST", "/api/v1/livechat/room.close", json={"token": "t", "rid": "r"})


def as_bot(comment: str, **more: object) -> Request:
    login = {"X-Auth-Token": "hunter2", "X-User-Id": BOT.id}
    body = {"rid": "r", "comment": comment, **more}
    return Request("POST", "/api/v1/livechat/room.closeByUser", json=body, headers=login)


def refused(code: str, status: int = 400) -> Reply:
    return Reply(status, json.dumps({"success": False, "error": code}).encode())


DONE = Reply(200, b'{"success":true}')
MAY_NOT = refused(closing.NOT_ALLOWED)
TAGS = refused(closing.TAGS_WANTED)


def have(*replies: Reply, bot: Bot | None = BOT, comment: str = "bye") -> samples.Had[Closed]:
    return samples.have(closing.close("t", "r", comment, bot), *replies)


@pytest.mark.parametrize(
    "reply",
    [
        DONE,
        refused("room-closed"),
        refused("invalid-room"),
        refused("error-room-closed"),
        refused("invalid-token"),  # a visitor who is gone has no room any more
        samples.answer("rocketchat/answer_room_closed"),
    ],
)
def test_a_visitor_closes_a_room_that_may_be_closed_already(reply: Reply) -> None:
    had = have(reply)
    assert (had.asked, had.learned) == ([AS_VISITOR], Closed("r"))


@pytest.mark.parametrize(
    "reply",
    [DONE, refused("error-room-already-closed"), refused("error-invalid-room"), refused("room-closed")],
)
def test_where_no_visitor_may_close_the_bot_user_does(reply: Reply) -> None:
    had = have(MAY_NOT, reply)
    assert (had.asked, had.learned) == ([AS_VISITOR, as_bot("bye")], Closed("r"))


@pytest.mark.parametrize("comment", ["", "  "])
def test_the_bot_user_always_says_something(comment: str) -> None:
    assert have(MAY_NOT, DONE, comment=comment).asked[1] == as_bot(closing.COMMENT)


def test_where_a_room_wants_tags_the_bot_user_gives_one() -> None:
    assert have(TAGS, DONE).asked[1] == as_bot("bye", tags=[closing.TAG])


@pytest.mark.parametrize("reply", [MAY_NOT, TAGS])
def test_without_a_bot_user_it_is_refused(reply: Reply) -> None:
    with pytest.raises(Refused) as error:
        have(reply, bot=None)
    assert error.value.code == "not_allowed"


@pytest.mark.parametrize(
    "reply",
    [
        refused("error-not-authorized"),
        refused(closing.TAGS_WANTED),
        samples.answer("rocketchat/refused_login_needed_6", 401),
        samples.answer("rocketchat/refused_forbidden", 403),
        refused("API endpoint does not exist", 404),
        refused("API endpoint does not exist", 405),
    ],
)
def test_a_bot_user_who_may_not_either_never_will(reply: Reply) -> None:
    with pytest.raises(Refused) as error:
        have(MAY_NOT, reply)
    assert error.value.code == "not_allowed"


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ([refused("error-something-else")], Rejected),
        ([refused("error-room-cannot-be-closed-try-again")], Unavailable),
        ([Reply(503, b"")], Unavailable),
        ([samples.answer("rocketchat/refused_limited", 429)], Waiting),
        ([MAY_NOT, refused("error-something-else")], Rejected),
        ([MAY_NOT, Reply(503, b"")], Unavailable),
        ([MAY_NOT, samples.answer("rocketchat/refused_limited", 429)], Waiting),
    ],
)
def test_what_may_pass_is_tried_again(replies: list[Reply], kind: type[DeliveryError]) -> None:
    with pytest.raises(DeliveryError) as error:
        have(*replies)
    assert type(error.value) is kind


@settings(max_examples=200, deadline=None)
@given(st.lists(st.builds(Reply, st.sampled_from([200, 400, 401, 429, 500]), st.binary(max_size=20)), min_size=2))
def test_any_answers_end_in_a_closed_room_or_one_error(replies: list[Reply]) -> None:
    exchange = closing.close("t", "r", "", BOT)
    next(exchange)
    with suppress(ChannelError, StopIteration):
        for reply in replies:
            exchange.send(reply)


def test_the_bot_users_token_is_in_no_repr() -> None:
    assert "hunter2" not in f"{BOT!r} {as_bot('bye')!r}"
