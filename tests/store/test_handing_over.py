"""Hand-offs asked for more than once, for more than one department, and how RapidPro hears of them. Real Postgres."""

import pytest

from channel.core.addresses import ByRoom
from channel.core.answers import Outcome
from channel.core.events import RoomClosed
from channel.core.limits import BARE_REPEAT
from channel.core.owed import RegisterVisitor, ReportStatus, Status
from tests.store.driving import ANA, JOAO, Driver
from tests.store.premises import Premises


@pytest.mark.parametrize("ends", ["closed", "closed twice", "rehomed"])
async def test_a_late_repeat_of_a_call_opens_nothing(premises: Premises, ends: str) -> None:
    driver = Driver(premises)
    call = driver.asks(words="Hello", key="K")
    assert await driver.answer(call) is Outcome.QUEUED
    await driver.run()
    if ends == "rehomed":
        await driver.answer(driver.says("More"))
    await premises.handle(driver.shuts("r1"))
    if ends == "closed twice":
        await driver.answer(driver.asks(words="Later", key="L"))
    await driver.run()
    for room in driver.open_rooms():
        await premises.handle(driver.shuts(room))
    before = driver.words()
    for _ in range(2):
        assert await driver.answer(call) is Outcome.QUEUED
        await driver.run()
        await premises.later(3600)
    assert (driver.words(), driver.open_rooms(), await driver.waiting()) == (before, [], [])
    assert await driver.standing() == ("closed", None)


async def test_a_flow_that_repeats_a_call_after_the_close_has_not_heard_of_it(premises: Premises) -> None:
    driver = Driver(premises)
    call = driver.asks(words="Hello", key="K")
    await driver.answer(call)
    await driver.run()
    await premises.handle(driver.shuts("r1"))
    answers = [await driver.answer(each) for each in (call, driver.says("More"), driver.says("Again"))]
    assert answers == [Outcome.QUEUED, Outcome.CLOSED, Outcome.ACCEPTED]


@pytest.mark.parametrize("first_words", ["", "two"])
async def test_the_room_is_for_the_department_asked_last_though_another_registration_is_under_way(
    premises: Premises, first_words: str
) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(department="B", words="one"))
    await driver.run()
    await driver.answer(driver.closes())
    await driver.run()
    await premises.later(200)
    await driver.answer(driver.asks(department="A"))
    registering = await driver.until(RegisterVisitor)
    await driver.answer(driver.closes())
    await driver.answer(driver.asks(department="B", words=first_words))
    await driver.ends(registering)
    await driver.run()
    told = [each.department for each in driver.made if isinstance(each, RegisterVisitor)]
    assert told == ["B", "A", "B"]
    assert {name: room.department for name, room in driver.rooms.items()} == {"r1": "B", "r2": "B"}
    assert driver.words()["r2"] == ([first_words] if first_words else [])


async def test_a_visitor_who_is_known_so_already_is_not_registered_again(premises: Premises) -> None:
    driver = Driver(premises)
    for words in ("one", "two"):
        await driver.answer(driver.asks(department="B", words=words))
        await driver.run()
        await driver.answer(driver.closes())
        await driver.run()
        await premises.later(200)
    assert len(driver.departments) == 1
    assert driver.kinds(RegisterVisitor) == ["RegisterVisitor"]


async def test_a_bare_session_that_says_taken_reports_the_words_delivered(premises: Premises) -> None:
    driver = Driver(premises)
    await premises.handle(premises.wrote("Hello", "1", ANA))
    await driver.run()
    status = "SELECT status FROM message WHERE author = 'contact'"
    assert await premises.column(status) == ["sent"]
    bare = RoomClosed(
        ByRoom(premises.workspace, "r1", None, from_rocketchat=False), "", "bare:1", b"raw", or_taken=JOAO
    )
    for _ in range(2):
        await premises.handle(bare)
        await driver.run()
    assert await premises.column(status) == ["delivered"]
    assert await driver.standing() == ("served", "r1")
    assert driver.told == ["You are now being attended by: João"]
    await premises.later(60)
    await driver.run()
    assert [each.status for each in driver.made if isinstance(each, ReportStatus)] == [Status.DELIVERED]
    await premises.later(BARE_REPEAT)
    await premises.handle(bare)
    assert await driver.standing() == ("closed", None)
