"""Closes that race with words, with other closes and with the next hand-off. Real Postgres."""

import pytest

from channel.core.addresses import ByRoom
from channel.core.answers import Outcome
from channel.core.errors import Refused
from channel.core.events import AgentWrote, Event, Timer
from channel.core.learned import Posted
from channel.core.notices import Notice
from channel.core.owed import CloseRoom, OpenRoom, PostToRoom, RateRoom, RegisterVisitor
from tests.store.driving import ANA, JOAO, Driver
from tests.store.premises import Premises, arrived

REFUSED = Refused("not_allowed", "visitors may not close")


async def served(driver: Driver, words: str = "Hello") -> None:
    """João has Ana's room, r1."""
    await driver.answer(driver.asks(words=words))
    await driver.run()
    await driver.premises.handle(driver.takes("r1"))
    await driver.run()


async def test_who_registers_and_closes_twice_while_the_first_close_waits_can_go_on(premises: Premises) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(words="Hello"))
    await driver.run()
    answers = [await driver.answer(each) for each in (driver.closes(), driver.asks(words="Again"), driver.closes())]
    assert answers == [Outcome.CLOSING, Outcome.QUEUED, Outcome.CLOSING]
    await driver.run()
    assert (await driver.standing(), driver.open_rooms(), await driver.waiting()) == (("closed", None), [], [])
    assert await driver.answer(driver.closes()) is Outcome.NOT_OPEN
    assert await driver.answer(driver.asks(words="Third")) is Outcome.QUEUED
    await driver.run()
    await premises.handle(driver.takes("r2"))
    await driver.run()
    assert driver.words() == {"r1": ["Hello"], "r2": ["Third"]}
    await premises.handle(driver.shuts("r2"))
    await driver.run()
    assert await driver.standing() == ("closed", None)
    assert (await driver.ours())[-2:] == [Notice.TAKEN, Notice.CLOSED]
    assert len(driver.told) == 2


async def test_an_agent_who_closes_the_room_before_leaves_the_hand_off_that_has_begun_to_itself(
    premises: Premises,
) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(words="Hello"))
    await driver.run()
    for event in (driver.closes(), driver.asks(words="Again")):
        await driver.answer(event)
    await premises.handle(driver.shuts("r1"))
    assert await driver.answer(driver.closes()) is Outcome.CLOSING
    await driver.run()
    assert (await driver.standing(), driver.open_rooms(), await driver.waiting()) == (("closed", None), [], [])
    assert driver.words() == {"r1": ["Hello"]}


@pytest.mark.parametrize("news", ["webhook last", "webhook first", "no webhook"])
async def test_a_close_of_the_flows_holds_for_the_room_to_which_the_words_before_it_go(
    premises: Premises, news: str
) -> None:
    driver = Driver(premises)
    await driver.options(start_flow="5a8c8e1e-0d0c-4d5e-9a44-2c0a3b1c7d10")
    await served(driver)
    await driver.answer(driver.says("Before"))
    assert await driver.answer(driver.closes()) is Outcome.CLOSING
    shut = driver.shuts("r1")
    if news == "webhook first":
        await premises.handle(shut)
    await driver.run()
    if news == "webhook last":
        await premises.handle(shut)
        await driver.run()
    assert driver.words() == {"r1": ["Hello"], "r2": ["Before"]}
    assert (await driver.standing(), driver.open_rooms(), await driver.waiting()) == (("closed", None), [], [])
    assert (await driver.ours()).count("flow") == 1
    assert Notice.CLOSED not in await driver.ours()


async def test_a_close_of_the_flows_holds_for_the_room_into_which_rocketchat_puts_the_words(premises: Premises) -> None:
    driver = Driver(premises)
    await served(driver)
    await driver.answer(driver.says("Before"))
    post = await driver.until(PostToRoom)
    await driver.answer(driver.closes())
    driver.shuts("r1")
    moved = driver.move("r1", "Before")
    await premises.handle(arrived(post, Posted(moved)), keeping=False)
    await driver.run()
    assert driver.words() == {"r1": ["Hello"], "r2": ["Before"]}
    assert (await driver.standing(), driver.open_rooms(), await driver.waiting()) == (("closed", None), [], [])


async def test_a_close_of_the_flows_that_meets_a_closed_room_ends_it_once(premises: Premises) -> None:
    driver = Driver(premises)
    await driver.options(start_flow="5a8c8e1e-0d0c-4d5e-9a44-2c0a3b1c7d10")
    await served(driver)
    await driver.answer(driver.closes())
    await premises.handle(driver.shuts("r1"))
    assert await driver.standing() == ("closed", None)
    await driver.run()
    assert (await driver.ours()).count("flow") == 1


@pytest.mark.parametrize("post_first", [False, True])
async def test_an_agents_closing_comment_is_told_once_whatever_is_heard_first(
    premises: Premises, *, post_first: bool
) -> None:
    driver = Driver(premises)
    await driver.options(closing_comment=True)
    await served(driver)
    await premises.handle(premises.wrote("Thanks", to=ANA))
    shut = driver.shuts("r1", "Your card works again.")
    if post_first:
        await driver.run()
    for _ in range(2):
        await premises.handle(shut)
        await driver.run()
    assert [text.startswith("Your card works again.") for text in driver.told] == [False, True]
    assert driver.words() == {"r1": ["Hello"], "r2": ["Thanks"]}


async def test_a_close_that_rocketchat_refuses_leaves_the_room_open_for_what_was_kept(premises: Premises) -> None:
    driver = Driver(premises, refusing={CloseRoom: REFUSED})
    await served(driver)
    await driver.answer(driver.closes())
    for n, words in enumerate(("Kept one", "Kept two")):
        await premises.handle(premises.wrote(words, str(n), ANA))
    await driver.run()
    assert await driver.standing() == ("served", "r1")
    await premises.handle(premises.wrote("After", "after", ANA))
    await driver.run()
    assert driver.words() == {"r1": ["Hello", "Kept one", "Kept two", "After"]}
    assert await premises.column("SELECT DISTINCT status FROM message WHERE key LIKE 'send:%'") == ["delivered"]


async def test_a_hand_off_that_begins_while_a_close_is_refused_has_the_room_that_is_open(premises: Premises) -> None:
    driver = Driver(premises, refusing={CloseRoom: REFUSED})
    await served(driver)
    await driver.answer(driver.closes())
    await driver.answer(driver.asks(words="Again"))
    await driver.run()
    assert driver.words() == {"r1": ["Hello", "Again"]}
    driver.refusing.clear()
    assert await driver.answer(driver.closes()) is Outcome.CLOSING
    await driver.run()
    assert (await driver.standing(), driver.open_rooms()) == (("closed", None), [])


@pytest.mark.parametrize("together", [False, True], ids=["each by itself", "in one commit"])
async def test_who_leaves_the_queue_takes_no_close_and_no_rating_of_another_room_along(
    premises: Premises, *, together: bool
) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(words="Hello"))
    opening = await driver.until(OpenRoom)
    await driver.answer(driver.closes())
    events: list[Event] = [driver.outcome(opening), driver.asks(), driver.rates(), driver.closes()]
    for batch in [events] if together else [[event] for event in events]:
        await premises.handle(*batch, keeping=False)
    await driver.run()
    assert (await driver.standing(), driver.open_rooms(), await driver.waiting()) == (("closed", None), [], [])
    assert driver.kinds(CloseRoom) == ["CloseRoom"]


@pytest.mark.parametrize("together", [False, True], ids=["each by itself", "in one commit"])
async def test_a_rating_of_the_chat_before_is_made_though_the_contact_leaves_the_queue(
    premises: Premises, *, together: bool
) -> None:
    driver = Driver(premises)
    await served(driver)
    await premises.handle(driver.shuts("r1"))
    await premises.later(1)
    events: list[Event] = [driver.asks(), driver.rates(), driver.closes()]
    for batch in [events] if together else [[event] for event in events]:
        await premises.handle(*batch)
    await driver.run()
    assert driver.kinds(RateRoom) == ["RateRoom"]
    assert driver.made.count(RateRoom("r1", (("satisfaction", "5"),))) == 1


async def test_who_takes_a_room_that_we_close_is_announced_only_if_it_stays_open(premises: Premises) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(words="Hello"))
    await driver.run()
    await driver.answer(driver.closes())
    closing = await driver.until(CloseRoom)
    await premises.handle(driver.takes("r1"))
    await driver.run()
    assert driver.told == []
    driver.refusing[CloseRoom] = REFUSED
    await driver.ends(closing)
    here = ByRoom(premises.workspace, "r1", None)
    await premises.handle(driver.mentioned("r1", "m1"), AgentWrote(here, "m1", "Hi", b"raw", JOAO))
    await driver.run()
    assert driver.told == ["You are now being attended by: João", "Hi"]


async def test_who_took_a_room_that_is_closed_behind_it_is_not_announced(premises: Premises) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(words="Hello"))
    await driver.run()
    await driver.answer(driver.closes())
    await premises.handle(driver.takes("r1"))
    await driver.run()
    assert (driver.told, await driver.standing()) == ([], ("closed", None))


async def test_words_under_way_when_the_next_hand_off_is_left_open_no_room(premises: Premises) -> None:
    """They were failed with it: nobody is to wait in a queue for words of which RapidPro knows that they did not go."""
    driver = Driver(premises)
    await served(driver)
    await premises.handle(premises.wrote("Before", to=ANA))
    post = await driver.until(PostToRoom)
    await premises.handle(driver.shuts("r1"))
    for event in (driver.asks(), driver.closes()):
        await driver.answer(event)
    await driver.ends(post)
    await driver.run()
    assert (driver.open_rooms(), await driver.waiting()) == ([], [])


async def test_no_time_is_waited_for_once_it_is_over(premises: Premises) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(words="Hello"))
    woke = await driver.wake(Timer.STILL_WAITING)
    await driver.answer(driver.closes())
    decision = await premises.decide(woke)
    assert decision is not None
    assert decision.reason == "needless"
    assert driver.kinds(RegisterVisitor) == []
