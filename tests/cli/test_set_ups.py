"""Which way words go in RapidPro: what `connect` says of either set-up, and how it is changed."""

import json

import pytest

from tests.cli.test_bad_input import said
from tests.cli.test_connect import PEERS, connect
from tests.processes import run

FORM = "Add Channel, External API"
CALLS = "flows call Live Agents"
NO_REPLY = "NO REPLY CAN BE SENT YET"


@pytest.mark.parametrize(
    ("given", "reply_via"),
    [
        ((), "receive"),
        (("--set-up", "a"), "api"),
        (("--set-up", "a", "--reply-via", "receive"), "receive"),
        (("--set-up", "b"), "receive"),
        (("--set-up", "b", "--reply-via", "api"), "api"),
    ],
)
async def test_how_replies_go_follows_from_the_set_up_unless_it_is_said(
    given: tuple[str, ...], reply_via: str, env: dict[str, str]
) -> None:
    made = await connect(env, *given)
    shown = await run(env, "channels", "show", made["channel"]["uuid"], "--json")
    channel = json.loads(shown.out)
    assert (channel["set_up"], channel["reply_via"]) == ("a" if "a" in given else "b", reply_via)


async def test_what_is_printed_for_a_program_is_the_same_in_both(env: dict[str, str]) -> None:
    one, other = [await connect(env, "--set-up", set_up) for set_up in ("a", "b")]
    assert {name: list(part) for name, part in one.items()} == {name: list(part) for name, part in other.items()}


async def test_set_up_a_says_what_the_flows_need_and_that_no_form_is(env: dict[str, str]) -> None:
    told = (await run(env, "connect", *PEERS, "--set-up", "a", "--rapidpro-token-file", "-", given="t0ken")).out
    assert FORM not in told
    assert "No External channel is needed" in told
    assert "Live Agents URL             https://bridge.test/live-agents\n" in told
    token = told.partition("Live Agents Token           ")[2].partition("\n")[0]
    assert f"Authorization               Token {token}\n" in told
    assert "docs/rapidpro/set-up-a.json" in told
    assert "Webhook URL                 https://bridge.test/workspaces/" in told
    assert NO_REPLY not in told
    assert "t0ken" not in told


async def test_set_up_b_says_what_the_form_needs_and_names_the_kit(env: dict[str, str]) -> None:
    told = (await run(env, "connect", *PEERS)).out
    assert FORM in told
    assert "docs/rapidpro/set-up-b.json" in told
    assert "Live Agents URL             https://bridge.test/live-agents\n" in told
    assert CALLS not in told
    assert NO_REPLY not in told


async def test_flows_that_call_with_replies_via_receive_need_both(env: dict[str, str]) -> None:
    told = (await run(env, "connect", *PEERS, "--set-up", "a", "--reply-via", "receive")).out
    assert FORM in told
    assert CALLS in told
    assert "No External channel is needed" not in told


@pytest.mark.parametrize("given", [("--set-up", "a"), ("--reply-via", "api")])
async def test_without_an_api_token_it_is_said_that_no_reply_can_be_sent(
    given: tuple[str, ...], env: dict[str, str]
) -> None:
    ended = await run(env, "connect", *PEERS, *given)
    assert ended.code == 0
    *_, command = ended.out.strip().splitlines()
    assert NO_REPLY in ended.out
    words = command.replace("live-agents ", "").replace("FILE", "-").split()
    assert (await run(env, *words, given="t0ken")).code == 0
    shown = json.loads((await run(env, "channels", "show", words[2], "--json")).out)
    assert shown["api_token"] == "stored"


async def test_a_channel_is_moved_to_the_other_set_up(env: dict[str, str]) -> None:
    number = (await connect(env))["channel"]["uuid"]
    changed = await run(env, "channels", "edit", number, "--set-up", "a")
    assert changed.code == 0
    assert NO_REPLY in changed.out
    assert NO_REPLY not in (await run(env, "channels", "edit", number, "--rapidpro-token-file", "-", given="t")).out
    kept = await run(env, "channels", "edit", number, "--reply-via", "receive")
    assert NO_REPLY not in kept.out
    shown = json.loads((await run(env, "channels", "show", number, "--json")).out)
    assert (shown["set_up"], shown["reply_via"], shown["api_token"]) == ("a", "receive", "stored")
    assert (await run(env, "channels", "edit", number, "--set-up", "b", "--reply-via", "api")).code == 0
    shown = json.loads((await run(env, "channels", "show", number, "--json")).out)
    assert (shown["set_up"], shown["reply_via"]) == ("b", "api")


async def test_a_channel_shows_whether_it_has_options_and_hours(env: dict[str, str]) -> None:
    number = (await connect(env))["channel"]["uuid"]
    shown = json.loads((await run(env, "channels", "show", number, "--json")).out)
    assert (shown["options"], shown["hours"]) == ("none", "none")
    assert (await run(env, "channels", "options", "set", "-", given='leave_word = "stop"')).code == 0
    assert (
        await run(env, "channels", "hours", "set", "-", given='zone = "Africa/Nairobi"\nmonday = "08:00-17:00"')
    ).code == 0
    shown = json.loads((await run(env, "channels", "show", number, "--json")).out)
    assert (shown["options"], shown["hours"]) == ("set", "set")


@pytest.mark.parametrize("content", ["Token abc", "abc\ndef", "abc\x01", "ключ"])
async def test_what_is_no_token_is_refused_and_changes_nothing(content: str, env: dict[str, str]) -> None:
    number = (await connect(env))["channel"]["uuid"]
    refused = await run(env, "channels", "edit", number, "--name", "Desk", "--rapidpro-token-file", "-", given=content)
    said(refused, "--rapidpro-token-file holds more than a token")
    shown = json.loads((await run(env, "channels", "show", number, "--json")).out)
    assert (shown["name"], shown["api_token"]) == ("rapidpro.test", "none")
