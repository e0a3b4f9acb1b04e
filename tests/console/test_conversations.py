"""Conversations: found by whatever somebody has in their hand, and read as both people saw them."""

import re
from typing import Final

import pytest

from channel.core import limits
from channel.core.operators import Role
from channel.sandbox.rocketchat import Room
from tests.bridge import Bridge
from tests.console.desk import Browser, words

pytestmark = pytest.mark.xdist_group("console")

QUESTION: Final = "Is the clinic open on Sunday?"
ANSWER: Final = "It is, from nine to noon."
LONG: Final = "very long " * 70


@pytest.fixture(scope="module")
async def room(house: Bridge) -> Room:
    """Ana and João have talked; one thing that João wrote was too long."""
    room = await house.talking("ana")
    assert (await house.send(QUESTION, id="2001")).status_code == 200
    await house.room_of("I am ana", QUESTION)
    await house.rocketchat.write(room.id, "joao.agent", ANSWER)
    await house.heard(ANSWER)
    await house.rocketchat.write(room.id, "joao.agent", LONG)
    await house.until_rows("SELECT FROM message WHERE reason = 'too_long'")
    async with house.hurrying("status"):
        await house.until_rows(
            "SELECT 1 WHERE NOT EXISTS (SELECT FROM delivery WHERE kind = 'ReportStatus' AND state = 'waiting')"
        )
    await house.idle()
    return room


async def conversation_of(house: Bridge, path: str) -> int:
    (row,) = await house.query("SELECT id FROM contact WHERE path = $1", path)
    number: int = row["id"]
    return number


async def test_those_are_first_in_which_somebody_spoke_last(
    house: Bridge, room: Room, browsers: dict[Role, Browser]
) -> None:
    await house.send("Hello", id="b1", to="bert")
    page = (await browsers[Role.OPERATE].get("/conversations")).text
    listed = [int(number) for number in re.findall(r'href="/conversations/(\d+)"', page)]
    assert listed == [await conversation_of(house, path) for path in ("bert", "ana")]
    served = (await browsers[Role.OPERATE].get("/conversations?state=served")).text
    assert re.findall(r'href="/conversations/(\d+)"', served) == [str(listed[1])]


async def test_each_conversation_is_on_one_page(
    house: Bridge, room: Room, browsers: dict[Role, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("cleo", "dan", "eve")):
        await house.send("Hello", id=f"p{number}", to=name)
    await house.send("Again", id="p9", to="cleo")
    everybody = [row["id"] for row in await house.query("SELECT id FROM contact")]
    for name, value in (("SHOWN_CONVERSATIONS", 2), ("SCANNED_MESSAGES", 3)):
        monkeypatch.setattr(limits, name, value)
        seen: list[int] = []
        path = "/conversations"
        while path:
            page = (await browsers[Role.LOOK].get(path)).text
            seen += [int(each) for each in re.findall(r'href="/conversations/(\d+)"', page)]
            found = re.search(r'href="(/conversations\?before=[^"]+)"', page)
            path = found[1] if found else ""
        assert sorted(seen) == sorted(everybody)


@pytest.mark.parametrize("what", ["uuid", "urn", "path", "our id", "room", "agent", "agent's name"])
async def test_a_conversation_is_found_by(what: str, house: Bridge, room: Room, browsers: dict[Role, Browser]) -> None:
    number = await conversation_of(house, "ana")
    await house.query("UPDATE contact SET uuid = '6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5' WHERE id = $1", number)
    (row,) = await house.query("SELECT handoff -> 'agent' ->> 'name' AS name FROM conversation WHERE id = $1", number)
    sought = {
        "uuid": "6F0C1D2E-3a4b-4c5d-8e6f-708192a3b4c5",
        "urn": "ext:ana",
        "path": " ana ",
        "our id": f"id:{number}",
        "room": room.id,
        "agent": "joao.agent",
        "agent's name": row["name"],
    }[what]
    answer = await browsers[Role.LOOK].http.get("/conversations/search", params={"q": sought})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/conversations/{number}")


async def test_a_message_is_found_by_every_id_that_it_has(
    house: Bridge, room: Room, browsers: dict[Role, Browser]
) -> None:
    (own,) = await house.query(
        "SELECT m.id, d.external_id FROM message m JOIN delivery d ON d.message_id = m.id AND d.kind = 'PostToRoom'"
        " WHERE m.external_id = '2001'"
    )
    for sought in ("2001", str(own["id"]), own["external_id"]):
        answer = await browsers[Role.LOOK].http.get("/conversations/search", params={"q": sought})
        assert answer.headers["location"] == f"/messages/{own['id']}"
        assert (await browsers[Role.LOOK].get(f"/messages/{sought}")).status_code == 200


async def test_several_that_are_found_are_listed(house: Bridge, browsers: dict[Role, Browser]) -> None:
    await house.send("Hello", id="t1", to="twin")
    await house.connect(name="second")
    await house.query(
        "INSERT INTO contact (channel_id, urn, path, visitor_token, visitor_token_hash, created_at)"
        " SELECT id, 'twin', 'other', '', 'x', live_agents_now() FROM channel WHERE name = 'second'"
    )
    await house.query("INSERT INTO conversation (id, contact_id) SELECT id, id FROM contact WHERE path = 'other'")
    said = await browsers[Role.LOOK].read("/conversations/search?q=twin")
    assert "What was found" in said
    assert [await conversation_of(house, path) for path in ("twin", "other")] == [
        int(number) for number in re.findall(r"contact id:(\d+)", said)
    ]


async def test_of_many_that_are_found_the_first_are_listed_and_the_page_says_so(
    house: Bridge, browsers: dict[Role, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.talking("twin-agent")
    monkeypatch.setattr(limits, "FOUND_CONVERSATIONS", 2)
    said = await browsers[Role.LOOK].read("/conversations/search?q=joao.agent")
    assert "only the first 2 are shown" in said
    assert "Found by its" in said


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/conversations/search", 400, "Say what is to be looked for."),
        ("/conversations/search?q=%20%00", 400, "Say what is to be looked for."),
        ("/conversations/search?q=nobody", 404, "Nothing here is called so."),
        ("/conversations/search?q=%00%ff%F0%9F%98%80%27--", 404, "Nothing here is called so."),
        ("/conversations/search?q=" + "x" * 5000, 404, "Nothing here is called so."),
        ("/conversations/search?q=id:999999999999999999", 404, "Nothing here is called so."),
        ("/conversations/12345678", 404, "There is no conversation 12345678."),
        ("/conversations/99999999999999999999999999", 404, "There is no such conversation"),
        ("/conversations/%00", 404, "There is no such conversation"),
        ("/conversations/²", 404, "There is no such conversation"),
        ("/conversations/1?before=yesterday", 400, "There is no such place in a conversation."),
        ("/conversations?before=yesterday", 400, "before is no date or time"),
        ("/conversations?before=0001-01-01", 200, "There is no conversation"),
        ("/conversations?before=9999-12-31T23:59:59-23:59", 400, "before is no date or time"),
        ("/conversations?channel=none", 400, "channel is no UUID."),
        ("/conversations?state=open", 400, "There is no such state"),
        ("/messages/nobody", 404, "There is no message nobody."),
        ("/messages/%00", 404, "There is no message"),
    ],
)
async def test_what_is_not_there_or_cannot_be_is_a_page_with_its_status_and_a_sentence(
    path: str, status: int, sentence: str, browsers: dict[Role, Browser]
) -> None:
    assert sentence in await browsers[Role.LOOK].read(path, status)


async def test_a_conversation_is_read_as_both_people_saw_it_with_every_journey(
    house: Bridge, room: Room, browsers: dict[Role, Browser]
) -> None:
    said = await browsers[Role.OPERATE].read(f"/conversations/{await conversation_of(house, 'ana')}")
    places = [said.index(text) for text in ("I am ana", QUESTION, ANSWER, LONG.strip())]
    assert places == sorted(places)
    assert "Did not go. Reason: too_long (an agent's message of more than 640 characters" in said
    asked = said[said.index(QUESTION) : said.index(ANSWER)]
    for step in (
        "received, and stored as 2001", "PostToRoom", "attempt 1: done", "Asked: POST /api/v1/livechat/message",
        "Answered: 200", "ReportStatus (delivered)", "bad_id (RapidPro does not take the message id",
        "RapidPro did not take the report that it was delivered",
    ):  # fmt: skip
        assert step in asked, (step, asked)
    assert "Asked: POST /c/ex/" in said[said.index(ANSWER) :]


async def test_a_long_conversation_is_read_page_by_page(
    house: Bridge, room: Room, browsers: dict[Role, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await conversation_of(house, "ana")
    everything = [
        str(row["id"])
        for row in await house.query(
            "SELECT id FROM message WHERE conversation_id = $1 ORDER BY created_at, id", number
        )
    ]
    monkeypatch.setattr(limits, "SHOWN_MESSAGES", 2)
    path, seen = f"/conversations/{number}", list[str]()
    while path:
        page = (await browsers[Role.OPERATE].get(path)).text
        seen = re.findall(r'id="m-([^"]+)"', page) + seen
        found = re.search(r'href="(\?before=[^"#]+)', page)
        path = f"/conversations/{number}{found[1]}" if found else ""
    assert seen == everything
    assert len(seen) > limits.SHOWN_MESSAGES


async def test_who_may_only_look_reads_nobodys_words_and_no_name_anywhere(
    house: Bridge, room: Room, browsers: dict[Role, Browser]
) -> None:
    number = await conversation_of(house, "ana")
    await house.query("UPDATE contact SET name = 'Ana Alves' WHERE id = $1", number)
    paths = [f"/conversations/{number}", "/conversations", "/messages/2001", "/conversations/search?q=twin"]
    pages = {path: (await browsers[Role.LOOK].get(path)).text for path in paths}
    hidden = ["clinic", "nine to noon", "very long", "I am ana", "Ana Alves"]
    assert [(path, each) for path, page in pages.items() for each in hidden if each in page] == []
    assert "Its words are not shown to you." in pages[f"/conversations/{number}"]
    assert "Ana Alves (contact id:" in words(await browsers[Role.OPERATE].get("/conversations"))


async def test_an_address_and_a_secret_are_on_no_page(house: Bridge, browsers: dict[Role, Browser]) -> None:
    await house.send("Hello", id="tel-1", to="250788123123")
    number = await conversation_of(house, "250788123123")
    token = house.connected["workspace"]["webhook_secret"]
    for path in ("/conversations", f"/conversations/{number}", "/messages/tel-1"):
        page = (await browsers[Role.ADMINISTER].get(path)).text
        assert [each for each in ("250788123123", token) if each in page] == [], path


async def test_what_people_write_is_text_on_the_page(house: Bridge, browsers: dict[Role, Browser]) -> None:
    await house.send('<script>alert("x")</script><b>', id="html", to="<i>mallory</i>")
    page = (await browsers[Role.OPERATE].get("/messages/html")).text
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;&lt;b&gt;" in page
    assert page.count("<script") == 1
