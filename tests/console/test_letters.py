"""Dead letters: listed by reason, and replayed, written anew and discarded, one or many, with what follows."""

import re
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from channel.core import limits
from channel.core.operators import Role
from tests.bridge import Bridge
from tests.console.desk import Browser, words

pytestmark = pytest.mark.xdist_group("console")

WORDS: Final = "a very private question"


@pytest.fixture(autouse=True)
async def _nothing_is_left(house: Bridge) -> AsyncIterator[None]:
    yield
    await house.query("UPDATE delivery SET state = 'discarded' WHERE state IN ('dead', 'waiting')")
    await house.query("UPDATE lane SET head_due = NULL")


async def dead(house: Bridge, name: str, *texts: str, reason: str = "unreachable") -> list[int]:
    """A contact in whose room these words are dead letters."""
    await house.talking(name)
    found = []
    for place, text in enumerate(texts):
        assert (await house.send(text, id=f"{name}-{place}", to=name)).status_code == 200
        (row,) = await house.until_rows(
            "UPDATE delivery d SET state = 'dead', reason = $2, ended_at = live_agents_now() FROM message m"
            " WHERE m.id = d.message_id AND m.external_id = $1 AND d.kind = 'PostToRoom' AND d.state = 'done'"
            " RETURNING d.id",
            f"{name}-{place}",
            reason,
        )
        found.append(row["id"])
    await house.query("UPDATE message SET status = 'failed', reason = $1 WHERE external_id = ANY($2::text[])", reason,
                      [f"{name}-{place}" for place in range(len(texts))])  # fmt: skip
    return found


async def state(house: Bridge, *numbers: int) -> list[str]:
    rows = await house.query("SELECT state FROM delivery WHERE id = ANY($1::bigint[]) ORDER BY id", list(numbers))
    return [row["state"] for row in rows]


async def last_line(house: Bridge) -> tuple[Any, ...]:
    (row,) = await house.query("SELECT who, what, about, outcome FROM audit ORDER BY id DESC LIMIT 1")
    return tuple(row)


async def test_they_are_listed_by_reason_and_those_are_shown_that_are_asked_for(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    one, two = await dead(house, "kim", WORDS, "another")
    (three,) = await dead(house, "lea", "a third", reason="max_wait")
    browser = browsers[Role.OPERATE]
    page = await browser.get("/dead-letters")
    assert "unreachable test 2" in words(page)
    assert "max_wait test 1" in words(page)
    assert WORDS in words(page)
    assert letters_on(page.text) == [three, two, one]
    assert letters_on((await browser.get("/dead-letters?reason=max_wait")).text) == [three]
    assert letters_on((await browser.get("/dead-letters?until=2026-01-01")).text) == []
    channel = house.connected["channel"]["uuid"]
    assert letters_on((await browser.get(f"/dead-letters?channel={channel}&since=2026-01-01")).text) == [
        three,
        two,
        one,
    ]


def letters_on(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'href="/dead-letters/(\d+)"', page)]


async def test_they_are_read_page_by_page(
    house: Bridge, browsers: dict[Role, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await dead(house, "pia", *"abcde")
    monkeypatch.setattr(limits, "SHOWN_LETTERS", 2)
    path, seen = "/dead-letters?reason=unreachable", list[int]()
    while path:
        page = (await browsers[Role.OPERATE].get(path)).text
        seen += letters_on(page)
        found = re.search(r'href="(/dead-letters\?before=[^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert seen == known[::-1]


async def test_one_goes_again_and_what_follows_is_shown(house: Bridge, browsers: dict[Role, Browser]) -> None:
    (number,) = await dead(house, "mia", "please go again")
    browser = browsers[Role.OPERATE]
    shown = await browser.read(f"/dead-letters/{number}")
    for part in (
        "PostToRoom, from the contact",
        "Reason unreachable : No connection for 72 hours. What to do Repair the way, replay.",
        "please go again",
        "attempt 1: done",
    ):
        assert part in shown
    answer = await browser.post("/dead-letters/replay", {"delivery": str(number)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/dead-letters/after?delivery={number}")
    await house.until_rows("SELECT FROM delivery WHERE id = $1 AND state = 'done'", number)
    after = await browser.read(answer.headers["location"])
    assert "PostToRoom in to_agent : done" in after
    assert "RapidPro is told delivered" in after
    assert await last_line(house) == ("operator:who.may.operate", "replay", f"delivery:{number}", "done")
    again = await browser.post("/dead-letters/replay", {"delivery": str(number)})
    assert (again.status_code, "None of these goes again" in again.text) == (409, True)
    assert f"Delivery {number} is no dead letter" in await browser.read(f"/dead-letters/{number}", 404)


async def test_many_go_again_those_chosen_and_all_that_are_meant(house: Bridge, browsers: dict[Role, Browser]) -> None:
    chosen = await dead(house, "ned", "one", "two")
    meant = await dead(house, "oda", "three", "four", reason="max_wait")
    rest = await dead(house, "pam", "five", reason="stale")
    answer = await browsers[Role.OPERATE].post("/dead-letters/replay", {"delivery": [str(each) for each in chosen]})
    assert answer.status_code == 303
    await house.idle()
    # the form says which, whatever the address does
    answer = await browsers[Role.OPERATE].post(
        "/dead-letters/replay-all?until=2026-01-02", {"sure": "yes", "reason": "max_wait", "since": "2026-01-01"}
    )
    assert answer.headers["location"] == "/dead-letters?gone=2"
    assert "2 deliveries go again" in await browsers[Role.OPERATE].read(answer.headers["location"])
    await house.idle()
    assert await state(house, *chosen, *meant, *rest) == ["done"] * 4 + ["dead"]
    assert (await last_line(house))[1:3] == ("replay", "since 2026-01-01 00:00:00+00:00, reason max_wait")


async def test_one_is_written_anew_and_goes_and_the_audit_says_so_without_the_words(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    room = await house.talking("quin")
    await house.send("with a typo", id="quin-0", to="quin")
    await house.room_of("I am quin", "with a typo")
    await house.idle()
    # an answer that RapidPro did not take
    await house.rocketchat.write(room.id, "joao.agent", "come at ten")
    await house.heard("come at ten")
    await house.idle()
    (row,) = await house.query(
        "UPDATE delivery SET state = 'dead', reason = 'http_400', ended_at = live_agents_now()"
        " WHERE kind = 'ReplyToContact' AND body ->> 'text' = 'come at ten' RETURNING id, message_id"
    )
    browser = browsers[Role.OPERATE]
    for text, why in (("", "nothing in it to be seen"), ("x" * 641, "It has 641 characters"), ("😀", "an emoji")):
        answer = await browser.post(f"/dead-letters/{row['id']}/edit", {"text": text})
        assert (answer.status_code, why in words(answer)) == (400, True)
    assert await state(house, row["id"]) == ["dead"]
    answer = await browser.post(f"/dead-letters/{row['id']}/edit", {"text": "come at eleven"})
    assert answer.status_code == 303
    await house.heard("come at ten", "come at eleven")
    await house.idle()
    assert await last_line(house) == ("operator:who.may.operate", "edit", f"delivery:{row['id']}", "done")
    assert not await house.query("SELECT FROM audit WHERE about LIKE '%eleven%' OR what LIKE '%eleven%'")
    shown = await browser.read(f"/messages/{row['message_id']}")
    for part in ("come at ten", "The contact reads: come at eleven", "its words written anew by an operator"):
        assert part in shown
    assert (await browser.post(f"/dead-letters/{row['id']}/edit", {"text": "again"})).status_code == 404


async def test_some_are_discarded_with_a_reason_and_rapidpro_is_told(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    numbers = await dead(house, "rob", "one", "two")
    browser = browsers[Role.OPERATE]
    for reason in ("", " ", "x" * 201, "two\nlines"):
        answer = await browser.post("/dead-letters/discard", {"delivery": str(numbers[0]), "reason": reason})
        assert (answer.status_code, "Say why" in answer.text) == (400, True)
    await house.query("UPDATE message SET status = NULL WHERE external_id = 'rob-0'")
    chosen: dict[str, str | list[str]] = {"delivery": [str(each) for each in numbers], "reason": "told by telephone"}
    answer = await browser.post("/dead-letters/discard", chosen)
    assert answer.status_code == 303
    assert await state(house, *numbers) == ["discarded"] * 2
    after = await browser.read(answer.headers["location"])
    assert after.count("told by telephone") == 2
    assert after.count("RapidPro is told failed") == 2
    assert "told by telephone" in await browser.read("/messages/rob-0")
    assert (await last_line(house))[1:] == ("discard", ", ".join(f"delivery:{each}" for each in numbers), "done")
    assert (await browser.post("/dead-letters/discard", chosen)).status_code == 409


async def test_one_of_no_message_is_discarded_and_does_not_go_again(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    await house.talking("sue")
    (row,) = await house.query(
        "INSERT INTO delivery (lane_id, seq, kind, body, due_at, created_at, ended_at, state, reason)"
        ' SELECT l.id, 1000, \'CloseRoom\', \'{"room": "r", "comment": ""}\', live_agents_now(), live_agents_now(),'
        " live_agents_now(), 'dead', 'not_allowed' FROM lane l JOIN contact ct ON ct.id = l.conversation_id"
        " WHERE ct.path = 'sue' AND l.kind = 'to_agent' RETURNING id"
    )
    browser = browsers[Role.OPERATE]
    assert "It is of no message, and does not go again" in await browser.read(f"/dead-letters/{row['id']}")
    assert (await browser.post("/dead-letters/replay", {"delivery": str(row["id"])})).status_code == 409
    assert (await browser.post(f"/dead-letters/{row['id']}/edit", {"text": "x"})).status_code == 404
    discarded = await browser.post("/dead-letters/discard", {"delivery": str(row["id"]), "reason": "closed by hand"})
    assert discarded.status_code == 303
    assert await state(house, row["id"]) == ["discarded"]


async def test_who_may_only_look_sees_why_and_no_words_and_has_no_button(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    (number,) = await dead(house, "tim", WORDS)
    await house.query("UPDATE contact SET name = 'Tim Tulp' WHERE path = 'tim'")
    for path in ("/dead-letters", f"/dead-letters/{number}", f"/dead-letters/after?delivery={number}"):
        page = await browsers[Role.LOOK].get(path)
        assert "unreachable" in page.text
        assert not [each for each in (WORDS, "Tim Tulp") if each in page.text], path
        assert page.text.count("<form") - page.text.count('method="get"') == 1, path  # to sign out
    answer = await browsers[Role.LOOK].post("/dead-letters/replay", {"delivery": str(number)})
    assert (answer.status_code, await state(house, number)) == (403, ["dead"])


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/dead-letters/1", 404, "Delivery 1 is no dead letter"),
        ("/dead-letters/x", 404, "There is no such dead letter"),
        ("/dead-letters/after", 404, "There are no such deliveries"),
        ("/dead-letters/after?delivery=x", 404, "There is no such delivery"),
        ("/dead-letters?channel=x", 400, "channel is no UUID"),
        ("/dead-letters?since=2026-03-02&until=2026-03-01", 400, "The time ends before it begins."),
        ("/dead-letters?since=soon", 400, "since is no date or time"),
        ("/dead-letters?before=soon", 400, "There is no such page"),
        ("/dead-letters?reason=%00nothing", 200, "There is no such dead letter."),
        ("/dead-letters?gone=<script>", 200, "There is no dead letter."),
        ("/audit?before=x", 404, "There is no such line"),
        ("/conversations/" + "0" * 5000 + "1", 404, "There is no such conversation"),
        ("/dead-letters/after?delivery=" + "0" * 5000 + "1", 404, "There is no such delivery"),
    ],
)
async def test_what_is_not_there_or_cannot_be_is_said_in_a_sentence(
    path: str, status: int, sentence: str, browsers: dict[Role, Browser]
) -> None:
    assert sentence in await browsers[Role.OPERATE].read(path, status)


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/dead-letters/replay", {}, 400),
        ("/dead-letters/replay", {"delivery": "x"}, 404),
        ("/dead-letters/replay", {"delivery": "-1"}, 404),
        ("/dead-letters/replay", {"delivery": "99999999999999999999"}, 404),
        ("/dead-letters/discard", {"reason": "why"}, 400),
        ("/dead-letters/discard", {"reason": "why", "delivery": "9" * 5000}, 404),
        ("/dead-letters/replay-all", {"sure": "yes", "channel": "x"}, 400),
        ("/dead-letters/replay-all", {"sure": "yes", "since": "x"}, 400),
        ("/dead-letters/replay-all", {"sure": "yes", "channel": "00000000-0000-4000-8000-000000000000"}, 404),
        ("/dead-letters/replay-all", {"channel": ""}, 400),
        ("/dead-letters/1/edit", {"text": "words"}, 404),
        ("/dead-letters/x/edit", {"text": "words"}, 404),
    ],
)
async def test_a_decision_about_nothing_is_refused(
    path: str, fields: dict[str, str], status: int, browsers: dict[Role, Browser]
) -> None:
    answer = await browsers[Role.OPERATE].post(path, fields)
    assert answer.status_code == status
    assert words(answer).startswith("That did not work")


async def test_the_audit_is_read_by_what_and_by_whom_page_by_page(
    house: Bridge, browsers: dict[Role, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    await browsers[Role.OPERATE].post("/dead-letters/replay", {"delivery": "4711"})
    said = await browsers[Role.LOOK].read("/audit?about=delivery:4711")
    assert "operator:who.may.operate replay delivery:4711 failed" in said
    assert "delivery:4711" not in await browsers[Role.LOOK].read("/audit?who=operator:nobody")
    monkeypatch.setattr(limits, "SHOWN_AUDIT", 2)
    path, seen = "/audit", 0
    while path:
        page = (await browsers[Role.LOOK].get(path)).text
        seen += page.count("<time")
        found = re.search(r'href="(/audit\?before=[^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    (row,) = await house.query("SELECT count(*) AS lines FROM audit")
    assert seen == row["lines"]
