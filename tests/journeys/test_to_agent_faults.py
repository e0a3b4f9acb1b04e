"""Whatever goes wrong on the way to Rocket.Chat, whichever release it is: every message is there once, in order."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from channel.sandbox.rocketchat import PROFILES, Answers, Drops, Garbles, RocketChat
from channel.sandbox.rocketchat.faults import RestFault
from tests.bridge import Bridge, running_bridge

pytestmark = pytest.mark.anyio

VISITOR, ROOM, MESSAGE = "POST livechat/visitor", "GET livechat/room", "POST livechat/message"
CONFIRM = "GET livechat/message/*"
PAGE = Answers(200, "<html>We will be back soon</html>", "text/html")
E11000 = '{"success":false,"error":"E11000 duplicate key error collection: meteor.rocketchat_message dup key"}'
NOT_THERE = '{"success":false,"error":"invalid-message"}'
TROUBLES: dict[str, tuple[RestFault, ...]] = {
    "lost answers": (Drops(worked=True), Drops(worked=True)),
    "lost requests": (Drops(), Drops()),
    "500": (Answers(500, '{"success":false,"error":"Internal server error"}'), Answers(500, "", worked=True)),
    "a proxy's page": (Answers(502, "<html>Bad gateway</html>", "text/html"), PAGE),
    "a page after the work": (Answers(200, PAGE.body, "text/html", worked=True), Answers(504, "", worked=True)),
    "half an answer": (Garbles(), Garbles()),
    "nonsense": (Answers(200, "[]"), Answers(200, '{"success":true}'), Answers(200, "null", worked=True)),
}


def _total(rocketchat: RocketChat) -> Counter[str]:
    return Counter(m.text for m in rocketchat.messages.values() if m.token and not m.kind)


@pytest.mark.parametrize("release", PROFILES)
async def test_each_message_is_there_once_after_every_trouble_at_every_step(
    release: str, database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, profile=PROFILES[release]) as bridge, bridge.hurrying():
        for name, troubles in TROUBLES.items():
            for step in (VISITOR, ROOM, MESSAGE):
                for trouble in troubles:
                    bridge.rocketchat.faults.rest(trouble, at=step)
            texts = (f"{name}: one", f"{name}: two")
            for text in texts:
                await bridge.send(text, id=text, to=name)
            await bridge.room_of(*texts)
            # a room whose webhook came meanwhile is not asked for again
            met = {f"{r.method} {r.path.removeprefix('/api/v1/')}" for r in bridge.rocketchat.requests if r.fault}
            assert met == {VISITOR, ROOM, MESSAGE}, name
            bridge.rocketchat.requests.clear()
            bridge.rocketchat.faults.clear()
        await bridge.idle()
        assert set(_total(bridge.rocketchat).values()) == {1}
        assert len(bridge.rocketchat.rooms) == len(bridge.rocketchat.visitors) == len(TROUBLES)
        assert not await bridge.query("SELECT 1 FROM delivery WHERE state = 'dead'")


@pytest.mark.parametrize("release", PROFILES)
async def test_a_second_post_under_one_id_is_recognised_by_what_this_release_answers(
    release: str, database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, profile=PROFILES[release]) as bridge, bridge.hurrying():
        await bridge.send("before", id="1")
        await bridge.room_of("before")
        faults = bridge.rocketchat.faults
        # the answer is lost, and who is asked does not know of the message yet: it is posted again
        faults.rest(Drops(worked=True), at=MESSAGE)
        faults.rest(Answers(400, NOT_THERE), at=CONFIRM)
        await bridge.send("twice", id="2")
        # the loser of a race
        await bridge.room_of("before", "twice")
        await bridge.idle()
        faults.rest(Answers(400, E11000, worked=True), at=MESSAGE)
        await bridge.send("raced", id="3")
        await bridge.send("after", id="4")
        await bridge.room_of("before", "twice", "raced", "after")
        await bridge.idle()
        posts = Counter(request.body["msg"] for request in bridge.asked(MESSAGE))
        assert posts == {"before": 1, "twice": 2, "raced": 1, "after": 1}
        assert set(_total(bridge.rocketchat).values()) == {1}
        assert not await bridge.query("SELECT 1 FROM delivery WHERE state <> 'done' AND kind <> 'ReportStatus'")


async def test_words_that_may_have_arrived_in_a_room_that_closed_meanwhile_are_not_posted_again(
    bridge: Bridge,
) -> None:
    await bridge.send("one", id="1")
    room = await bridge.room_of("one")
    bridge.rocketchat.faults.rest(Drops(worked=True), at=MESSAGE)
    await bridge.send("two", id="2")
    await bridge.rocketchat.until(lambda rc: bridge.read(room) == ("one", "two"))
    bridge.rocketchat.close_quietly(room.id)
    async with bridge.hurrying():
        await bridge.until_rows("SELECT 1 FROM message WHERE external_id = '2' AND status IS NOT NULL")
        await bridge.send("three", id="3")
        await bridge.room_of("three")
    assert bridge.read(room) == ("one", "two")
    assert _total(bridge.rocketchat) == {"one": 1, "two": 1, "three": 1}


def _sprinkled(bridge: Bridge, dice: random.Random, posts: int) -> None:
    """Plan about a fault for every other post, and some for what asks."""
    troubles: list[RestFault] = [Drops(), Drops(worked=True), Answers(500), Answers(503, worked=True), Garbles(), PAGE]
    for _ in range(posts):
        trouble = dice.choice(troubles)
        bridge.rocketchat.faults.rest(trouble, at=dice.choice([MESSAGE, MESSAGE, MESSAGE, CONFIRM, ROOM, VISITOR]))


async def test_thirty_messages_of_one_contact_arrive_once_and_in_order_among_faults(bridge: Bridge) -> None:
    seed = random.randrange(10**6)  # noqa: S311
    print("seed", seed)
    dice = random.Random(seed)  # noqa: S311
    _sprinkled(bridge, dice, 15)
    texts = [f"message {number}" for number in range(30)]
    async with bridge.hurrying():
        for number, text in enumerate(texts):
            await bridge.send(text, id=str(number))
            if dice.random() < 0.2:
                _sprinkled(bridge, dice, 1)
        await bridge.room_of(*texts)
    assert len(bridge.rocketchat.rooms) == 1
    assert set(_total(bridge.rocketchat).values()) == {1}


async def test_twenty_contacts_at_once_have_a_room_each_and_their_words_in_order(bridge: Bridge) -> None:
    seed = random.randrange(10**6)  # noqa: S311
    print("seed", seed)
    _sprinkled(bridge, random.Random(seed), 20)  # noqa: S311

    async def write(contact: str) -> None:
        for number in range(5):
            answer = await bridge.send(f"{contact} {number}", id=f"{contact} {number}", to=contact)
            assert answer.status_code == 200

    contacts = [f"contact {number}" for number in range(20)]
    wanted = sorted(tuple(f"{contact} {number}" for number in range(5)) for contact in contacts)
    async with bridge.hurrying():
        await asyncio.gather(*map(write, contacts))
        await bridge.rocketchat.until(
            lambda rc: sorted(bridge.read(room) for room in rc.rooms.values()) == wanted, timeout=30
        )
    assert len(bridge.rocketchat.visitors) == 20


async def test_two_replicas_on_one_database_open_one_room_a_contact_and_double_nothing(bridge: Bridge) -> None:
    seed = random.randrange(10**6)  # noqa: S311
    print("seed", seed)
    dice = random.Random(seed)  # noqa: S311
    _sprinkled(bridge, dice, 20)
    authorization = {"Authorization": bridge.connected["channel"]["send_authorization"]}
    path = bridge.connected["channel"]["send_url"].removeprefix(bridge.url)
    async with bridge.replica() as other_url, bridge.hurrying():

        async def write(contact: str) -> None:
            for number in range(5):
                form = {"id": f"{contact} {number}", "text": f"{contact} {number}", "to": contact}
                # a repeat at the other replica, at the same time
                answers = await asyncio.gather(
                    *(
                        bridge.http.post(url + path, data=form, headers=authorization)
                        for url in dice.sample([bridge.url, other_url], k=2)
                    )
                )
                assert [answer.status_code for answer in answers] == [200, 200]

        contacts = [f"contact {number}" for number in range(10)]
        wanted = sorted(tuple(f"{contact} {number}" for number in range(5)) for contact in contacts)
        await asyncio.gather(*map(write, contacts))
        await bridge.rocketchat.until(
            lambda rc: sorted(bridge.read(room) for room in rc.rooms.values()) == wanted, timeout=30
        )
    assert len(bridge.rocketchat.visitors) == 10
    assert len(await bridge.query("SELECT 1 FROM message")) == 50
