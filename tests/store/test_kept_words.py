"""Words that came soon after a close wait for the next room, and are in it in order. Real Postgres."""

import pytest

from channel.core.answers import Outcome
from channel.core.context import KEPT_WORDS
from channel.core.errors import RoomGone
from channel.core.events import Event
from channel.core.limits import GRACE
from channel.core.owed import PostToRoom
from tests.store.driving import ANA, Driver
from tests.store.premises import Premises, broke


async def kept(premises: Premises) -> list[str]:
    return await premises.column("SELECT texts[1] FROM message WHERE reason = 'kept' ORDER BY created_at")


async def statuses(premises: Premises) -> dict[str, str | None]:
    return dict(await premises.rows("SELECT texts[1], status FROM message WHERE author = 'contact'"))


async def in_room(driver: Driver) -> None:
    """Ana has r1, and "Hello" is in it."""
    await driver.premises.handle(driver.premises.wrote("Hello", "hello", ANA))
    await driver.run()


@pytest.mark.parametrize("taken", [False, True])
async def test_what_was_accepted_before_the_close_opens_a_room_for_what_was_kept_too(
    premises: Premises, *, taken: bool
) -> None:
    driver = Driver(premises)
    await in_room(driver)
    if taken:
        await premises.handle(driver.takes("r1"))
    await premises.handle(premises.wrote("W1", "1", ANA))
    await premises.handle(driver.shuts("r1"))
    for words in ("W2", "W3"):
        await premises.handle(premises.wrote(words, words, ANA))
    assert await kept(premises) == ["W2", "W3"]
    await driver.run()
    await premises.handle(premises.wrote("W4", "4", ANA))
    await driver.run()
    assert driver.words() == {"r1": ["Hello"], "r2": ["W1", "W2", "W3", "W4"]}
    assert await kept(premises) == []
    assert await driver.standing() == ("queued", "r2")


async def test_words_kept_in_the_commit_that_learns_of_the_lost_room_are_in_the_next(premises: Premises) -> None:
    driver = Driver(premises)
    await in_room(driver)
    await premises.handle(premises.wrote("W1", "1", ANA))
    post = await driver.until(PostToRoom)
    events: list[Event] = [
        driver.shuts("r1"),
        premises.wrote("W2", "2", ANA),
        broke(post, RoomGone("room-closed", "closed")),
    ]
    await premises.handle(*events, keeping=False)
    await driver.run()
    assert driver.words() == {"r1": ["Hello"], "r2": ["W1", "W2"]}


async def test_words_kept_in_one_commit_stay_in_order(premises: Premises) -> None:
    driver = Driver(premises)
    await in_room(driver)
    await premises.handle(driver.shuts("r1"))
    # neither by their ids nor by their keys would they be in this order
    texts = ["first", "second", "third", "fourth"]
    ids = ["9", "10", "2", "1"]
    await premises.handle(*(premises.wrote(words, id, ANA) for words, id in zip(texts, ids, strict=True)))
    await premises.later(GRACE)
    await premises.handle(premises.wrote("now", "11", ANA))
    await driver.run()
    assert driver.words()["r2"] == [KEPT_WORDS, *texts, "now"]


async def test_words_kept_behind_a_close_of_the_flows_are_for_the_next_hand_off(premises: Premises) -> None:
    """The room that opens for words from before the close is closed behind those."""
    driver = Driver(premises)
    await in_room(driver)
    await premises.handle(premises.wrote("Before", "1", ANA))
    await driver.answer(driver.closes())
    await premises.handle(premises.wrote("Kept", "2", ANA))
    driver.shuts("r1")
    await driver.run()
    assert (driver.words()["r2"], driver.open_rooms()) == (["Before"], [])
    assert await kept(premises) == ["Kept"]
    assert (await statuses(premises))["Kept"] is None
    await premises.later(GRACE)
    assert await driver.answer(driver.asks(words="Again")) is Outcome.QUEUED
    await driver.run()
    assert driver.words()["r3"] == [KEPT_WORDS, "Kept", "Again"]


async def test_words_kept_for_a_flow_are_posted_once_whoever_asks_again(premises: Premises) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(words="Hello"))
    await driver.run()
    await premises.handle(driver.shuts("r1"))
    assert await driver.answer(driver.says("Unheard")) is Outcome.CLOSED
    assert await driver.answer(driver.says("Unheard")) is Outcome.CLOSED
    assert await driver.answer(driver.says("Heard")) is Outcome.ACCEPTED
    assert await driver.answer(driver.says("Unheard")) is Outcome.ACCEPTED
    await driver.run()
    assert driver.words()["r2"] == [KEPT_WORDS, "Unheard", "Heard"]


async def test_a_dead_letter_that_goes_again_brings_what_was_kept_along(premises: Premises) -> None:
    driver = Driver(premises)
    await in_room(driver)
    await premises.handle(premises.wrote("Dead", "1", ANA))
    await premises.handle(driver.shuts("r1"))
    await premises.handle(premises.wrote("Kept", "2", ANA))
    await premises.pool.execute("UPDATE delivery SET state = 'dead', reason = 'x' WHERE body ->> 'text' = 'Dead'")
    await premises.handle(premises.wrote("Dead", "1", ANA))
    await driver.run()
    assert driver.words()["r2"] == ["Dead", "Kept"]
    assert set((await statuses(premises)).values()) == {"sent"}
