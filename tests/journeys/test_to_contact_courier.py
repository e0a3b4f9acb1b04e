"""How agents' words come into RapidPro: what courier is asked, when, and what follows each of its answers."""

import json
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from channel.core import limits
from channel.sandbox.rapidpro import RapidPro, faults
from channel.sandbox.rapidpro.faults import Fault
from channel.sandbox.rocketchat import Room
from tests.bridge import Bridge, counted, running_bridge

AGENT = "joao.agent"


async def say(bridge: Bridge, room: Room, *texts: str) -> None:
    """The agent writes these, each once the one before it is stored."""
    for text in texts:
        (known,) = await bridge.query("SELECT count(*) AS n FROM message WHERE author = 'agent'")
        await bridge.rocketchat.write(room.id, AGENT, text)
        await bridge.until_rows(
            "SELECT 1 FROM message WHERE author = 'agent' HAVING count(*) = $1::bigint", known["n"] + 1
        )


async def reply(bridge: Bridge) -> Any:
    """The one reply there is."""
    (row,) = await bridge.query("SELECT * FROM delivery WHERE kind = 'ReplyToContact'")
    return row


async def until_reply(bridge: Bridge, condition: str) -> None:
    await bridge.until_rows(f"SELECT 1 FROM delivery WHERE kind = 'ReplyToContact' AND {condition}")  # noqa: S608


async def dead_letter(bridge: Bridge, reason: str) -> None:
    """Return when the one reply is a dead letter for this reason, and its message says so."""
    await until_reply(bridge, f"state = 'dead' AND reason = '{reason}'")
    assert await bridge.query("SELECT 1 FROM message WHERE author = 'agent' AND reason = $1", reason)


def refusal(error: str, status: int = 400) -> Fault:
    """What courier answers when it does not like something."""
    return faults.answer(status, json.dumps({"message": "Error", "data": [{"type": "error", "error": error}]}))


# What courier is asked


async def test_words_come_as_a_form_with_from_text_and_date(bridge: Bridge) -> None:
    room = await bridge.talking()
    text = "1+1=2 & 100% ok; ü ሰላም 𐌸\nsecond line"
    written = await bridge.rocketchat.write(room.id, AGENT, text)
    await bridge.heard(text)

    (request,) = bridge.received()
    assert (request.method, request.path, request.query) == ("POST", f"/c/ex/{bridge.channel.uuid}/receive", "")
    assert request.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert set(request.params) == {"from", "text", "date"}
    assert (request.params["from"], request.params["text"]) == ("ana", text)
    assert "T" in request.params["date"]
    assert datetime.fromisoformat(request.params["date"]) == bridge.rocketchat.messages[written].ts


async def test_from_is_byte_for_byte_what_came_in_to(bridge: Bridge) -> None:
    paths = [
        "+55 11 98888-7777",
        "ana maria",
        "Ünïcødé-名前-አና",
        "100%",
        "a%2Bb%20c",
        "a&b=c;d#e?f",
        "UPPER.lower_9:-",
        "6f0c1d2e-7a4b-4c1d-9e2f-0123456789ab",
        "💬",
    ]
    for number, path in enumerate(paths):
        await bridge.send(f"I am number {number}", id=f"n-{number}", to=path)
        room = await bridge.room_of(f"I am number {number}")
        await bridge.rocketchat.write(room.id, AGENT, f"Hello number {number}")
    await bridge.rapidpro.until(lambda rp: len(rp.incoming()) == len(paths) or None)

    heard = {m.text: m.urn.path for m in bridge.rapidpro.incoming() if m.urn}
    assert heard == {f"Hello number {number}": path for number, path in enumerate(paths)}
    assert {r.params["text"]: r.params["from"] for r in bridge.received()} == heard


async def test_from_is_how_the_address_was_written_the_last_time(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path) as bridge:
        await bridge.query("UPDATE channel SET scheme = 'tel'")
        bridge.channel.scheme = "tel"
        written = ["+5511988887777", "5511988887777", " 5511988887777", "+5511988887777"]
        for number, path in enumerate(written):
            await bridge.send(f"question {number}", id=f"q-{number}", to=path)
            room = await bridge.room_of(*(f"question {n}" for n in range(number + 1)))
            await bridge.rocketchat.write(room.id, AGENT, f"answer {number}")
            await bridge.heard(*(f"answer {n}" for n in range(number + 1)))

        assert [request.params["from"] for request in bridge.received()] == written
        assert len(await bridge.query("SELECT 1 FROM contact")) == 1
        assert len(bridge.rapidpro.contacts) == 1


async def test_the_external_channel_is_learned_from_the_first_send_that_names_it_and_words_wait_for_it(
    bridge: Bridge,
) -> None:
    send_url = bridge.connected["channel"]["send_url"]
    form = {"id": "1", "text": "Hello", "to": "ana"}
    stranger = {"Authorization": "Token wrong"}
    named = await bridge.http.post(send_url, data={**form, "channel": bridge.channel.uuid}, headers=stranger)
    assert named.status_code == 401
    own = {"Authorization": bridge.connected["channel"]["send_authorization"]}
    assert (await bridge.http.post(send_url, data=form, headers=own)).status_code == 200
    room = await bridge.room_of("Hello")
    await say(bridge, room, "one", "two")
    await until_reply(bridge, "reason = 'channel_unknown'")
    await bridge.skip(120)
    await until_reply(bridge, "reason = 'channel_unknown' AND due_at > live_agents_now()")
    assert [row["rapidpro_channel"] for row in await bridge.query("SELECT rapidpro_channel FROM channel")] == [None]
    assert not bridge.received()

    await bridge.send("Are you there?", id="2")
    await bridge.skip(30)
    await bridge.heard("one", "two")
    await bridge.rocketchat.take(room.id, AGENT)
    async with bridge.hurrying():
        await bridge.rapidpro.until(
            lambda rp: {"1", "2"} <= {r.params["id"] for r in bridge.received("delivered")} or None
        )
    told = [r for r in bridge.rapidpro.requests if r.action in {"receive", "sent", "delivered"}]
    assert {r.path.rpartition("/")[0] for r in told} == {f"/c/ex/{bridge.channel.uuid}"}
    assert {
        row["attempts"] for row in await bridge.query("SELECT attempts FROM delivery WHERE kind = 'ReplyToContact'")
    } == {1}

    await bridge.send("And now?", id="3", channel="11111111-2222-4333-8444-555555555555")
    (learned,) = await bridge.query("SELECT rapidpro_channel FROM channel")
    assert learned["rapidpro_channel"] == bridge.channel.uuid, "the first one stays"


# Equal texts


async def test_equal_texts_of_one_contact_are_kept_4_1_seconds_apart_and_no_other_texts_are(bridge: Bridge) -> None:
    room = await bridge.talking()
    await say(bridge, room, "A", "B", "A", "ok")
    await bridge.heard("A", "B", "A", "ok")
    began = time.monotonic()
    await say(bridge, room, "ok")
    await bridge.heard("A", "B", "A", "ok", "ok")
    assert time.monotonic() - began > 2

    stamps = [request.at for request in bridge.received()]
    assert stamps[-1] - stamps[-2] >= timedelta(seconds=4.1)
    assert stamps[3] - stamps[0] < timedelta(seconds=4.1)
    assert len({m.uuid for m in bridge.rapidpro.incoming()}) == 5


class Watch:
    """A clock that courier reads, which can be moved."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


async def test_what_follows_an_equal_text_waits_behind_it_and_other_contacts_do_not(
    database_url: str, tmp_path: Path
) -> None:
    watch = Watch()
    async with running_bridge(database_url, tmp_path, rapidpro=RapidPro(clock=watch)) as bridge:
        ana, bia = await bridge.talking("ana"), await bridge.talking("bia")
        await say(bridge, ana, "ok", "ok", "after")
        await say(bridge, bia, "ok")
        await until_reply(bridge, "reason = 'equal_text'")
        await bridge.heard("ok", "ok")
        assert [r.params["from"] for r in bridge.received()] == ["ana", "bia"]
        watch.ahead += 4.2
        await bridge.skip(4.2)
        await bridge.heard("ok", "ok", "ok", "after")

        assert [r.params["text"] for r in bridge.received() if r.params["from"] == "ana"] == ["ok", "ok", "after"]
        (waited,) = await bridge.query("SELECT max(attempts) AS n FROM delivery WHERE kind = 'ReplyToContact'")
        assert waited["n"] == 1, "waiting spends no attempt"


async def test_a_text_that_courier_swallowed_is_noticed_and_sent_again(database_url: str, tmp_path: Path) -> None:
    watch = Watch()
    rapidpro = RapidPro(duplicate_window=6, clock=watch)
    async with running_bridge(database_url, tmp_path, rapidpro=rapidpro) as bridge:
        before = counted("swallowed")
        room = await bridge.talking()
        await say(bridge, room, "ok")
        await bridge.heard("ok")
        await say(bridge, room, "ok", "after")
        await bridge.skip(4.2)
        await until_reply(bridge, "reason = 'swallowed'")
        assert [m.text for m in rapidpro.incoming()] == ["ok"]
        watch.ahead += 10
        await bridge.skip(4.2)
        await bridge.heard("ok", "ok", "after")

        assert counted("swallowed") - before == 1
        assert [r.params["text"] for r in bridge.received()] == ["ok", "ok", "ok", "after"]


# Ambiguous answers


async def test_a_lost_answer_is_repeated_at_once_so_that_couriers_window_swallows_the_repeat(bridge: Bridge) -> None:
    room = await bridge.talking()
    bridge.rapidpro.faults.add("receive", faults.drop_after())
    await say(bridge, room, "Take two a day", "Good bye")
    await bridge.heard("Take two a day", "Good bye")
    await bridge.all_told()

    first, second, _ = bridge.received()
    assert first.body == second.body
    assert second.at - first.at < timedelta(seconds=1.5)
    assert [m.text for m in bridge.rapidpro.incoming()] == ["Take two a day", "Good bye"]


async def test_a_connection_lost_before_courier_did_anything_costs_nothing(bridge: Bridge) -> None:
    room = await bridge.talking()
    bridge.rapidpro.faults.add("receive", faults.drop_before())
    await say(bridge, room, "Take two a day", "Good bye")
    await bridge.heard("Take two a day", "Good bye")
    assert len(bridge.received()) == 3


async def test_two_lost_answers_are_a_dead_letter_and_what_follows_goes_on(bridge: Bridge) -> None:
    room = await bridge.talking()
    before = counted("ambiguous")
    bridge.rapidpro.faults.add("receive", faults.drop_before(), times=2)
    await say(bridge, room, "Take two a day")
    await dead_letter(bridge, "ambiguous")
    await say(bridge, room, "Good bye")
    await bridge.heard("Good bye")

    assert counted("ambiguous") - before == 1
    assert len(bridge.received()) == 3


@pytest.mark.parametrize("silence", [faults.hang(60), faults.slow(60)], ids=["nothing done", "done and not answered"])
async def test_no_answer_in_time_is_repeated_once_after_5_seconds_and_is_then_a_dead_letter(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, silence: Fault
) -> None:
    room = await bridge.talking()
    before = counted("ambiguous")
    monkeypatch.setattr(limits, "EXCHANGE_DEADLINE", 0.3)
    bridge.rapidpro.faults.add("receive", silence, times=2)
    await say(bridge, room, "Take two a day")
    await until_reply(bridge, "reason = 'timeout'")
    waiting = await reply(bridge)
    assert (waiting["ambiguous"], waiting["attempts"], waiting["state"]) == (1, 1, "waiting")
    (left,) = await bridge.query(
        "SELECT extract(epoch FROM d.due_at - a.ended_at)::float8 AS seconds"
        " FROM delivery d JOIN attempt a ON a.delivery_id = d.id WHERE d.kind = 'ReplyToContact'"
    )
    assert left["seconds"] == pytest.approx(5, abs=0.2)
    assert len(bridge.received()) == 1

    await bridge.skip(5)
    await dead_letter(bridge, "ambiguous")
    await bridge.skip(3600)
    await bridge.idle()
    assert counted("ambiguous") - before == 1
    assert len(bridge.received()) == 2


async def test_a_late_repeat_that_is_answered_ends_well_and_stays_flagged(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await bridge.talking()
    monkeypatch.setattr(limits, "EXCHANGE_DEADLINE", 0.3)
    bridge.rapidpro.faults.add("receive", faults.hang(60))
    await say(bridge, room, "Take two a day")
    await until_reply(bridge, "reason = 'timeout'")
    await bridge.skip(5)
    await bridge.heard("Take two a day")

    await until_reply(bridge, "state = 'done' AND ambiguous = 1 AND attempts = 2")
    outcomes = await bridge.query(
        "SELECT outcome FROM attempt a JOIN delivery d ON d.id = a.delivery_id"
        " WHERE d.kind = 'ReplyToContact' ORDER BY a.id"
    )
    assert [row["outcome"] for row in outcomes] == ["timeout", "done"]


async def test_a_channel_that_holds_makes_a_dead_letter_without_a_repeat(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bridge.query("UPDATE channel SET when_ambiguous = 'hold'")
    monkeypatch.setattr(limits, "EXCHANGE_DEADLINE", 0.3)
    before = counted("ambiguous")
    silences = {
        "no answer in time": faults.hang(60),
        "a lost connection": faults.drop_after(),
        "a gateway out of time": faults.answer(504),
    }
    for number, (silence, fault) in enumerate(silences.items(), start=1):
        room = await bridge.talking(silence, agent=None)
        bridge.rapidpro.faults.add("receive", fault)
        await bridge.rocketchat.write(room.id, AGENT, f"words after {silence}")
        await bridge.until_rows(
            "SELECT 1 FROM delivery WHERE state = 'dead' AND reason = 'ambiguous' AND attempts = 1"
            " HAVING count(*) = $1::bigint",
            number,
        )
    await bridge.skip(3600)
    await bridge.idle()

    assert len(bridge.received()) == len(silences)
    assert counted("ambiguous") - before == len(silences)


async def test_504_is_of_unknown_end_and_is_repeated_once_after_5_seconds(bridge: Bridge) -> None:
    room = await bridge.talking()
    bridge.rapidpro.faults.add("receive", faults.answer(504))
    await say(bridge, room, "Take two a day")
    await until_reply(bridge, "reason = 'gateway_timeout' AND ambiguous = 1")
    await bridge.skip(4)
    assert len(bridge.received()) == 1
    await bridge.skip(1)
    await bridge.heard("Take two a day")


# Answers that say no


TRIED_AGAIN = [
    ("http_503", faults.answer(503, "upstream is away", "text/plain")),
    ("http_502", faults.answer(502, "<html>Bad gateway</html>", "text/html")),
    ("http_500", faults.answer(500)),
    ("channel_not_found", refusal("channel not found")),
    ("http_400", refusal("panic handling msg")),
    ("http_400", refusal("pq: the database system is starting up")),
    ("http_400", faults.answer(400, "<html>no</html>", "text/html")),
    ("http_400", faults.answer(400, '{"data": [[[', "application/json")),
    ("http_401", faults.answer(401)),
    ("http_403", faults.answer(403)),
    ("http_404", refusal("not found: /c/ex/", 404)),
    ("http_302", faults.answer(302)),
    ("limited", faults.throttled(1)),
]

FOR_GOOD = [
    ("bad_urn", refusal("invalid path component")),
    ("bad_urn", refusal("path component too long")),
    ("bad_urn", refusal("scheme or path cannot be empty")),
    ("bad_urn", refusal("not a possible number")),
    ("bad_urn", refusal("unknown URN scheme")),
    ("no_sender", refusal("must have one of 'sender' or 'from' set")),
    ("bad_date", refusal("invalid date format, must be RFC 3339")),
    ("wrong_channel_type", refusal("channel type wrong")),
]


async def test_what_courier_could_not_take_now_is_kept_and_tried_again(bridge: Bridge) -> None:
    for number, (code, fault) in enumerate(TRIED_AGAIN):
        room = await bridge.talking(f"contact {number}", agent=None)
        bridge.rapidpro.faults.add("receive", fault)
        await bridge.rocketchat.write(room.id, AGENT, f"words {number}")
        await until_reply(bridge, f"state = 'waiting' AND reason = '{code}'")
        await bridge.skip(30)
        await bridge.heard(*(f"words {n}" for n in range(number + 1)))
    await bridge.all_told()

    assert len(bridge.received()) == 2 * len(TRIED_AGAIN)
    assert not await bridge.query("SELECT 1 FROM delivery WHERE state = 'dead'")


async def test_what_courier_will_never_take_is_a_dead_letter_at_once_and_what_follows_goes_on(bridge: Bridge) -> None:
    before = counted("dead_letters_made")
    for number, (code, fault) in enumerate(FOR_GOOD):
        room = await bridge.talking(f"contact {number}", agent=None)
        bridge.rapidpro.faults.add("receive", fault)
        await bridge.rocketchat.write(room.id, AGENT, f"words {number}")
        await bridge.until_rows(
            "SELECT 1 FROM delivery d JOIN message m ON m.id = d.message_id"
            " WHERE m.texts = ARRAY[$1::text] AND d.state = 'dead' AND d.reason = $2 AND d.attempts = 1",
            f"words {number}",
            code,
        )
        await bridge.rocketchat.write(room.id, AGENT, f"more {number}")
        await bridge.heard(*(f"more {n}" for n in range(number + 1)))

    assert counted("dead_letters_made") - before == len(FOR_GOOD)


async def test_an_answer_the_contract_does_not_know_is_tried_three_times(bridge: Bridge) -> None:
    room = await bridge.talking()
    bridge.rapidpro.faults.add("receive", faults.answer(418, "I am a teapot", "text/plain"), times=3)
    async with bridge.hurrying():
        await say(bridge, room, "Take two a day")
        await dead_letter(bridge, "http_418")
    assert len(bridge.received()) == 3


async def test_200_with_a_body_that_cannot_be_read_is_taken_for_taken(bridge: Bridge) -> None:
    room = await bridge.talking()
    odd = ["", "Thank you", "[]", '{"data": 7}', '{"data": [{"msg_uuid": 7}]}', "[" * 100_000, "\ud800", '{"data"']
    texts = [f"words {number}" for number in range(len(odd))]
    for text, body in zip(texts, odd, strict=True):
        answer = faults.answer(200, body.encode(errors="replace").decode(), works=True)
        bridge.rapidpro.faults.add("receive", answer)
        await say(bridge, room, text)
    await bridge.heard(*texts)
    await bridge.all_told()

    assert len(bridge.received()) == len(odd)
    assert {row["state"] for row in await bridge.query("SELECT state FROM delivery WHERE kind = 'ReplyToContact'")} == {
        "done"
    }


async def test_a_channel_with_an_answer_of_its_own_gets_every_text_once(bridge: Bridge) -> None:
    assert bridge.channel.external
    bridge.channel.external = replace(bridge.channel.external, mo_response="Gracias")
    room = await bridge.talking()
    await say(bridge, room, "one", "two", "three")
    await bridge.heard("one", "two", "three")
    assert len(bridge.received()) == 3


# RapidPro away


async def test_nothing_listens_and_words_wait_in_order_until_it_does(bridge: Bridge) -> None:
    room = await bridge.talking()
    await bridge.query("UPDATE channel SET rapidpro_url = 'http://127.0.0.1:9'")
    await say(bridge, room, "one", "two", "three")
    await until_reply(bridge, "reason = 'unreachable'")
    assert (await bridge.query("SELECT ambiguous FROM delivery WHERE reason = 'unreachable'"))[0]["ambiguous"] == 0
    await bridge.query("UPDATE channel SET rapidpro_url = $1", bridge.rapidpro_url)
    await bridge.skip(30)

    await bridge.heard("one", "two", "three")
    assert len(bridge.received()) == 3


async def test_the_next_try_is_never_more_than_30_seconds_away_however_long_rapidpro_is_down(bridge: Bridge) -> None:
    room = await bridge.talking()
    bridge.rapidpro.faults.add("receive", faults.answer(503), faults.FOR_EVER)
    await say(bridge, room, "one", "two", "three")
    for attempt in range(1, 12):
        await until_reply(bridge, f"attempts = {attempt} AND NOT attempt_open")
        rows = await bridge.query(
            "SELECT d.due_at - live_agents_now() AS left FROM delivery d"
            " WHERE kind = 'ReplyToContact' AND state = 'waiting' ORDER BY seq"
        )
        assert rows[0]["left"] <= timedelta(seconds=30), attempt
        assert len(rows) == 3
        await bridge.skip(30)
    await until_reply(bridge, "attempts = 12 AND NOT attempt_open")
    assert {request.params["text"] for request in bridge.received()} == {"one"}, "the first holds back the others"

    bridge.rapidpro.faults.clear()
    await bridge.skip(30)
    await bridge.heard("one", "two", "three")


async def test_a_status_nobody_takes_holds_no_words_back_and_is_given_up_after_an_hour(bridge: Bridge) -> None:
    bridge.rapidpro.faults.add("delivered", faults.answer(503), faults.FOR_EVER)
    room = await bridge.talking()
    await bridge.skip(2)
    await bridge.until_rows("SELECT 1 FROM delivery WHERE kind = 'ReportStatus' AND reason = 'http_503'")
    await say(bridge, room, "words")
    await bridge.heard("words")
    await bridge.skip(3600)
    await bridge.until_rows("SELECT 1 FROM delivery WHERE kind = 'ReportStatus' AND state = 'discarded'")
    assert not await bridge.query("SELECT 1 FROM delivery WHERE state = 'dead'")


async def test_72_hours_without_rapidpro_are_a_dead_letter(bridge: Bridge) -> None:
    room = await bridge.talking()
    bridge.rapidpro.faults.add("receive", faults.answer(503), faults.FOR_EVER)
    await say(bridge, room, "words")
    await until_reply(bridge, "attempts = 1 AND reason = 'http_503'")
    await bridge.skip(72 * 3600 - 60)
    await until_reply(bridge, "attempts = 2 AND state = 'waiting' AND NOT attempt_open")
    await bridge.skip(60)
    await dead_letter(bridge, "http_503")
