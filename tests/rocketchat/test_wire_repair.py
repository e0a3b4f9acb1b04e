"""Reading a room's history back to where it is known, and what it tells."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from channel.core import limits
from channel.core.addresses import ByRoom
from channel.core.events import AgentWrote, RoomClosed, RoomTaken
from channel.core.exchange import Reply, Request
from channel.core.learned import HistoryRead
from channel.core.order import moment
from channel.rocketchat.wire import repair
from channel.rocketchat.wire.repair import Wanted
from tests import reading_samples as samples

WORKSPACE = UUID("11112222-3333-4444-8555-666677778888")
HERE = ByRoom(WORKSPACE, "r", "t")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(milliseconds: int) -> str:
    return (NOON + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def item(number: int, milliseconds: int | None = None, **more: Any) -> dict[str, Any]:
    ts = at(number if milliseconds is None else milliseconds)
    return {"_id": f"m{number}", "msg": f"words {number}", "ts": ts, "u": {"_id": "a", "username": "joao"}, **more}


def have(
    wanted: Wanted, history: list[dict[str, Any]], serving: Reply | None = None
) -> tuple[HistoryRead, list[Request]]:
    """The exchange with a Rocket.Chat that has this history, oldest first."""
    exchange = repair.read(wanted)
    asked: list[Request] = []
    reply: Reply | None = None
    while True:
        try:
            request = exchange.send(reply) if reply is not None else next(exchange)
        except StopIteration as done:
            learned: HistoryRead = done.value
            return learned, asked
        asked.append(request)
        end = request.query.get("end")
        shown = [each for each in history if end is None or each["ts"] < end]
        page = sorted(shown, key=lambda each: each["ts"], reverse=True)[: int(request.query["limit"])]
        reply = Reply(200, msgspec.json.encode({"success": True, "messages": page}))


def texts(read: HistoryRead) -> list[str]:
    return [event.text for event in read.events if isinstance(event, AgentWrote)]


def test_the_sampled_history_tells_three_messages_and_the_close() -> None:
    had = samples.have(repair.read(Wanted(HERE)), samples.answer("rocketchat/answer_history"))
    *words, closed = had.learned.events
    assert [event.item for event in words if isinstance(event, AgentWrote)] == [
        "mAg7RtY4kLp2XwQ9z",
        "mFq2LxV8nTz5RkW3p",
        "mQu8KxT5zQp3LwR6m",
    ]
    assert isinstance(closed, RoomClosed)
    assert (closed.closer, closed.key, closed.by_system) == ("user", "close:r", False)
    assert had.learned.until == max(moment(e.found_by) for e in words if isinstance(e, AgentWrote))


def test_nobodys_words_and_those_of_the_bot_are_left_out() -> None:
    history = [
        item(1),
        item(2, t="uj"),
        item(3, token="t"),
        item(4, u={"_id": "b0t", "username": "bridge.bot"}),
        item(5, blocks=[{"type": "actions"}]),
    ]
    read, _ = have(Wanted(HERE, bot="b0t"), history)
    assert texts(read) == ["words 1"]
    assert read.until == moment(at(5))


def test_it_is_read_back_to_what_is_known_and_no_further() -> None:
    history = [item(number) for number in range(1000)]
    read, asked = have(Wanted(HERE, known_until=moment(at(780))), history)
    assert texts(read) == [f"words {number}" for number in range(1000)][-len(read.events) :]
    assert 220 <= len(read.events) <= 300
    assert len(asked) == 3
    assert read.until == moment(at(999))


def test_messages_that_share_a_moment_with_the_end_of_a_page_are_all_read() -> None:
    history = [item(number, number // 7) for number in range(350)]
    read, _ = have(Wanted(HERE), history)
    assert sorted(texts(read)) == sorted(f"words {number}" for number in range(350))
    assert read.until


@pytest.mark.parametrize("apart", [1, 0])
def test_it_comes_to_an_end_and_says_that_not_all_was_read(apart: int) -> None:
    history = [item(number, number * apart) for number in range(limits.HISTORY_PAGE * (limits.HISTORY_PAGES + 1))]
    read, asked = have(Wanted(HERE), history)
    assert read.until == ""
    assert read.events
    assert len(asked) <= limits.HISTORY_PAGES


def test_an_empty_history_tells_nothing() -> None:
    assert have(Wanted(HERE), [])[0] == HistoryRead("r")


@pytest.mark.parametrize(
    ("entry", "closer", "comment", "by_system"),
    [
        (item(9, t="livechat-close", msg="Bye"), "user", "Bye", False),
        (item(9, t="livechat-close", msg="Closed by visitor", token="t"), "visitor", "", False),
        (item(9, t="livechat-close", u={"_id": "rocket.cat", "username": "rocket.cat"}), "user", "", True),
    ],
)
def test_how_a_room_ended(entry: dict[str, Any], closer: str, comment: str, *, by_system: bool) -> None:
    read, _ = have(Wanted(HERE, asks_agent=True), [item(1), entry])
    words, closed = read.events
    assert isinstance(words, AgentWrote)
    assert isinstance(closed, RoomClosed)
    assert (closed.closer, closed.comment, closed.by_system) == (closer, comment, by_system)
    assert (closed.closed_at, closed.is_whole) == (at(9), True)
    known, _ = have(Wanted(HERE, is_closed=True), [item(1), entry])
    assert len(known.events) == 1


@pytest.mark.parametrize(("name", "taken"), [("answer_agent_info", True), ("refused_invalid_agent", False)])
def test_who_serves_a_room_that_seems_to_wait_is_told_before_their_words(name: str, *, taken: bool) -> None:
    wanted = Wanted(HERE, asks_agent=True)
    read, _ = have(wanted, [item(1)])
    assert repair.may_be_served(wanted, read)
    had = samples.have(repair.served(wanted, read), samples.answer(f"rocketchat/{name}"))
    assert [isinstance(event, RoomTaken) for event in had.learned.events] == ([True, False] if taken else [False])


@pytest.mark.parametrize("asks", [True, False])
def test_a_room_that_is_closed_or_known_to_be_served_is_not_asked_about(*, asks: bool) -> None:
    history = [item(1), item(9, t="livechat-close")] if asks else [item(1)]
    wanted = Wanted(HERE, asks_agent=asks)
    assert not repair.may_be_served(wanted, have(wanted, history)[0])
