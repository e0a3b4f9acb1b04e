"""The contact's visitor and rooms in Rocket.Chat: each made once, and another room where one is gone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from channel.sandbox.rocketchat import Holds, Room
from tests.bridge import Bridge, running_bridge

pytestmark = pytest.mark.anyio

AGENT = "joao.agent"


async def _send(bridge: Bridge, *texts: str, to: str = "ana") -> None:
    """Back to back; the id of each is the text."""
    for text in texts:
        answer = await bridge.send(text, id=text, to=to)
        assert answer.status_code == 200


async def _rooms_read(bridge: Bridge, *rooms: tuple[str, ...]) -> list[Room]:
    """The rooms, once the visitor's words in them are these and nothing is under way any more."""
    for texts in rooms:
        await bridge.room_of(*texts)
    await bridge.idle()
    assert [bridge.read(room) for room in bridge.rocketchat.rooms.values()] == list(rooms)
    return list(bridge.rocketchat.rooms.values())


async def _everything(bridge: Bridge) -> str:
    """All there is in the database, as text; binary columns both as hexadecimal digits and as they read."""
    tables = await bridge.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = [row[0] for t in tables for row in await bridge.query(f"SELECT t::text FROM {t['tablename']} t")]  # noqa: S608
    return "\n".join(found)


async def test_visitor_and_room_are_made_once_and_every_post_has_an_id_of_ours(bridge: Bridge) -> None:
    await _send(bridge, "one", "two", "three")
    (room,) = await _rooms_read(bridge, ("one", "two", "three"))
    await bridge.rocketchat.take(room.id, AGENT)
    await _send(bridge, "four")
    await bridge.idle()
    await bridge.shift_clock(86_400)
    await _send(bridge, "five")
    await _rooms_read(bridge, ("one", "two", "three", "four", "five"))

    assert len(bridge.asked("POST livechat/visitor")) == 1
    assert len(bridge.asked("GET livechat/room")) == 1
    posts = bridge.asked("POST livechat/message")
    assert [post.body["msg"] for post in posts] == ["one", "two", "three", "four", "five"]
    posted = [m.id for m in bridge.rocketchat.messages.values() if m.token and not m.kind]
    assert [post.body["_id"] for post in posts] == posted
    assert len(set(posted)) == 5
    assert all(id.startswith("la-") for id in posted)


async def test_rocket_chat_is_told_neither_telephone_number_nor_address(bridge: Bridge) -> None:
    connected, _ = await bridge.connect(scheme="tel")
    form = {"id": "1", "text": "Hello", "to": "+250788123123"}
    headers = {"Authorization": connected["channel"]["send_authorization"]}
    await bridge.http.post(connected["channel"]["send_url"], data=form, headers=headers)
    await _send(bridge, "Good morning", to="ana@example.org")
    await bridge.room_of("Hello")
    await bridge.room_of("Good morning")
    for request in bridge.rocketchat.requests:
        told = f"{request.path} {request.query} {request.headers} {request.body}"
        assert "788123123" not in told
        assert "ana" not in told
    for visitor in (request.body["visitor"] for request in bridge.asked("POST livechat/visitor")):
        assert visitor.keys() <= {"token", "name", "department", "customFields"}


async def test_the_visitor_token_is_random_and_nowhere_in_the_database(bridge: Bridge) -> None:
    await bridge.connect()
    await _send(bridge, "one", to="ana")
    await _send(bridge, "two", to="bea")
    rooms = await bridge.rocketchat.until(lambda rc: _all_said(bridge, "one", "two"))
    for room in rooms:
        await bridge.rocketchat.take(room.id, AGENT)
        await bridge.rocketchat.write(room.id, AGENT, f"Hello {room.id}")
    await bridge.rapidpro.until(lambda rp: len(rp.incoming()) == 2 or None)
    tokens = [visitor.token for visitor in bridge.rocketchat.visitors.values()]
    assert [len(token) for token in tokens] == [43, 43]
    assert len(set(tokens)) == 2
    stored = await _everything(bridge)
    assert "la-" in stored
    for token in tokens:
        assert token not in stored
        assert token.encode().hex() not in stored


def _all_said(bridge: Bridge, *texts: str) -> list[Room] | None:
    rooms = list(bridge.rocketchat.rooms.values())
    return rooms if sorted(bridge.read(room) for room in rooms) == [(text,) for text in texts] else None


async def test_the_same_contact_of_another_service_has_another_token(bridge: Bridge) -> None:
    _, channel = await bridge.connect()
    await bridge.rapidpro.send_on(bridge.channel, "ana", "one")
    await bridge.rapidpro.send_on(channel, "ana", "two")
    one, two = await bridge.rocketchat.until(lambda rc: _all_said(bridge, "one", "two"))
    assert one.token != two.token


# a room that is gone


async def test_words_for_a_room_that_was_closed_in_silence_open_another_and_keep_their_order(bridge: Bridge) -> None:
    await _send(bridge, "one")
    (room,) = await _rooms_read(bridge, ("one",))
    bridge.rocketchat.close_quietly(room.id)
    await _send(bridge, "two", "three", "four")
    await _rooms_read(bridge, ("one",), ("two", "three", "four"))
    assert len(bridge.asked("POST livechat/visitor")) == 1
    ids = [m.id for m in bridge.rocketchat.messages.values() if m.token and not m.kind]
    assert len(ids) == len(set(ids)) == 4


async def test_a_room_closed_in_silence_while_an_agent_served_it_is_followed_by_one_that_waits(bridge: Bridge) -> None:
    await _send(bridge, "one")
    (room,) = await _rooms_read(bridge, ("one",))
    await bridge.rocketchat.take(room.id, AGENT)
    await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'served'")
    bridge.rocketchat.close_quietly(room.id)
    await _send(bridge, "two")
    (_, second) = await _rooms_read(bridge, ("one",), ("two",))
    assert await bridge.query("SELECT room, state, agent FROM conversation") == [(second.id, "queued", None)]


async def test_what_is_written_after_a_close_opens_another_room(bridge: Bridge) -> None:
    for number in range(1, 4):
        await _send(bridge, f"one {number}", f"two {number}")
        room = await bridge.room_of(f"one {number}", f"two {number}")
        await bridge.rocketchat.take(room.id, AGENT)
        await bridge.rocketchat.close(room.id, AGENT, "bye")
        await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'closed' AND room IS NULL")
        await bridge.after_grace()
    assert len(bridge.rocketchat.rooms) == 3
    assert len(bridge.asked("POST livechat/visitor")) == 1


async def test_words_accepted_while_the_close_is_on_its_way_are_in_the_next_room(bridge: Bridge) -> None:
    await _send(bridge, "one")
    (room,) = await _rooms_read(bridge, ("one",))
    await bridge.rocketchat.take(room.id, AGENT)
    bridge.rocketchat.faults.webhook(Holds(), type="LivechatSession")
    await bridge.rocketchat.close(room.id, AGENT, "bye")
    await _send(bridge, "two", "three")
    await _rooms_read(bridge, ("one",), ("two", "three"))
    bridge.rocketchat.release()


async def test_a_room_that_closes_while_a_message_is_stored_is_replaced_by_the_one_it_landed_in(
    bridge: Bridge,
) -> None:
    await _send(bridge, "one")
    (room,) = await _rooms_read(bridge, ("one",))
    await bridge.rocketchat.take(room.id, AGENT)
    bridge.rocketchat.faults.close_while_storing()
    await _send(bridge, "two", "three")
    (_, second) = await _rooms_read(bridge, ("one",), ("two", "three"))
    await bridge.until_rows("SELECT 1 FROM conversation WHERE room = $1 AND state = 'queued'", second.id)

    await bridge.rocketchat.take(second.id, "maria.agent")
    await bridge.rocketchat.write(second.id, "maria.agent", "I am here now")
    await bridge.heard("I am here now")
    await _send(bridge, "four")
    await _rooms_read(bridge, ("one",), ("two", "three", "four"))


async def test_a_visitor_who_was_deleted_is_registered_again_and_nothing_is_lost(bridge: Bridge) -> None:
    await _send(bridge, "one")
    (room,) = await _rooms_read(bridge, ("one",))
    bridge.rocketchat.settings["Livechat_Allow_collect_and_store_HTTP_header_informations"] = True
    deleted = await bridge.http.delete(f"{bridge.rocketchat_url}/api/v1/livechat/visitor/{room.token}")
    assert deleted.status_code == 200
    assert not bridge.rocketchat.rooms
    await _send(bridge, "two", "three")
    (second,) = await _rooms_read(bridge, ("two", "three"))
    assert second.id != room.id
    assert len(bridge.rocketchat.visitors) == 1


async def test_the_event_of_the_queue_that_is_overtaken_by_the_taking_leaves_the_room_taken(bridge: Bridge) -> None:
    bridge.rocketchat.faults.webhook(Holds(), type="LivechatSessionQueued")
    await _send(bridge, "one")
    (room,) = await _rooms_read(bridge, ("one",))
    await bridge.rocketchat.take(room.id, AGENT)
    await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'served'")
    bridge.rocketchat.release()
    await bridge.rocketchat.until(lambda rc: [a for a in rc.webhooks if "Queued" in a.type and a.status == 200])
    assert [row["state"] for row in await bridge.query("SELECT state FROM conversation")] == ["served"]


# nobody there, no time slot, no department


@asynccontextmanager
async def _nobody(bridge: Bridge) -> AsyncIterator[None]:
    for agent in (AGENT, "maria.agent"):
        bridge.rocketchat.go_offline(agent)
    yield
    bridge.rocketchat.go_online("maria.agent")


async def _asked_for_a_room(bridge: Bridge, times: int) -> None:
    await bridge.rocketchat.until(lambda rc: len(bridge.asked("GET livechat/room")) >= times)


async def test_while_nobody_is_online_words_wait_for_days_and_go_when_somebody_comes(bridge: Bridge) -> None:
    await bridge.query("""UPDATE channel SET options = options || '{"max_wait_minutes": 0}'""")
    async with _nobody(bridge):
        await _send(bridge, "one", "two")
        for days in range(1, 6):
            await bridge.until_rows(
                "SELECT 1 FROM delivery WHERE kind = 'OpenRoom' AND reason = 'no_agents' AND NOT attempt_open"
                " AND due_at > live_agents_now()"
            )
            tries = len(bridge.asked("GET livechat/room"))
            assert tries >= days
            waiting = await bridge.query("SELECT attempts, state FROM delivery WHERE kind = 'OpenRoom'")
            assert [(row["attempts"], row["state"]) for row in waiting] == [(0, "waiting")]
            await bridge.idle()
            await bridge.shift_clock(86_400)
            await _asked_for_a_room(bridge, tries + 1)
        assert not bridge.rocketchat.rooms
        await bridge.idle()
    await bridge.shift_clock(16)
    await _rooms_read(bridge, ("one", "two"))
    assert not await bridge.query("SELECT 1 FROM delivery WHERE state = 'dead'")


async def test_the_limiter_costs_no_attempt_and_everything_arrives_in_order(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, limiter=True, limiter_window=1.0) as bridge:
        for text in ("one", "two", "three"):
            for contact in range(8):
                await bridge.send(text, id=f"{text} {contact}", to=f"contact {contact}")

        def all_read(_: object) -> bool:
            read = [bridge.read(room) for room in bridge.rocketchat.rooms.values()]
            return read == [("one", "two", "three")] * 8

        await bridge.rocketchat.until(all_read, timeout=20)
        await bridge.idle()
        assert not await bridge.query("SELECT delivery_id FROM attempt WHERE outcome = 'limited'")
        spent = await bridge.query("SELECT DISTINCT attempts FROM delivery WHERE kind <> 'ReportStatus'")
        assert [row["attempts"] for row in spent] == [1]
        assert {request.status for request in bridge.rocketchat.requests} == {200}


async def test_words_for_a_department_that_is_not_there_are_a_dead_letter_with_its_reason_and_failed_once(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, department="Nowhere") as bridge:
        message = await bridge.rapidpro.send_on(bridge.channel, "ana", "Is this the right place?")
        await bridge.until_rows("SELECT 1 FROM delivery WHERE state = 'dead'")
        await bridge.shift_clock(3)
        assert await bridge.statuses("failed") == [("failed", message.uuid)]
        assert [tuple(row) for row in await bridge.query("SELECT reason, status FROM message")] == [
            ("error-invalid-department", "failed")
        ]
        assert not bridge.rocketchat.rooms

        bridge.rocketchat.add_department("Nowhere", AGENT)
        await bridge.rapidpro.until(lambda rp: message.status == "failed" or None)
        await bridge.rapidpro.resend(message)
        async with bridge.hurrying():
            room = await bridge.room_of("Is this the right place?")
            await bridge.statuses("failed", "sent")
        assert room.department == bridge.rocketchat.department("Nowhere").id
        assert len(bridge.rocketchat.rooms) == 1


async def test_the_channels_department_gets_the_room(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, department="Support") as bridge:
        await _send(bridge, "one")
        room = await bridge.room_of("one")
        assert room.department == bridge.rocketchat.department("Support").id
        (registration,) = bridge.asked("POST livechat/visitor")
        given: dict[str, Any] = registration.body["visitor"]
        assert given["department"] == "Support"
