"""Channels and workspaces: what is shown of them, and what an administrator changes, as the command line would."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from channel.core.operators import Role
from channel.core.option_file import CHECKS
from channel.core.option_text import write_options
from channel.core.options import Options
from channel.store import directory
from tests.bridge import Bridge
from tests.console.desk import Browser, open_desk, words
from tests.console.test_overview import rows

pytestmark = pytest.mark.xdist_group("console")

HOURS = {"zone": "Africa/Nairobi", "monday": ["08:00-17:00"], "departments": {"Night": {"monday": ["20:00-23:00"]}}}


@pytest.fixture(autouse=True)
def _known_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of secrets for two seconds is not what these tests are about."""
    monkeypatch.setattr("channel.console.rotating.REMEMBERED_SECONDS", 0.01)


def channel_of(house: Bridge) -> str:
    return f"/channels/{house.connected['channel']['uuid']}"


def workspace_of(house: Bridge) -> str:
    return f"/workspaces/{house.connected['workspace']['uuid']}"


async def stored(house: Bridge) -> dict[str, Any]:
    (row,) = await house.query("SELECT * FROM channel WHERE removed_at IS NULL")
    return dict(row)


async def audited(house: Bridge) -> Sequence[Any]:
    """The last line of the audit."""
    (line,) = await house.query("SELECT who, what, about, outcome FROM audit ORDER BY id DESC LIMIT 1")
    return tuple(line)


async def edit(house: Bridge, browser: Browser, **fields: str) -> Any:
    """The form as the page shows it, with these fields written otherwise."""
    known = await stored(house)
    shown = {
        name: str(known[name] or "")
        for name in (
            "name",
            "rapidpro_url",
            "rapidpro_channel",
            "scheme",
            "set_up",
            "department",
            "reply_via",
            "when_ambiguous",
        )
    }
    return await browser.post(f"{channel_of(house)}/edit", {**shown, "rapidpro_token": "", **fields})


async def test_everything_that_is_set_is_shown_and_no_secret(house: Bridge, browsers: dict[Role, Browser]) -> None:
    await house.query("UPDATE channel SET hours = $1::jsonb", json.dumps(HOURS))
    look = browsers[Role.LOOK]
    listed = await look.get("/channels")
    assert [line["Channel"] for line in rows(listed.text, "Channels")] == ["test"]
    assert [line["Rocket.Chat"] for line in rows(listed.text, "Workspaces")] == [house.rocketchat_url]
    page = await look.get(channel_of(house))
    said = words(page)
    assert [line["Option"] for line in rows(page.text, "What was chosen")] == list(CHECKS)
    for known in (house.rapidpro_url, house.rocketchat_url, f"{channel_of(house)}/send", "Africa/Nairobi"):
        assert known in said, known
    assert "[departments.Night]" in said
    workspace = await look.read(workspace_of(house))
    assert f"{workspace_of(house)}/webhook" in workspace
    kept = [*((await stored(house)).values()), *(dict((await house.query("SELECT * FROM workspace"))[0])).values()]
    hashes = [value for value in kept if isinstance(value, str) and len(value) == 64]
    assert len(hashes) == 3
    secrets = [
        house.connected["workspace"]["webhook_secret"],
        *(
            house.connected[side][name].removeprefix("Token ")
            for side, name in (("channel", "send_authorization"), ("live_agents", "authorization"))
        ),
        *hashes,
    ]
    assert not [secret for secret in secrets if secret in page.text + workspace + listed.text]


async def test_who_may_not_administer_is_offered_nothing_to_change(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    for path in (channel_of(house), workspace_of(house)):
        assert 'method="post" action="/sign-out"' in (await browsers[Role.OPERATE].get(path)).text
        assert (await browsers[Role.OPERATE].get(path)).text.count("<form") == 1
        assert (await browsers[Role.ADMINISTER].get(path)).text.count("<form") == 2


async def test_what_is_written_otherwise_is_changed_and_nothing_else(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    before = await stored(house)
    answer = await edit(house, browsers[Role.ADMINISTER], department="Care", when_ambiguous="hold")
    assert (answer.status_code, answer.headers["location"]) == (303, channel_of(house))
    after = await stored(house)
    assert {name for name in after if after[name] != before[name]} == {"department", "when_ambiguous"}
    assert (after["department"], after["when_ambiguous"]) == ("Care", "hold")
    assert await audited(house) == (
        "operator:who.may.administer", "channels edit", house.connected["channel"]["uuid"], "done",
    )  # fmt: skip
    await edit(house, browsers[Role.ADMINISTER], department="", when_ambiguous="resend")
    assert {name for name, value in (await stored(house)).items() if value != before[name]} == set()


async def test_a_token_is_sealed_and_stays_where_none_is_written(house: Bridge, browsers: dict[Role, Browser]) -> None:
    await edit(house, browsers[Role.ADMINISTER], rapidpro_token="secret-api-token")
    sealed = (await stored(house))["rapidpro_token"]
    assert sealed
    assert b"secret-api-token" not in sealed
    await edit(house, browsers[Role.ADMINISTER], name="renamed")
    assert (await stored(house))["rapidpro_token"] == sealed
    await edit(house, browsers[Role.ADMINISTER], name="test")


async def test_how_words_go_follows_from_the_set_up(house: Bridge, browsers: dict[Role, Browser]) -> None:
    await edit(house, browsers[Role.ADMINISTER], set_up="a")
    assert ((await stored(house))["set_up"], (await stored(house))["reply_via"]) == ("a", "api")
    await edit(house, browsers[Role.ADMINISTER], set_up="b", reply_via="receive")
    assert ((await stored(house))["set_up"], (await stored(house))["reply_via"]) == ("b", "receive")


@pytest.mark.parametrize(
    ("field", "text", "why"),
    [
        ("rapidpro_url", "flows.test", "RapidPro's base URL is no http:// or https:// URL of a server"),
        ("rapidpro_channel", "<b>7</b>", "The External channel is no UUID"),
        ("set_up", "c", "The set-up is none of a, b"),
        ("rapidpro_token", "two words", "RapidPro's API token holds more than a token"),
    ],
)
async def test_what_cannot_be_is_said_with_what_was_written_and_changes_nothing(
    field: str, text: str, why: str, house: Bridge, browsers: dict[Role, Browser]
) -> None:
    before = await stored(house)
    answer = await edit(house, browsers[Role.ADMINISTER], department="Care", **{field: text})
    assert answer.status_code == 400
    assert f"Nothing was changed. {why}." in words(answer)
    assert 'value="Care"' in answer.text
    assert "two words" not in answer.text
    assert "<b>" not in answer.text
    assert await stored(house) == before
    assert (await audited(house))[1:] == ("channels edit", house.connected["channel"]["uuid"], "failed")


async def test_options_are_chosen_as_the_command_line_chooses_them(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    browser = browsers[Role.ADMINISTER]
    shown = await browser.get(f"{channel_of(house)}/options")
    assert "still_waiting_minutes = 5" in words(shown)
    text = write_options(Options()).replace("# keep_days = 30", "keep_days = 7").replace("\n", "\r\n")
    text = text.replace("# eng =", "eng =", 1)
    assert (await browser.post(f"{channel_of(house)}/options", {"text": text})).status_code == 303
    options = json.loads((await stored(house))["options"])
    assert options["keep_days"] == 7
    assert set(options) == {"keep_days", "templates"}
    assert (await audited(house))[1:] == ("channels options set", house.connected["channel"]["uuid"], "done")
    line = next(
        line
        for line in rows((await browser.get(channel_of(house))).text, "What was chosen")
        if line["Option"] == "keep_days"
    )
    assert (line["Says"], line["Chosen"]) == ("7", "yes")


async def test_wrong_options_are_named_by_their_line_and_change_nothing(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    before = await stored(house)
    wrong = 'leave_word = "go"\n[templates.taken]\neng = "{nam} </textarea><script>"\n'
    answer = await browsers[Role.ADMINISTER].post(f"{channel_of(house)}/options", {"text": wrong})
    assert answer.status_code == 400
    assert "Line 3: templates.taken.eng: {nam} is no placeholder of taken: it has {agent}." in words(answer)
    assert "leave_word" in words(answer)
    assert "</textarea><script>" not in answer.text
    assert await stored(house) == before
    assert (await audited(house))[3] == "failed"


async def test_hours_are_kept_as_the_command_line_keeps_them(house: Bridge, browsers: dict[Role, Browser]) -> None:
    browser, page = browsers[Role.ADMINISTER], f"{channel_of(house)}/hours"
    text = 'zone = "Africa/Nairobi"\r\nmonday-friday = "08:00-17:00"\r\n'
    assert (await browser.post(page, {"text": text})).status_code == 303
    assert json.loads((await stored(house))["hours"])["zone"] == "Africa/Nairobi"
    assert 'friday = ["08:00-17:00"]' in await browser.read(page)
    assert (await audited(house))[1:] == ("channels hours set", house.connected["channel"]["uuid"], "done")
    wrong = await browser.post(page, {"text": 'zone = "Africa/Nairobi"\nmonday = "8-17"\n'})
    assert (wrong.status_code, "Line 2: monday: 8 is no time" in words(wrong)) == (400, True)
    assert json.loads((await stored(house))["hours"])["friday"] == ["08:00-17:00"]
    assert (await browser.post(page, {"text": " "})).status_code == 303
    assert (await stored(house))["hours"] is None
    assert "None are kept: somebody is always there." in await browser.read(channel_of(house))


async def test_a_new_token_is_shown_once_and_the_one_before_is_valid_until_it_is_ended(
    house: Bridge, browsers: dict[Role, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "REMEMBERED_SECONDS", 0.0)
    browser, page = browsers[Role.ADMINISTER], channel_of(house)
    old = house.connected["channel"]["send_authorization"]
    answer = await browser.post(f"{page}/rotate", {"which": "send_token"})
    assert answer.status_code == 200
    new = words(answer).partition("make another. ")[2].partition(" Put it")[0]
    assert new.startswith("Token ")
    assert new not in (await browser.get(page)).text
    assert "Send token two are valid" in await browser.read(page)
    assert [(await house.send("x", id=f"r{n}", token=each)).status_code for n, each in enumerate((old, new))] == [
        200,
        200,
    ]
    assert (await audited(house))[1:] == ("channels rotate", house.connected["channel"]["uuid"], "done")
    assert (await browser.post(f"{page}/rotate/finish")).status_code == 303
    assert [(await house.send("x", id=f"s{n}", token=each)).status_code for n, each in enumerate((old, new))] == [
        401,
        200,
    ]
    assert "Send token one is valid" in await browser.read(page)
    kept = str(await house.query("SELECT * FROM audit"))
    assert new.removeprefix("Token ") not in kept


async def test_a_channel_has_no_other_token(house: Bridge, browsers: dict[Role, Browser]) -> None:
    before = await stored(house)
    answer = await browsers[Role.ADMINISTER].post(f"{channel_of(house)}/rotate", {"which": "name"})
    assert (answer.status_code, "and no other" in words(answer)) == (400, True)
    assert await stored(house) == before


async def test_a_new_live_agents_token_leaves_the_send_token_as_it_is(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    before = await stored(house)
    answer = await browsers[Role.ADMINISTER].post(f"{channel_of(house)}/rotate", {"which": "live_agents_token"})
    after = await stored(house)
    assert answer.status_code == 200
    assert {name for name in after if after[name] != before[name]} == {
        "live_agents_token_hash", "previous_live_agents_token_hash",
    }  # fmt: skip


async def test_a_webhook_secret_is_made_anew_too(
    house: Bridge, browsers: dict[Role, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "REMEMBERED_SECONDS", 0.0)
    browser, page, old = browsers[Role.ADMINISTER], workspace_of(house), house.connected["workspace"]["webhook_secret"]
    new = words(await browser.post(f"{page}/rotate")).partition("make another. ")[2].partition(" Put it")[0]
    statuses = [await webhook(house, secret) for secret in (old, new, "wrong")]
    assert statuses == [200, 200, 401]
    assert "two are valid" in await browser.read(page)
    assert (await browser.post(f"{page}/rotate/finish")).status_code == 303
    assert [await webhook(house, secret) for secret in (old, new)] == [401, 200]
    assert (await audited(house))[1:] == ("workspaces rotate --finish", house.connected["workspace"]["uuid"], "done")


async def webhook(house: Bridge, secret: str) -> int:
    url, headers = house.connected["workspace"]["webhook_url"], {"X-RocketChat-Livechat-Token": secret}
    return (await house.http.post(url, json={}, headers=headers)).status_code


async def test_notices_are_read_in_each_language(house: Bridge, browsers: dict[Role, Browser]) -> None:
    await house.query("""UPDATE channel SET options = '{"templates": {"taken": {"swh": "Sasa: {agent}"}}}'""")
    look, page = browsers[Role.LOOK], f"{channel_of(house)}/notices"
    assert "You are now being attended by: Maria Silva" in await look.read(page)
    arabic = await look.get(f"{page}?language=ara")
    assert 'dir="auto" lang="ar"' in arabic.text
    swahili = rows((await look.get(f"{page}?language=swh")).text, "Contacts are told")
    told = {line["Notice"]: (line["Text"], line["Whose words"]) for line in swahili}
    assert told["taken"] == ("Sasa: Maria Silva", "the channel’s")
    assert told["closed"][1] == "ours"
    assert "no code of a language" in await look.read(f"{page}?language=%3Cb%3E", 400)


async def test_policies_are_tried_on_a_sample_of_which_nothing_is_kept(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    await house.query("""UPDATE channel SET options = '{"agent_too_long": "split", "numbered": true}'""")
    browser, page = browsers[Role.OPERATE], f"{channel_of(house)}/policies"
    audits = await house.query("SELECT count(*) FROM audit")
    assert "Nothing is sent, and nothing of it is kept." in await browser.read(page)
    tried = words(await browser.post(page, {"text": "sample words " * 60}))
    assert "It would go in 2 messages" in tried
    assert "(1/2)" in tried
    assert "The agent would be told nothing" in tried
    tried = words(await browser.post(page, {"text": "Hi 😀", "file": "https://chat.test/a.jpg"}))
    assert "It would go in one message" in tried
    assert "The agent would be told" in tried
    assert "A note: none of it would go" in words(await browser.post(page, {"text": "// he is upset"}))
    assert "Correction: Tuesday" in words(await browser.post(page, {"text": "Tuesday", "edit": "yes"}))
    too_long = await browser.post(page, {"text": "x" * 20_001})
    assert (too_long.status_code, "20000 can be tried" in words(too_long)) == (400, True)
    assert await house.query("SELECT count(*) FROM audit") == audits
    assert "<b>" not in (await browser.post(page, {"text": "<b>bold</b>"})).text


@pytest.mark.parametrize("what", ["channel", "workspace"])
async def test_what_is_not_there_is_no_page(what: str, browsers: dict[Role, Browser]) -> None:
    for name in ("7", "00000000-0000-0000-0000-000000000000"):
        assert f"There is no {what} {name}" in await browsers[Role.LOOK].read(f"/{what}s/{name}", 404)


async def test_a_removed_channel_is_not_there(bridge: Bridge) -> None:
    await bridge.query("UPDATE channel SET removed_at = live_agents_now()")
    async with open_desk(bridge) as desk:
        browser = await desk.operator(Role.ADMINISTER)
        assert "There is no channel: live-agents connect makes one" in await browser.read("/channels")
        for path in ("", "/edit", "/options", "/hours", "/notices", "/policies"):
            assert (await browser.get(f"{channel_of(bridge)}{path}")).status_code == 404
