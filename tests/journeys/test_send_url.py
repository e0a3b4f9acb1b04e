"""Whatever RapidPro's template makes of a contact's words, the agent reads the words."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from channel.core.limits import SEND_BYTES, TEXT_LENGTH
from channel.rapidpro import routes
from channel.sandbox.rapidpro import V9_0, V26_3_31, RapidPro, Version
from tests.bridge import Bridge, running_bridge

pytestmark = pytest.mark.anyio

FORM = (
    "id={{id}}&uuid={{uuid}}&text={{text}}&to={{to}}&from={{from}}&channel={{channel}}"
    "&session_status={{session_status}}{{quick_replies}}"
)
JSON = '{"id":{{id}},"text":{{text}},"to":{{to}},"channel":{{channel}},"quick_replies":{{quick_replies}}}'
XML = (
    "<m><id>{{id}}</id><uuid>{{uuid}}</uuid><to>{{to}}</to><text>{{text}}</text><channel>{{channel}}</channel>"
    "<quick_replies>{{quick_replies}}</quick_replies></m>"
)
#: method, content type, and the template of the body; None: all of it is in the URL
WAYS = [
    ("GET", "urlencoded", None),
    ("POST", "urlencoded", None),
    ("PUT", "urlencoded", None),
    ("POST", "urlencoded", FORM),
    ("PUT", "urlencoded", FORM),
    ("POST", "json", JSON),
    ("PUT", "json", JSON),
    ("POST", "xml", XML),
    ("PUT", "xml", XML),
]
WORDS = 'Olá, 50% + "ok" <b>&\'\nsegunda linha\n\nשלום عربي 😀👩‍👩‍👧~* {{name}} é isto?'
READ = f"{WORDS}\n• Sim & não\n• Agora não 😀"
REPLIES = ("Sim & não", "Agora não 😀")


def _way(bridge: Bridge, method: str, content_type: str, body: str | None) -> None:
    """Configure the External channel anew."""
    external = bridge.channel.external
    assert external is not None
    send_url = bridge.connected["channel"]["send_url"]
    bridge.channel.external = replace(
        external,
        method=method,
        content_type=content_type,
        body=body or "",
        send_url=send_url if body is not None else f"{send_url}?{FORM}",
    )


@pytest.mark.parametrize("version", [V9_0, V26_3_31], ids=lambda version: version.name)
async def test_every_method_and_content_type_brings_the_same_words_and_the_id_comes_back_as_it_was(
    version: Version, database_url: str, tmp_path: Path
) -> None:
    rapidpro = RapidPro(version, status_interval=0.05)
    async with running_bridge(database_url, tmp_path, rapidpro=rapidpro) as bridge:
        sent = []
        for number, way in enumerate(WAYS):
            _way(bridge, *way)
            message = await rapidpro.send_on(bridge.channel, f"ana-{number}", WORDS, quick_replies=REPLIES)
            assert message.status == "wired", (way, message.attempts[-1])
            sent.append(message)
        rooms = await bridge.rocketchat.until(lambda rc: rc.rooms if _all_read(bridge, READ, len(WAYS)) else None)
        assert len(rooms) == len(WAYS)

        await bridge.idle()
        await bridge.shift_clock(3)
        await rapidpro.until(lambda rp: all(message.status == "sent" for message in sent) or None)
        named = [r.params for r in rapidpro.requests if r.action == "sent"]
        ids = [message.uuid if version is V26_3_31 else str(message.id) for message in sent]
        assert sorted(params["id"] for params in named) == sorted(ids)
        assert all("uuid" not in params for params in named)


def _all_read(bridge: Bridge, text: str, rooms: int) -> bool:
    return [bridge.read(room) for room in bridge.rocketchat.rooms.values()] == [(text,)] * rooms


#: the contract's own templates (A4): the version, method, content type, body, and what the agent reads
A4: list[tuple[Version, str, str, str | None, str]] = [
    (
        V26_3_31,
        "POST",
        "json",
        '{"uuid":{{uuid}},"text":{{text}},"to":{{to}},"from":{{from}},"channel":{{channel}},'
        '"quick_replies":{{quick_replies}}}',
        READ,
    ),
    (
        V26_3_31,
        "POST",
        "xml",
        "<m><id>{{id}}</id><to>{{to}}</to><text>{{text}}</text><qr>{{quick_replies}}</qr></m>",
        WORDS,
    ),
    (V26_3_31, "GET", "urlencoded", None, READ),
    (
        V26_3_31,
        "POST",
        "urlencoded",
        "uuid={{uuid}}&text={{text}}&to={{to}}&to_no_plus={{to_no_plus}}&from={{from}}"
        "&from_no_plus={{from_no_plus}}&channel={{channel}}",
        WORDS,
    ),
    (
        V9_0,
        "POST",
        "urlencoded",
        "id={{id}}&text={{text}}&to={{to}}&to_no_plus={{to_no_plus}}&from={{from}}&from_no_plus={{from_no_plus}}"
        "&channel={{channel}}",
        WORDS,
    ),
]


async def _nth_read(bridge: Bridge, number: int) -> tuple[str, ...]:
    """What was said in the room opened last, once there are so many in which something was."""

    def found(_: object) -> list[tuple[str, ...]]:
        return [texts for room in bridge.rocketchat.rooms.values() if (texts := bridge.read(room))][number - 1 :]

    return (await bridge.rocketchat.until(found))[-1]


@pytest.mark.parametrize("version", [V9_0, V26_3_31], ids=lambda version: version.name)
async def test_the_usual_templates_of_operators_arrive(version: Version, database_url: str, tmp_path: Path) -> None:
    rapidpro = RapidPro(version)
    async with running_bridge(database_url, tmp_path, rapidpro=rapidpro) as bridge:
        wanted = [each[1:] for each in A4 if each[0] is version]
        for number, (method, content_type, body, read) in enumerate(wanted, 1):
            _way(bridge, method, content_type, body)
            if body is None and bridge.channel.external:
                url = bridge.connected["channel"]["send_url"]
                query = "id={{id}}&to={{to}}&text={{text}}{{quick_replies}}"
                bridge.channel.external = replace(bridge.channel.external, send_url=f"{url}?{query}")
            await rapidpro.send_on(bridge.channel, f"bea-{number}", WORDS, quick_replies=REPLIES)
            assert await _nth_read(bridge, number) == (read,)


async def test_a_person_who_types_a_variables_name_breaks_a_json_body_and_the_retry_is_whole(
    database_url: str, tmp_path: Path
) -> None:
    seed = 7
    print("seed", seed)
    rapidpro = RapidPro(seed=seed, retry_waits=(0.02,) * 200)
    async with running_bridge(database_url, tmp_path, rapidpro=rapidpro) as bridge:
        _way(bridge, "POST", "json", JSON)
        text = 'What is "{{id}}" in your form?'
        message = await rapidpro.send_on(bridge.channel, "ana", text)
        await rapidpro.until(lambda rp: message.status == "wired" or None)
        await bridge.room_of(text)

        *broken, whole = message.attempts
        assert broken, "the seed no longer breaks the first try"
        for attempt in broken:
            assert attempt.status == 503
            assert '"unreadable_body"' in attempt.answer
            assert "accepted" not in attempt.answer
        assert whole.status == 200


async def test_a_form_is_immune_to_variables_that_a_person_types(bridge: Bridge) -> None:
    text = "{{id}} {{text}} {{quick_replies}} {{to}}"
    message = await bridge.rapidpro.send_on(bridge.channel, "ana", text)
    assert [attempt.status for attempt in message.attempts] == [200]
    await bridge.room_of(text)


async def test_a_text_of_a_hundred_thousand_characters_reaches_the_agent_in_parts_of_640(bridge: Bridge) -> None:
    text = " ".join(f"palavra{number}é" for number in range(10_000))[:100_000].strip()
    answer = await bridge.send(text)
    assert answer.status_code == 200

    def read(_: object) -> str | None:
        told = [part for room in bridge.rocketchat.rooms.values() for part in bridge.read(room)]
        return whole if len(whole := " ".join(told)) == len(text) else None

    assert await bridge.rocketchat.until(read, timeout=30) == text
    (room,) = bridge.rocketchat.rooms.values()
    assert max(map(len, bridge.read(room))) <= TEXT_LENGTH
    assert len(bridge.read(room)) <= len(text) // (TEXT_LENGTH // 2)


# who may send


async def _rows(bridge: Bridge) -> dict[str, int]:
    """How many rows each table has."""
    tables = await bridge.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return {t["tablename"]: (await bridge.query(f"SELECT count(*) FROM {t['tablename']}"))[0][0] for t in tables}  # noqa: S608


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


async def _post(bridge: Bridge, authorization: str | bytes | None, *, channel: str = "", **more: Any) -> httpx.Response:
    url = f"{bridge.url}/channels/{channel or bridge.connected['channel']['uuid']}/send"
    headers = {} if authorization is None else {b"Authorization": _bytes(authorization)}
    form = {"id": "1", "text": "Hello", "to": "ana"}
    return await bridge.http.request(
        more.get("method", "POST"), url, data=form, headers=headers, params=more.get("params")
    )


async def test_who_does_not_hold_the_token_is_told_the_same_each_time_and_nothing_is_written(bridge: Bridge) -> None:
    another, _ = await bridge.connect()
    right = bridge.connected["channel"]["send_authorization"]
    token = right.removeprefix("Token ")
    before = await _rows(bridge)
    answers = [
        await _post(bridge, None),
        await _post(bridge, ""),
        await _post(bridge, "Token"),
        await _post(bridge, "Token wrong"),
        await _post(bridge, f"Token {token}x"),
        await _post(bridge, f"Token {token[:-1]}"),
        await _post(bridge, f"Bearer {token}"),
        await _post(bridge, token),
        await _post(bridge, b"Token \xff\xfe"),
        await _post(bridge, bridge.connected["live_agents"]["authorization"]),
        await _post(bridge, f"Token {bridge.connected['workspace']['webhook_secret']}"),
        await _post(bridge, another["channel"]["send_authorization"]),
        await _post(bridge, right, channel=another["channel"]["uuid"]),
        await _post(bridge, right, channel=str(uuid4())),
        await _post(bridge, right, channel="no-uuid"),
        await _post(bridge, None, params={"authorization": right, "token": token}),
        await _post(bridge, None, method="PUT"),
        await _post(bridge, None, method="GET"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["error"]["code"] == "unauthorized"
    assert "accepted" not in answers[0].text.lower()
    assert await _rows(bridge) == before


async def test_the_scheme_of_the_authorization_may_be_written_in_any_case(bridge: Bridge) -> None:
    token = bridge.connected["channel"]["send_authorization"].removeprefix("Token ")
    for scheme in ("token", "TOKEN", "Token"):
        answer = await _post(bridge, f"{scheme} {token}")
        assert answer.json() == {"status": "accepted", "id": "1"}


async def _asked_wrongly(bridge: Bridge) -> Mapping[str, httpx.Response]:
    """Every way of being refused at the send URL, with its answer."""
    url = bridge.connected["channel"]["send_url"]
    allowed = {"Authorization": bridge.connected["channel"]["send_authorization"]}

    async def post(**values: str) -> httpx.Response:
        return await bridge.http.post(url, data=values, headers=allowed)

    return {
        "missing_text 400": await post(id="1", to="ana"),
        "missing_to 400": await post(id="1", text="Hello"),
        "missing_to 400 blank": await post(id="1", text="Hello", to="  "),
        "missing_to 400 unfilled": await post(id="1", text="Hello", to="{{to}}"),
        "missing_id 400": await post(text="Hello", to="ana"),
        "missing_id 400 unfilled": await post(text="Hello", to="ana", id="{{id}}", uuid="{{uuid}}"),
        "missing_text 400 nothing": await bridge.http.get(url, headers=allowed),
        "bad_to 400": await post(id="1", text="Hello", to="9" * 300),
        "bad_id 400": await post(id="a\tb", text="Hello", to="ana"),
        "unreadable_body 503 JSON": await bridge.http.post(
            url, content=b'{"text":"a', headers={**allowed, "content-type": "application/json"}
        ),
        "unreadable_body 503 XML": await bridge.http.post(
            url, content=b"<m><id>1", headers={**allowed, "content-type": "text/xml"}
        ),
        "body_too_large 413": await post(id="1", to="ana", text="a" * SEND_BYTES),
        "unauthorized 401": await bridge.http.post(url, data={"id": "1", "to": "ana", "text": "Hello"}),
        "method_not_allowed 405": await bridge.http.delete(url, headers=allowed),
        "not_found 404": await bridge.http.get(f"{url}/there", headers=allowed),
    }


async def test_every_refusal_has_one_shape_names_what_is_wrong_and_never_reads_like_success(bridge: Bridge) -> None:
    before = await _rows(bridge)
    for name, answer in (await _asked_wrongly(bridge)).items():
        code, status = name.split()[:2]
        assert (answer.status_code, answer.json()["error"]["code"]) == (int(status), code), name
        assert answer.headers["content-type"] == "application/json", name
        assert answer.json().keys() == {"error"}, name
        assert answer.json()["error"].keys() == {"code", "message"}, name
        assert len(answer.json()["error"]["message"]) > 5, name
        assert "accepted" not in answer.text.lower(), name
        assert ("retry-after" in answer.headers) == (status == "503"), name
        if code.startswith("missing_"):
            assert code.removeprefix("missing_") in answer.json()["error"]["message"], name
    assert await _rows(bridge) == before


# a database in trouble


async def test_a_database_that_is_away_is_503_in_good_time_and_the_retry_arrives_once(bridge: Bridge) -> None:
    await bridge.send("first", id="1")
    await bridge.room_of("first")
    async with bridge.database_away():
        for remembered in (True, False):
            if not remembered:
                bridge.runtime.directory._channels.forget(UUID(bridge.connected["channel"]["uuid"]))
            began = time.monotonic()
            answer = await bridge.send("second", id="2")
            assert time.monotonic() - began < 10
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["error"]["code"] == "database_unavailable"
            assert "accepted" not in answer.text
    answer = await bridge.send("second", id="2")
    assert answer.json() == {"status": "accepted", "id": "2"}
    await bridge.room_of("first", "second")


async def test_a_database_that_hangs_is_503_and_what_it_stores_after_all_is_there_once(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert routes.ANSWER_SECONDS <= 10
    monkeypatch.setattr(routes, "ANSWER_SECONDS", 1.0)
    connection = await asyncpg.connect(bridge.database_url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
            began = time.monotonic()
            answer = await bridge.send("slowly", id="1")
            assert 1 <= time.monotonic() - began < 3
            assert answer.status_code == 503
            assert "retry-after" in answer.headers
    finally:
        await connection.close()
    answer = await bridge.send("slowly", id="1")
    assert answer.status_code == 200
    await bridge.room_of("slowly")
    await bridge.idle()
    assert len(await bridge.query("SELECT 1 FROM message")) == 1


# who the contact is


async def test_one_urn_on_two_channels_is_two_contacts_with_a_visitor_and_a_room_each(bridge: Bridge) -> None:
    _, channel = await bridge.connect()
    await bridge.rapidpro.send_on(bridge.channel, "ana", "by the first")
    await bridge.rapidpro.send_on(channel, "ana", "by the second")
    first, second = await asyncio.gather(bridge.room_of("by the first"), bridge.room_of("by the second"))
    assert first.id != second.id
    assert first.token != second.token
    assert len(bridge.rocketchat.visitors) == 2

    await bridge.rocketchat.take(second.id, "joao.agent")
    await bridge.rocketchat.write(second.id, "joao.agent", "for the second")
    (heard,) = await bridge.rapidpro.until(lambda rp: rp.incoming(channel) or None)
    assert heard.text == "for the second"
    assert bridge.rapidpro.incoming(bridge.channel) == []


async def test_a_telephone_number_with_and_without_its_plus_is_one_contact_and_comes_back_as_last_written(
    bridge: Bridge,
) -> None:
    connected, channel = await bridge.connect(scheme="tel")
    url, headers = connected["channel"]["send_url"], {"Authorization": connected["channel"]["send_authorization"]}

    async def send(**values: str) -> None:
        answer = await bridge.http.post(url, data={"channel": channel.uuid, **values}, headers=headers)
        assert answer.status_code == 200

    await send(id="1", text="with plus", to="+250788123123", to_no_plus="250788123123")
    await send(id="2", text="without", to_no_plus="250788123123")
    await send(id="3", text="unfilled", to="{{to}}", to_no_plus="250788123123")
    room = await bridge.room_of("with plus", "without", "unfilled")
    assert len(await bridge.query("SELECT 1 FROM contact")) == 1

    await bridge.rocketchat.take(room.id, "joao.agent")
    await bridge.rocketchat.write(room.id, "joao.agent", "Hello")
    received = await bridge.rapidpro.until(lambda rp: [r for r in rp.requests if r.action == "receive"])
    assert [request.params["from"] for request in received] == ["250788123123"]


async def test_a_path_that_is_the_uuid_of_a_contact_known_by_uuid_is_that_contact(bridge: Bridge) -> None:
    uuid = str(uuid4())
    await bridge.send("as a path", id="1", to=uuid)
    room = await bridge.room_of("as a path")
    # what the live-agents API leaves of a contact whose URN it was not told
    await bridge.query("UPDATE contact SET uuid = urn, urn = NULL, path = ''")
    await bridge.send("as a uuid", id="2", to=uuid)
    assert await bridge.room_of("as a path", "as a uuid") is room

    await bridge.rocketchat.take(room.id, "joao.agent")
    await bridge.rocketchat.write(room.id, "joao.agent", "Hello")
    (heard,) = await bridge.heard("Hello")
    assert heard.urn.path == uuid
    assert len(await bridge.query("SELECT 1 FROM contact")) == 1
