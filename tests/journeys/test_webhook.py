"""The Omnichannel webhook over HTTP: who may call it, what it answers, and what is kept of each body."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from time import monotonic
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from channel.gathering import LARGE
from channel.sandbox.rocketchat import PROFILES, Repeats
from channel.store.admin import Wanted, administering
from channel.store.vault import Vault
from tests import reading_samples as samples
from tests.bridge import Bridge, counted, running_bridge

SAMPLE_ROOM = "rM4kTz8QwX2nLpV6s"
SAMPLE_TOKEN = "rp-7f0c1f52-1d55-4a0e-9a5e-0d3a1c9be111"
TOKEN_HEADER = "X-RocketChat-Livechat-Token"

CLOSED: tuple[list[Any], list[Any], str] = ([("RoomClosed", "not_for_contact")], [], "closed")
HELLO = "Hi Ana :wave: how can *we* help?"
WROTE: tuple[list[Any], list[Any], str] = ([], [(HELLO, "emoji_stripped")], "served")

#: Of each sample: the events kept (kind, reason), the messages kept (text, reason), and the conversation's state.
#: A message without a reason goes to the contact; so do the words of one whose emoji or file stay behind.
KEPT: dict[str, tuple[list[Any], list[Any], str]] = {
    "room_started": ([("RoomStarted", "not_for_contact")], [], "queued"),
    "room_started_6_5": ([("RoomStarted", "not_for_contact")], [], "queued"),
    "room_queued": ([("RoomQueued", "not_for_contact")], [], "queued"),
    "room_queued_with_agent": ([("LivechatSessionQueued", "not_for_contact")], [], "served"),
    "room_taken": ([("RoomTaken", "not_for_contact")], [], "served"),
    "room_taken_by_forward": ([("RoomTaken", "not_for_contact")], [], "served"),
    "room_forwarded_to_agent": ([("RoomForwarded", "not_for_contact")], [], "served"),
    "room_forwarded_to_department": ([("RoomForwarded", "not_for_contact")], [], "queued"),
    "room_closed_by_agent": CLOSED,
    "room_closed_by_visitor": CLOSED,
    "room_closed_by_rocket_cat": CLOSED,
    "room_closed_without_comment": (
        CLOSED[0],
        # nobody had told of them: they are taken from the transcript, and an edited one goes once, as it reads now
        [(HELLO, "replaced"), ("Hi Ana, how can we help you today?", None), ("our office", "media")],
        "closed",
    ),
    "room_closed_unserved": CLOSED,
    "room_edited_after_close": ([("LivechatEdit", "edited_after_close")], [], "queued"),
    "room_put_on_hold": ([("LivechatSessionOnHold", "unknown_type")], [], "served"),
    "lead_captured": ([("LeadCapture", "lead_capture")], [], "served"),
    "agent_wrote": WROTE,
    "agent_wrote_6_1": WROTE,
    "agent_wrote_unserved": (*WROTE[:2], "queued"),
    "agent_edited": ([], [("Hi Ana, how can we help you today?", None)], "served"),
    "agent_wrote_photo": ([], [("our office", "media")], "served"),
    "agent_wrote_voice_note": ([], [("", "media")], "served"),
    "app_sent_blocks": ([("blocks", "blocks")], [], "served"),
    "app_sent_blocks_and_words": ([("blocks", "blocks")], [], "served"),
    "agent_offered_call": ([], [("", "media")], "served"),
    "visitor_wrote": ([("echo", "echo")], [], "served"),
    "visitor_visited_page": ([("system_message", "system")], [], "served"),
    "closing_comment_6_11": ([("closing_message", "closing_message")], [], "served"),
    "closing_comment_of_visitor_6_11": ([("closing_message", "closing_message")], [], "served"),
    "bare_message": ([], [("Hello, this is Joao", None)], "queued"),
    "offline_message": ([("offline_message", "offline_message")], [], "queued"),
    "test_button": ([("test_button", "test_button")], [], "queued"),
}

#: reasons why not all of a message goes; and what a contact reads of the words that are not sent as they are
GOES = {None, "media", "emoji_stripped"}
READ = {HELLO: "Hi Ana how can we help?"}

#: What can be in a body that is no event; each is kept as it came.
UNREADABLE = {
    "nothing": b"",
    "an empty object": b"{}",
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "half an object": b'{"_id": "r',
    "no room": b'{"type": "Message", "messages": [{"msg": "hi"}]}',
    "an empty room": b'{"_id": "", "type": "Message", "messages": [{"msg": "hi"}]}',
    "a number for a room": b'{"_id": 12, "type": "Message"}',
    "deep nesting": b'{"_id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a NUL and a stray byte": b"\x00\xff",
    **{f"random bytes, seed {seed}": Random(seed).randbytes(300) for seed in (1, 2, 3)},  # noqa: S311
}


def is_bare_200(answer: httpx.Response) -> bool:
    """200, no body: an answer's text would be kept in the room and come back in every later event."""
    return (answer.status_code, answer.content, answer.headers.get("content-length")) == (200, b"", "0")


async def originals(bridge: Bridge) -> dict[str, bytes | None]:
    """What is kept of the bodies of events, by key, opened."""
    vault = vault_of(bridge)
    rows = await bridge.query("SELECT key, original FROM event")
    return {r["key"]: vault.open(f"event:{r['key']}", r["original"]) if r["original"] else None for r in rows}


def vault_of(bridge: Bridge) -> Vault:
    return Vault([key.get_secret_value() for key in bridge.runtime.settings.secret_keys])


def body_of(room: str, token: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A `Message` as Rocket.Chat sends it."""
    visitor = {"_id": "vRk3mPzQ8sLw2nTyB", "token": token, "username": "guest-1"}
    return {"_id": room, "type": "Message", "visitor": visitor, "messages": list(items), **more}


def item(text: str, **more: Any) -> dict[str, Any]:
    """An agent's words in a `Message`."""
    return {"_id": uuid4().hex[:17], "username": "joao.agent", "agentId": "aGt5NwQ3xZ8mKpL2v", "msg": text, **more}


async def test_whoever_has_no_right_token_gets_one_and_the_same_401_and_nothing_is_kept(bridge: Bridge) -> None:
    room = await bridge.talking()
    async with administering(bridge.database_url, vault_of(bridge)) as admin:
        other = await admin.connect(
            Wanted("other", "https://other.example.org", bridge.rapidpro_url, None, "ext", "b", "", "receive")
        )
    own, secret = bridge.connected["workspace"]["uuid"], bridge.connected["workspace"]["webhook_secret"]
    told = json.dumps(body_of(room.id, room.token, item("let me in"))).encode()
    attempts: list[tuple[str, list[tuple[str, str]]]] = [
        (own, []),
        (own, [(TOKEN_HEADER, "")]),
        (own, [(TOKEN_HEADER, "wrong")]),
        (own, [(TOKEN_HEADER, secret[:-1])]),
        (own, [(TOKEN_HEADER, f"{secret}x")]),
        (own, [(TOKEN_HEADER, other.webhook_secret)]),
        (own, [(TOKEN_HEADER, secret), (TOKEN_HEADER, secret)]),
        (own, [("Authorization", f"Token {secret}")]),
        (own, [(TOKEN_HEADER, "ü")]),
        (str(other.workspace), [(TOKEN_HEADER, secret)]),
        (str(uuid4()), [(TOKEN_HEADER, secret)]),
        ("not-a-uuid", [(TOKEN_HEADER, secret)]),
    ]
    before = await bridge.query("SELECT count(*) AS n FROM event")

    answers = [
        await bridge.http.post(
            f"{bridge.url}/workspaces/{workspace}/webhook",
            content=told,
            headers=[(name.encode(), value.encode("latin-1")) for name, value in headers],
        )
        for workspace, headers in attempts
    ]

    assert {(a.status_code, a.text) for a in answers} == {(401, answers[0].text)}
    assert answers[0].json()["error"]["code"] == "unauthorized"
    assert await bridge.query("SELECT count(*) AS n FROM event") == before
    assert not await bridge.query("SELECT 1 FROM message WHERE author = 'agent'")


async def test_every_payload_of_rocketchats_is_answered_200_and_kept_once_with_its_reason(bridge: Bridge) -> None:
    await _no_session_events(bridge)
    rooms = {name: await bridge.talking(name, agent=None) for name in KEPT}
    kept, answers, goes = {}, [], {}
    for name, room in rooms.items():
        body = samples.payload(f"rocketchat/{name}")
        body = body.replace(SAMPLE_ROOM.encode(), room.id.encode()).replace(SAMPLE_TOKEN.encode(), room.token.encode())
        (last,) = await bridge.query("SELECT coalesce(max(id), 0) AS id FROM event")
        answers += [await bridge.tell(body), await bridge.tell(body)]
        kept[name] = await _kept(bridge, room.id, last["id"])
        goes[name] = [READ.get(text, text) for text, reason in KEPT[name][1] if text and reason in GOES]

    await bridge.all_told()
    arrived: dict[str, list[str]] = {name: [] for name in KEPT}
    for message in bridge.rapidpro.incoming(bridge.channel):
        assert message.urn
        arrived[message.urn.path].append(message.text)
    assert all(map(is_bare_200, answers))
    assert kept == KEPT
    assert arrived == goes
    assert len(bridge.received()) == sum(map(len, goes.values()))


def test_every_webhook_sample_is_in_the_table() -> None:
    names = {path.stem for path in (samples.SAMPLES / "rocketchat").glob("*.json")}
    assert {name for name in names if not name.startswith(("answer_", "asked_", "refused_"))} == set(KEPT)


async def _no_session_events(bridge: Bridge) -> None:
    """The simulated Rocket.Chat keeps silent about starts and queues, so that a sample is the first to tell of them."""
    bridge.rocketchat.settings |= {"Livechat_webhook_on_start": False, "Livechat_webhook_on_chat_queued": False}


async def _kept(bridge: Bridge, room: str, after: int) -> tuple[list[Any], list[Any], str]:
    events = await bridge.query("SELECT kind, reason FROM event WHERE id > $1 ORDER BY id", after)
    (conversation,) = await bridge.query(
        "SELECT c.id, c.state FROM conversation c JOIN room r ON r.conversation_id = c.id WHERE r.rid = $1", room
    )
    messages = await bridge.query(
        "SELECT texts, reason FROM message WHERE conversation_id = $1 AND author = 'agent' ORDER BY created_at",
        conversation["id"],
    )
    return (
        [(event["kind"], event["reason"]) for event in events],
        [("".join(message["texts"]), message["reason"]) for message in messages],
        conversation["state"],
    )


async def test_what_cannot_be_read_is_kept_as_it_came_once_and_answered_200(bridge: Bridge) -> None:
    for body in UNREADABLE.values():
        assert is_bare_200(await bridge.tell(body))
        assert is_bare_200(await bridge.tell(body))

    kept = await bridge.query("SELECT kind, reason, conversation_id FROM event")
    assert [tuple(row) for row in kept] == [("unreadable", "unreadable", None)] * len(UNREADABLE)
    assert sorted((await originals(bridge)).values(), key=str) == sorted(
        (body or None for body in UNREADABLE.values()), key=str
    )


async def test_of_a_body_over_the_limit_the_size_alone_is_kept(bridge: Bridge) -> None:
    size = 17 * 1024 * 1024
    assert is_bare_200(await bridge.tell(b"x" * size))

    assert list((await originals(bridge)).values()) == [f"{size} bytes".encode()]
    assert [tuple(row) for row in await bridge.query("SELECT kind, reason FROM event")] == [
        ("unreadable", "unreadable")
    ]


async def test_a_transcript_of_ten_megabytes_is_no_trouble(bridge: Bridge) -> None:
    room = await bridge.talking()
    transcript = [item("x" * 5000) for _ in range(2000)]
    told = body_of(room.id, room.token, *transcript) | {"type": "LivechatSession", "closer": "user"}

    assert is_bare_200(await bridge.tell(told))
    assert await bridge.query("SELECT 1 FROM conversation WHERE state = 'closed'")


async def test_of_a_room_of_others_nothing_is_kept_but_the_count(bridge: Bridge) -> None:
    of_rooms = [name for name in KEPT if name not in {"bare_message", "offline_message", "test_button"}]
    before = counted("ignored", reason="foreign_room")
    for name in of_rooms:
        assert is_bare_200(await bridge.tell(samples.payload(f"rocketchat/{name}")))

    assert counted("ignored", reason="foreign_room") - before >= len(of_rooms)
    for table in ("event", "message", "room", "conversation", "contact", "delivery"):
        assert not await bridge.query(f"SELECT 1 FROM {table}"), table  # noqa: S608 - names of ours
    assert not bridge.received()


async def test_a_bare_body_about_nobody_is_kept_as_unknown_visitor(bridge: Bridge) -> None:
    body = samples.payload("rocketchat/bare_message")
    assert is_bare_200(await bridge.tell(body))
    assert is_bare_200(await bridge.tell(body))

    (event,) = await bridge.query("SELECT kind, reason, conversation_id FROM event")
    assert tuple(event) == ("Message", "unknown_visitor", None)
    assert list((await originals(bridge)).values()) == [body]
    assert not bridge.received()


async def test_an_offline_message_belongs_to_the_workspace(bridge: Bridge) -> None:
    await bridge.talking()
    body = samples.payload("rocketchat/offline_message")
    assert is_bare_200(await bridge.tell(body))

    (event,) = await bridge.query(
        "SELECT workspace_id::text, conversation_id, room FROM event WHERE kind = 'offline_message'"
    )
    assert tuple(event) == (bridge.connected["workspace"]["uuid"], None, None)
    assert body in (await originals(bridge)).values()


async def test_the_test_button_in_rocketchat_passes_and_makes_nothing(bridge: Bridge) -> None:
    admin = bridge.rocketchat.personal_access_token("admin")
    for _ in range(2):
        pressed = await bridge.http.post(
            f"{bridge.rocketchat_url}/api/v1/livechat/webhook.test", json={}, headers=admin.headers
        )
        assert pressed.status_code == 200
        assert pressed.json()["success"] is True

    kinds = {row["kind"] for row in await bridge.query("SELECT kind FROM event")}
    assert kinds == {"test_button"}
    assert not await bridge.query("SELECT 1 FROM contact")


async def test_the_test_button_says_so_when_the_secret_is_wrong(bridge: Bridge) -> None:
    admin = bridge.rocketchat.personal_access_token("admin")
    bridge.rocketchat.settings["Livechat_secret_token"] = "not the one"

    pressed = await bridge.http.post(
        f"{bridge.rocketchat_url}/api/v1/livechat/webhook.test", json={}, headers=admin.headers
    )

    assert pressed.status_code == 400
    assert not await bridge.query("SELECT 1 FROM event")


async def test_a_type_nobody_knows_is_kept_once_and_goes_nowhere(bridge: Bridge) -> None:
    await _no_session_events(bridge)
    room = await bridge.talking(agent=None)
    kinds = ["SomethingNew", "", None, 7, "Message ", "x" * 500]
    for kind in kinds:
        told = body_of(room.id, room.token, item("for whom?")) | {"type": kind}
        assert is_bare_200(await bridge.tell(told))
        assert is_bare_200(await bridge.tell(told))

    kept = await bridge.query("SELECT kind, reason, room FROM event ORDER BY id")
    assert {(row["reason"], row["room"]) for row in kept} == {("unknown_type", room.id)}
    assert [row["kind"] for row in kept] == ["SomethingNew", *["untyped"] * 3, "Message ", "x" * 60]
    assert not await bridge.query("SELECT 1 FROM message WHERE author = 'agent'")
    assert not bridge.received()


async def test_odd_messages_are_kept_with_a_reason_or_as_words(bridge: Bridge) -> None:
    await _no_session_events(bridge)
    room = await bridge.talking(agent=None)
    odd: dict[str, tuple[object, list[str], list[tuple[str, str | None]]]] = {
        "none": (None, ["no_messages"], []),
        "an empty list": ([], ["no_messages"], []),
        "an object": ({}, ["no_messages"], []),
        "a text": ("hi", ["no_messages"], []),
        "a list of nothing": ([None], ["unreadable"], []),
        "two that are no messages": ([7, []], ["unreadable", "unreadable"], []),
        "an empty message": ([{}], [], [("", "empty")]),
        "an id alone": ([{"_id": "m"}], [], [("", "empty")]),
        "an object for words": ([{"msg": {"a": 1}}], [], [("", "empty")]),
        "half an emoji": ([{"msg": "a\ud83d"}], [], [("a\ufffd", None)]),
        "a NUL": ([{"msg": "b\0c"}], [], [("bc", None)]),
        "two at once": ([item("first"), item("second")], [], [("first", None), ("second", None)]),
    }
    kept = {}
    for name, (messages, _, _) in odd.items():
        (last,) = await bridge.query("SELECT coalesce(max(id), 0) AS id FROM event")
        known = {row["id"] for row in await bridge.query("SELECT id FROM message")}
        told = body_of(room.id, room.token) | {"messages": messages}
        assert is_bare_200(await bridge.tell(told)), name
        events = await bridge.query("SELECT reason FROM event WHERE id > $1 ORDER BY id", last["id"])
        words = await bridge.query("SELECT id, texts, reason FROM message WHERE author = 'agent'")
        new = sorted(("".join(row["texts"]), row["reason"]) for row in words if row["id"] not in known)
        kept[name] = (messages, [row["reason"] for row in events], new)

    assert kept == odd
    await bridge.heard("a\ufffd", "bc", "first", "second")


async def test_ids_as_long_as_rocketchat_may_make_them_are_no_trouble(bridge: Bridge) -> None:
    room = await bridge.talking(agent=None)
    long = "r" * 255
    agent = {"_id": "a" * 255, "username": "joao.agent"}
    for told in (
        body_of(long, room.token, item("Hello", _id="m" * 255)),
        body_of(long, room.token, {"_id": "e" * 255, "username": "guest-1", "msg": "mine"}),
        body_of(long, room.token) | {"type": "LivechatSessionTaken", "agent": agent},
        body_of(long, room.token) | {"type": "LivechatSession"},
        body_of(long, room.token) | {"type": "Unheard"},
    ):
        assert is_bare_200(await bridge.tell(told))
    await bridge.heard("Hello")


async def test_what_we_posted_ourselves_comes_back_as_an_echo_and_goes_nowhere(bridge: Bridge) -> None:
    bridge.rocketchat.settings["Livechat_webhook_on_visitor_message"] = True
    room = await bridge.talking()
    for number in range(3):
        await bridge.send(f"question {number}", id=f"q-{number}")
    await bridge.room_of("I am ana", *(f"question {number}" for number in range(3)))
    await bridge.rocketchat.write(room.id, "joao.agent", "answer")
    await bridge.heard("answer")
    await bridge.until_rows("SELECT 1 FROM event WHERE kind = 'echo' HAVING count(*) = 4")
    await bridge.all_told()

    assert [m.text for m in bridge.rapidpro.incoming()] == ["answer"]
    assert {row["original"] for row in await bridge.query("SELECT original FROM event WHERE kind = 'echo'")} == {None}
    assert not await bridge.query("SELECT 1 FROM message WHERE author = 'agent' AND texts <> '{answer}'")


async def test_an_echo_that_looks_like_an_agents_words_is_known_by_its_id(bridge: Bridge) -> None:
    room = await bridge.talking()
    (post,) = await bridge.query("SELECT external_id FROM delivery WHERE kind = 'PostToRoom'")
    assert is_bare_200(await bridge.tell(body_of(room.id, room.token, item("I am ana", _id=post["external_id"]))))
    assert is_bare_200(await bridge.tell(body_of(room.id, room.token, item("words", _id="la-not-ours"))))

    await bridge.heard("words")
    assert await bridge.query("SELECT 1 FROM event WHERE kind = 'echo'")


@pytest.mark.parametrize("warm", [True, False], ids=["a workspace just asked for", "a workspace not asked for yet"])
async def test_while_the_database_is_away_the_answer_is_503_within_5_seconds(bridge: Bridge, warm: bool) -> None:
    body = samples.payload("rocketchat/offline_message")
    if warm:
        assert is_bare_200(await bridge.tell(b"{}"))
    async with bridge.database_away():
        began = monotonic()
        answers = [await bridge.tell(body) for _ in range(3)]
        assert (monotonic() - began) / len(answers) < 5
    assert [answer.status_code for answer in answers] == [503] * 3
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
    assert answers[0].json()["error"]["code"] == "database_unavailable"

    assert is_bare_200(await _until_200(bridge, body))
    assert len(await bridge.query("SELECT 1 FROM event WHERE kind = 'offline_message'")) == 1


async def _until_200(bridge: Bridge, body: bytes) -> httpx.Response:
    """Told again and again, as Rocket.Chat does, until it is taken."""
    deadline = monotonic() + 10
    while (answer := await bridge.tell(body)).status_code != 200 and monotonic() < deadline:
        pass
    return answer


async def test_a_database_that_does_not_answer_is_503_within_5_seconds_and_the_repeat_is_kept_once(
    bridge: Bridge,
) -> None:
    body = samples.payload("rocketchat/offline_message")
    async with _other_connection(bridge) as other, other.transaction():
        await other.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
        began = monotonic()
        answer = await bridge.tell(body)
        assert monotonic() - began < 5
    assert answer.status_code == 503

    assert is_bare_200(await bridge.tell(body))
    assert len(await bridge.query("SELECT 1 FROM event WHERE kind = 'offline_message'")) == 1


async def test_200_is_answered_only_after_the_commit(bridge: Bridge) -> None:
    await _gated(bridge)
    async with _other_connection(bridge) as other:
        await other.execute("SELECT pg_advisory_lock(42)")
        telling = asyncio.create_task(bridge.tell(samples.payload("rocketchat/offline_message")))
        await bridge.until_rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        assert not telling.done()
        assert not await bridge.query("SELECT 1 FROM event")
        await other.execute("SELECT pg_advisory_unlock(42)")
        assert is_bare_200(await telling)
        assert await other.fetch("SELECT 1 FROM event")


async def test_what_is_small_does_not_wait_until_what_is_large_is_stored(bridge: Bridge) -> None:
    await _gated(bridge)
    large = json.loads(samples.payload("rocketchat/offline_message")) | {"more": Random(1).randbytes(2 * LARGE).hex()}  # noqa: S311
    async with _other_connection(bridge) as other:
        await other.execute("SELECT pg_advisory_lock(42)")
        telling = asyncio.create_task(bridge.tell(large))
        await bridge.until_rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        assert (await bridge.send("hello")).status_code == 200
        assert not telling.done()
        await other.execute("SELECT pg_advisory_unlock(42)")
        assert is_bare_200(await telling)


async def test_a_commit_that_fails_is_503_and_nothing_is_kept(bridge: Bridge) -> None:
    await bridge.query(
        "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no commit today'; END $$"
    )
    await _at_commit(bridge, "gate")
    answer = await bridge.tell(samples.payload("rocketchat/offline_message"))

    assert answer.status_code == 503
    assert "no commit today" not in answer.text
    assert not await bridge.query("SELECT 1 FROM event")


async def _gated(bridge: Bridge) -> None:
    """Each commit of an event waits until nobody has lock 42."""
    await bridge.query(
        "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END $$"
    )
    await _at_commit(bridge, "gate")


async def _at_commit(bridge: Bridge, function: str) -> None:
    await bridge.query(
        "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()"
    )


@asynccontextmanager
async def _other_connection(bridge: Bridge) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(bridge.database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def test_one_event_told_many_times_at_once_to_two_replicas_has_one_effect(bridge: Bridge) -> None:
    room = await bridge.talking()
    said = [body_of(room.id, room.token, item(f"words {number}")) for number in range(5)]
    closing = body_of(room.id, room.token) | {"type": "LivechatSession", "closer": "user"}
    async with bridge.replica() as second:
        for body in said:
            answers = await asyncio.gather(*(bridge.tell(body, url=url) for url in (bridge.url, second) * 4))
            assert all(map(is_bare_200, answers))
        answers = await asyncio.gather(*(bridge.tell(closing, url=url) for url in (bridge.url, second) * 4))
        assert all(map(is_bare_200, answers))
        await bridge.all_told()

    assert [m.text for m in bridge.rapidpro.incoming()] == [f"words {number}" for number in range(5)]
    assert len(bridge.received()) == 5
    assert len(await bridge.query("SELECT 1 FROM event WHERE kind = 'RoomClosed'")) == 1


async def test_what_rocketchat_sends_twice_arrives_once(bridge: Bridge) -> None:
    room = await bridge.talking()
    bridge.rocketchat.faults.webhook(Repeats(), times=None)
    before = counted("duplicates")
    for text in ("one", "two", "three"):
        await bridge.rocketchat.write(room.id, "joao.agent", text)
        await bridge.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
    await bridge.heard("one", "two", "three")

    assert sum(attempt.type == "Message" for attempt in bridge.rocketchat.webhooks) == 6
    assert counted("duplicates") - before == 3


@pytest.mark.parametrize("release", ["6.13", "7.11", "8.8"])
async def test_what_rocketchat_could_not_tell_while_the_database_was_away_arrives_with_its_retry(
    database_url: str, tmp_path: Any, release: str
) -> None:
    async with running_bridge(database_url, tmp_path, profile=PROFILES[release], retry_delay=0.1) as bridge:
        room = await bridge.talking()
        async with bridge.database_away():
            await bridge.rocketchat.write(room.id, "joao.agent", "Can you hear me?")
            await bridge.rocketchat.until(lambda rc: rc.webhooks[-1].status == 503 or None)
        await bridge.heard("Can you hear me?")
        await bridge.all_told()
        assert len(bridge.received()) == 1
        assert room.crm_data == ""
