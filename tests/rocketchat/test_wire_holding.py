"""Whether a chat rests, by what its history says."""

import json

import pytest

from channel.core.exchange import Reply
from channel.rocketchat.wire.holding import PLACED, RESUMED, look


@pytest.mark.parametrize(
    ("kinds", "on_hold"),
    [
        ([], False),
        (["", "uj", "livechat-started"], False),
        ([PLACED, "", "livechat-started"], True),
        (["", "", PLACED, RESUMED, PLACED], True),
        ([RESUMED, PLACED], False),
        (["", RESUMED, "", PLACED], False),
    ],
)
def test_the_latest_that_is_said_of_it_counts(kinds: list[str], on_hold: bool) -> None:
    """`kinds`: of the room's messages, newest first."""
    exchange = look("token", "room")
    request = next(exchange)
    assert (request.method, request.path) == ("GET", "/api/v1/livechat/messages.history/room")
    messages = [{"_id": f"m{n}", "msg": "", **({"t": kind} if kind else {})} for n, kind in enumerate(kinds)]
    with pytest.raises(StopIteration) as ended:
        exchange.send(Reply(200, json.dumps({"success": True, "messages": messages}).encode()))
    assert ended.value.value.on_hold is on_hold
