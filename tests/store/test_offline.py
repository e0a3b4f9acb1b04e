"""Nobody came, or Rocket.Chat opens no room: what becomes of the words. Real Postgres."""

import pytest

from channel.core.addresses import ByConversation
from channel.core.errors import Refused, Waiting
from channel.core.events import Event, Timer, Woke
from channel.core.notices import Notice
from channel.core.owed import CloseRoom, LeaveOffline, OpenRoom, PostToRoom, RegisterVisitor
from channel.store import listings
from tests.store.driving import ANA, Driver
from tests.store.premises import Premises, broke

EMAIL = "help@example.org"
FLOW = "5a8c8e1e-0d0c-4d5e-9a44-2c0a3b1c7d10"
NOBODY = Waiting("no_agents", "nobody is there", seconds=15)
BLOCKED = Refused("error-contact-channel-blocked", "blocked")


async def messages(premises: Premises) -> list[tuple[str, str | None, str | None]]:
    """What contacts wrote, what RapidPro is told of it, and why it went no further."""
    return [
        (text, status, reason)
        for text, status, reason in await premises.rows(
            "SELECT texts[1], status, reason FROM message WHERE author = 'contact' ORDER BY created_at, key"
        )
    ]


async def over(driver: Driver) -> None:
    """Nothing is open anywhere, and nothing is owed to Rocket.Chat."""
    await driver.run()
    await driver.premises.later(3600)
    await driver.run()
    assert (await driver.standing(), driver.open_rooms(), await driver.waiting()) == (("closed", None), [], [])
    assert (await driver.ours()).count(Notice.GAVE_UP) == 1


@pytest.mark.parametrize("together", [False, True], ids=["each by itself", "in one commit"])
@pytest.mark.parametrize("opens", [True, False])
@pytest.mark.parametrize("email", [EMAIL, ""])
async def test_the_longest_wait_ends_while_a_room_is_being_opened(
    premises: Premises, *, together: bool, opens: bool, email: str
) -> None:
    """Whatever comes of the attempt, no room stays, and the words have their last place once."""
    driver = Driver(premises)
    await driver.options(offline_email=email, max_wait_minutes=1)
    await driver.answer(driver.says("Help me"))
    (begun,) = await premises.column("SELECT id FROM conversation")
    await premises.later(61)
    opening = await driver.until(OpenRoom)
    end = driver.outcome(opening) if opens else broke(opening, NOBODY)
    events: list[Event] = [Woke(ByConversation(begun), Timer.MAX_WAIT), end]
    for batch in [events] if together else [[event] for event in events]:
        await premises.handle(*batch, keeping=False)
    await over(driver)
    offline = [each for each in driver.made if isinstance(each, LeaveOffline)]
    assert offline == ([LeaveOffline("Help me", EMAIL)] if email else [])
    assert driver.words() == ({"r1": []} if opens else {})
    assert driver.kinds(CloseRoom) == (["CloseRoom"] if opens else [])
    assert await messages(premises) == [
        ("Help me", "sent", "offline") if email else ("Help me", "failed", "max_wait"),
    ]


async def test_a_room_that_opens_in_the_commit_before_the_longest_wait_ends_has_the_words(premises: Premises) -> None:
    driver = Driver(premises)
    await driver.options(offline_email=EMAIL, max_wait_minutes=1)
    await driver.answer(driver.says("Help me"))
    (begun,) = await premises.column("SELECT id FROM conversation")
    await premises.later(61)
    opening = await driver.until(OpenRoom)
    await premises.handle(driver.outcome(opening), Woke(ByConversation(begun), Timer.MAX_WAIT), keeping=False)
    await over(driver)
    assert driver.words() == {"r1": ["Help me"]}
    assert driver.kinds(LeaveOffline) == []


async def given_up(driver: Driver) -> None:
    """Ana has waited in vain, and no room was ever opened for her."""
    await driver.premises.handle(driver.premises.wrote("Help me", "help", ANA))
    driver.refusing[OpenRoom] = NOBODY
    await driver.run()
    await driver.premises.handle(await driver.wake(Timer.MAX_WAIT))
    await driver.run()
    del driver.refusing[OpenRoom]


async def test_an_offline_message_that_is_dead_goes_again_as_one_when_its_words_are_sent_again(
    premises: Premises,
) -> None:
    driver = Driver(premises, refusing={LeaveOffline: Refused("x", "no")})
    await driver.options(offline_email=EMAIL, max_wait_minutes=1)
    await given_up(driver)
    assert await messages(premises) == [("Help me", "failed", "x")]
    driver.refusing.clear()
    await premises.later(3600)
    await premises.handle(premises.wrote("Help me", "help", ANA))
    await over(driver)
    assert (driver.rooms, driver.kinds(LeaveOffline)) == ({}, ["LeaveOffline"])
    assert [(text, status) for text, status, _ in await messages(premises)] == [("Help me", "sent")]


async def test_an_offline_message_that_is_left_is_not_left_again_when_its_words_are_sent_again(
    premises: Premises,
) -> None:
    driver = Driver(premises)
    await driver.options(offline_email=EMAIL, max_wait_minutes=1)
    await given_up(driver)
    await premises.later(3600)
    await premises.handle(premises.wrote("Help me", "help", ANA))
    await over(driver)
    assert (driver.rooms, driver.kinds(LeaveOffline)) == ({}, ["LeaveOffline"])


async def test_words_that_nobody_came_for_are_dead_letters_that_a_replay_brings(premises: Premises) -> None:
    driver = Driver(premises)
    await driver.options(max_wait_minutes=1)
    await given_up(driver)
    assert await messages(premises) == [("Help me", "failed", "max_wait")]
    assert [(row["lane"], row["dead"]) for row in await listings.backlog(premises.url) if row["dead"]] == [
        ("to_agent", 1)
    ]
    await premises.later(3600)
    assert await listings.replay(premises.url, "help") == 1
    await driver.run()
    assert driver.words() == {"r1": ["Help me"]}
    assert await driver.standing() == ("queued", "r1")
    assert await messages(premises) == [("Help me", "sent", None)]


@pytest.mark.parametrize("how", ["max_wait", "flow"])
async def test_words_that_are_given_up_in_the_commit_in_which_they_came_are_there_to_be_replayed(
    premises: Premises, how: str
) -> None:
    driver = Driver(premises)
    await driver.options(max_wait_minutes=1)
    await driver.answer(driver.asks())
    woke = await driver.wake(Timer.MAX_WAIT)
    ends: Event = woke if how == "max_wait" else driver.closes()
    await premises.handle(premises.wrote("Help me", "help", ANA), ends)
    await driver.run()
    assert driver.words() == {}
    assert await messages(premises) == [("Help me", "failed", how)]
    await premises.handle(premises.wrote("Help me", "help", ANA))
    await driver.run()
    assert driver.words() == {"r1": ["Help me"]}


@pytest.mark.parametrize("refused", [OpenRoom, RegisterVisitor])
async def test_a_hand_off_that_rocketchat_refuses_for_good_is_told_of_once(
    premises: Premises, refused: type[OpenRoom | RegisterVisitor]
) -> None:
    driver = Driver(premises, refusing={refused: BLOCKED})
    await driver.options(start_flow=FLOW, leave_group=FLOW)
    for words in ("W0", "W1", "W2"):
        await driver.answer(driver.says(words, department="Sales"))
    await over(driver)
    assert sorted(await driver.ours()) == ["flow", "gave_up", "leave_group"]
    assert {(status, reason) for _, status, reason in await messages(premises)} == {("failed", BLOCKED.code)}
    assert driver.rooms == {}


async def test_words_behind_a_final_refusal_stay_for_the_department_they_were_for(premises: Premises) -> None:
    """The first ones take the refusal; what was behind them asks once more, in their hand-off."""
    driver = Driver(premises)
    for words in ("W0", "W1", "W2"):
        await driver.answer(driver.says(words, department="Sales"))
    opening = await driver.until(OpenRoom)
    await premises.handle(broke(opening, BLOCKED), keeping=False)
    await driver.run()
    assert {room.department for room in driver.rooms.values()} == {"Sales"}
    assert driver.words() == {"r1": ["W1", "W2"]}
    assert await premises.column("SELECT handoff ->> 'department' FROM conversation") == ["Sales"]
    posts = "SELECT DISTINCT d.state FROM delivery d WHERE d.kind = $1 ORDER BY 1"
    assert await premises.column(posts, PostToRoom.__name__) == ["dead", "done"]
