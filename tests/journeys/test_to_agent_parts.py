"""One id, several parts: what RapidPro cuts, retries and sends again reaches the agent whole, once, in order."""

from pathlib import Path

import pytest

from channel.core import limits
from channel.sandbox.rapidpro import V9_0, Message, RapidPro
from tests.bridge import NEVER, Bridge, Network, running_bridge

pytestmark = pytest.mark.anyio

#: courier's default, in bytes
CUT = 160
WAITED = 300.0  #: courier's own time to the first retry
LONG = " ".join(f"word{number}" for number in range(80))


async def _rooms_read(bridge: Bridge, *texts: str) -> None:
    await bridge.room_of(*texts)
    await bridge.idle()
    assert [bridge.read(room) for room in bridge.rocketchat.rooms.values()][-1] == texts


#: every way in which courier's cutting is known to be odd
CUTTABLE = {
    "words": LONG,
    "equal parts": "x" * 500,
    "spaces at a cut": ("y" * 150 + " " * 4 + "z" * 6) * 3,
    "two bytes each": "é" * 333,
    "three bytes each": "中文" * 200,
    "four bytes each": "😀 " * 120,
    "right to left": "مرحبا كيف حالك " * 40,
    "stepping over the limit": "a" * 158 + "😀" + "b" * 200,
}


async def test_a_long_text_that_courier_cuts_arrives_whole_and_in_order(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, max_length=CUT) as bridge:
        for contact, text in CUTTABLE.items():
            message = await bridge.rapidpro.send_on(bridge.channel, contact, text)
            assert message.status == "wired", contact
            assert len(message.attempts) == len(message.parts), contact
            # a text without spaces is cut by nobody as long as it has no more than 640 characters
            assert max(map(len, message.parts)) <= 640, contact
            await _rooms_read(bridge, *(part for part in message.parts if part))


async def test_a_part_that_courier_sends_empty_is_answered_and_posts_nothing(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, max_length=CUT) as bridge:
        message = await bridge.rapidpro.send_on(bridge.channel, "ana", "x" * CUT + " ")
        assert message.parts == ("x" * CUT, "")
        assert [attempt.status for attempt in message.attempts] == [200, 200]
        await _rooms_read(bridge, "x" * CUT)
        await bridge.shift_clock(3)
        await bridge.statuses("sent")


async def test_an_empty_first_part_does_not_fail_the_message_behind_it(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, max_length=CUT) as bridge:
        message = await bridge.rapidpro.send_on(bridge.channel, "ana", " " * CUT + "Here I am")
        assert message.parts == ("", "Here I am")
        await _rooms_read(bridge, "Here I am")
        await bridge.shift_clock(3)
        assert await bridge.statuses("sent") == [("sent", message.uuid)]


async def test_a_message_of_nothing_is_answered_posts_nothing_and_fails(bridge: Bridge) -> None:
    answer = await bridge.send("  \n ", id="1")
    assert answer.json() == {"status": "accepted", "id": "1"}
    await bridge.shift_clock(3)
    assert await bridge.statuses("failed") == [("failed", "1")]
    assert bridge.rocketchat.requests == []
    assert [row["reason"] for row in await bridge.query("SELECT reason FROM message")] == ["empty"]


@pytest.mark.parametrize(
    ("refused", "lost"),
    [((2,), ()), ((3,), ()), ((), (2,)), ((), (4,)), ((1,), ()), ((), (1,))],
    ids=["2nd away", "3rd away", "2nd answer lost", "last answer lost", "1st away", "1st answer lost"],
)
async def test_a_message_of_which_a_part_went_wrong_is_sent_again_and_each_part_is_there_once(
    refused: tuple[int, ...], lost: tuple[int, ...], database_url: str, tmp_path: Path
) -> None:
    rapidpro = RapidPro(retry_waits=(0.6, 0.6), transport=Network(refused=refused, lost=lost))
    async with running_bridge(database_url, tmp_path, rapidpro=rapidpro, max_length=CUT) as bridge:
        text = LONG[: CUT * 3 + 60]
        message = await rapidpro.send_on(bridge.channel, "ana", text)
        assert message.status == "errored"
        assert len(message.attempts) == (*refused, *lost)[0]
        await bridge.shift_clock(WAITED)
        # after the last part, *sent* is written over *errored*: there is nothing left to send again
        await rapidpro.until(lambda rp: message.status in {"wired", "sent"} or None)
        assert len(message.parts) == 4
        await _rooms_read(bridge, *message.parts)

        async with bridge.hurrying():
            await rapidpro.until(lambda rp: message.status == "sent" or None)


async def test_a_status_waits_while_another_part_may_come(database_url: str, tmp_path: Path) -> None:
    """RapidPro retries nothing that was reported *sent* meanwhile."""
    async with running_bridge(database_url, tmp_path, max_length=CUT) as bridge:
        await bridge.send("x" * CUT, id="1")
        await bridge.room_of("x" * CUT)
        await bridge.until_rows("SELECT 1 FROM delivery WHERE kind = 'ReportStatus'")
        await bridge.skip(limits.FULL_PART_DELAY - 5)
        await bridge.idle()
        assert bridge.received("sent") == []
        await bridge.skip(5)
        await bridge.statuses("sent")


async def test_what_an_old_courier_lost_after_a_broken_part_is_all_that_is_missing(
    database_url: str, tmp_path: Path
) -> None:
    rapidpro = RapidPro(V9_0, transport=Network(refused=(2,)))
    async with running_bridge(database_url, tmp_path, rapidpro=rapidpro, max_length=CUT) as bridge:
        message = await rapidpro.send_on(bridge.channel, "ana", LONG)
        assert message.status == "wired"
        await _rooms_read(bridge, message.parts[0])


async def test_the_same_words_under_the_same_id_are_one_message_at_once_and_much_later(bridge: Bridge) -> None:
    for text in ("short", "a text of more than fifty bytes, which courier may have cut", LONG):
        answers = [await bridge.send(text, id=text[:9], to=text[:9]) for _ in range(3)]
        for later in (3, 30, 61, 300, 90_000):
            await bridge.idle()
            await bridge.shift_clock(later)
            answers.append(await bridge.send(text, id=text[:9], to=text[:9]))
        assert len({(answer.status_code, answer.content) for answer in answers}) == 1
        assert answers[0].status_code == 200
        await _rooms_read(bridge, text)


async def test_other_words_under_the_same_id_are_answered_and_kept_and_the_first_win(bridge: Bridge) -> None:
    await bridge.send("first", id="1")
    answer = await bridge.send("second", id="1")
    assert answer.json() == {"status": "accepted", "id": "1"}
    await bridge.idle()
    await bridge.shift_clock(500)
    await bridge.send("third", id="1")
    await _rooms_read(bridge, "first")
    kept = await bridge.query("SELECT kind, reason, original FROM event WHERE kind = 'conflict'")
    assert [(row["kind"], row["reason"]) for row in kept] == [("conflict", "conflict")] * 2
    assert all(b"second" not in row["original"] and b"third" not in row["original"] for row in kept)


async def test_the_same_id_to_another_contact_is_another_message(bridge: Bridge) -> None:
    await bridge.send("for Ana's agent", id="1", to="ana")
    await bridge.send("for Bea's agent", id="1", to="bea")
    await bridge.room_of("for Ana's agent")
    await bridge.room_of("for Bea's agent")


async def _all_failed(bridge: Bridge, message: Message) -> None:
    await bridge.until_rows("SELECT 1 FROM delivery WHERE state = 'dead'")
    await bridge.idle()
    await bridge.shift_clock(3)
    await bridge.rapidpro.until(lambda rp: message.status == "failed" or None)


async def test_an_operators_resend_of_a_dead_letter_goes_again_and_is_reported_anew(
    database_url: str, tmp_path: Path
) -> None:
    limit = {"Livechat_enable_message_character_limit": True, "Livechat_message_character_limit": 0}
    async with running_bridge(database_url, tmp_path, settings=limit) as bridge:
        message = await bridge.rapidpro.send_on(bridge.channel, "ana", "Can anybody hear me?")
        await _all_failed(bridge, message)
        assert bridge.read(next(iter(bridge.rocketchat.rooms.values()))) == ()

        bridge.rocketchat.settings["Livechat_enable_message_character_limit"] = False
        await bridge.shift_clock(7200)
        await bridge.rapidpro.resend(message)
        await _rooms_read(bridge, "Can anybody hear me?")
        await bridge.shift_clock(3)
        await bridge.rapidpro.until(lambda rp: message.status == "sent" or None)
        assert await bridge.statuses("failed", "sent") == [("failed", message.uuid), ("sent", message.uuid)]


async def test_an_operators_resend_of_a_message_in_parts_sends_only_the_dead_ones_again(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, max_length=CUT) as bridge:
        bridge.rocketchat.faults.rest(NEVER, at="POST livechat/message", times=2)
        message = await bridge.rapidpro.send_on(bridge.channel, "ana", LONG[: CUT * 2 + 40])
        one, two, three = message.parts
        await bridge.room_of(three)
        await _all_failed(bridge, message)
        assert await bridge.statuses("failed")

        await bridge.shift_clock(7200)
        await bridge.rapidpro.resend(message)
        await _rooms_read(bridge, three, one, two)
        await bridge.shift_clock(3)
        await bridge.statuses("failed", "sent")
        ids = [r.body["_id"] for r in bridge.asked("POST livechat/message")]
        assert len(set(ids)) == 3
