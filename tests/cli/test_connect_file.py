"""connect FILE: the same channel from the same file, and nothing where a peer is not what it is taken for."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest

from tests.cli.peers import Peers, open_peers
from tests.cli.test_bad_input import said
from tests.processes import Ended, run

#: what is wrong in a file: the lines that replace others, and the sentence
Case = tuple[Callable[[Peers], dict[str, str]], str]

WRONG: dict[str, Case] = {
    "no URL": (lambda peers: {"rocketchat_url": "chat"}, "rocketchat_url is no http:// or https:// URL"),
    "nobody there": (lambda peers: {"rocketchat_url": peers.away}, "could not be reached"),
    "a page": (lambda peers: {"rocketchat_url": peers.page}, "it answers 200, but not as a Rocket.Chat does"),
    "a redirect": (lambda peers: {"rocketchat_url": peers.moved}, "it leads to http://127.0.0.1"),
    "the other peer": (lambda peers: {"rocketchat_url": peers.rapidpro_url}, "but not as a Rocket.Chat does"),
    "too old": (lambda peers: {"rocketchat_url": peers.old}, "this is Rocket.Chat 3.2: Live Agents needs 3.3 or newer"),
    "off": (lambda peers: {"rocketchat_url": peers.off}, "Omnichannel is off"),
    "an unknown department": (lambda peers: {"department": "Nights"}, "has no department Nights"),
    "RapidPro away": (lambda peers: {"rapidpro_url": peers.away}, "no RapidPro was found at"),
    "no RapidPro": (lambda peers: {"rapidpro_url": peers.rocketchat_url}, "but not as a RapidPro does"),
    "a wrong token": (lambda peers: {"rapidpro_token": '{env = "WRONG"}'}, "does not take the token"),
    "no token there": (lambda peers: {"rapidpro_token": '{env = "UNSET"}'}, "UNSET is not set there"),
    "a token itself": (lambda peers: {"rapidpro_token": '"t0ken"'}, "line 5: rapidpro_token: write where the secret"),
    "a line that is none": (lambda peers: {"name": "Help"}, "this is no TOML"),
    "a key that is none": (lambda peers: {"nmae": '"Help"'}, "line 6: nmae: unknown"),
}


@pytest.fixture(scope="module")
async def peers() -> AsyncIterator[Peers]:
    async with open_peers() as opened:
        yield opened


def file(peers: Peers, path: Path, **other: str) -> Path:
    """A connection with these lines of TOML in place of others."""
    lines = {
        "name": '"Helpline"',
        "set_up": '"a"',
        "rocketchat_url": peers.rocketchat_url,
        "rapidpro_url": peers.rapidpro_url,
        "rapidpro_token": '{file = "token.txt"}',
        **other,
    }
    (path / "token.txt").write_text(peers.rapidpro.api_token)
    written = path / "helpline.toml"
    written.write_text("".join(f"{key} = {_toml(key, value)}\n" for key, value in lines.items()))
    return written


def _toml(key: str, value: str) -> str:
    return f'"{value}"' if key.endswith("_url") or key == "department" else value


async def counted(database_url: str) -> tuple[int, int]:
    """Channels and workspaces."""
    connection = await asyncpg.connect(database_url)
    try:
        query = "SELECT (SELECT count(*) FROM channel), (SELECT count(*) FROM workspace)"
        channels, workspaces = await connection.fetchrow(query)
        return channels, workspaces
    finally:
        await connection.close()


async def test_a_file_makes_a_channel_once_and_says_the_same_again(
    env: dict[str, str], database_url: str, peers: Peers, tmp_path: Path
) -> None:
    path = file(peers, tmp_path, department="Support")
    first = json.loads((await run(env, "connect", str(path), "--json")).out)
    second = json.loads((await run(env, "connect", str(path), "--json")).out)
    assert await counted(database_url) == (1, 1)
    assert first["channel"].pop("send_authorization").startswith("Token ")
    assert first["live_agents"].pop("authorization").startswith("Token ")
    assert second["channel"].pop("send_authorization") is None
    assert second["live_agents"].pop("authorization") is None
    assert first == second


async def test_two_at_once_make_one_channel(
    env: dict[str, str], database_url: str, peers: Peers, tmp_path: Path
) -> None:
    path = file(peers, tmp_path)
    ended = await asyncio.gather(*(run(env, "connect", str(path), "--json") for _ in range(2)))
    assert [each.code for each in ended] == [0, 0]
    assert len({json.loads(each.out)["channel"]["uuid"] for each in ended}) == 1
    assert await counted(database_url) == (1, 1)


async def test_what_the_file_says_otherwise_is_changed_and_nothing_else(
    env: dict[str, str], database_url: str, peers: Peers, tmp_path: Path
) -> None:
    made = json.loads((await run(env, "connect", str(file(peers, tmp_path)), "--json")).out)
    told = (await run(env, "connect", str(file(peers, tmp_path, department="Support")))).out
    assert "changed: department" in told
    assert "NO REPLY CAN BE SENT" not in told
    shown = json.loads((await run(env, "channels", "show", made["channel"]["uuid"], "--json")).out)
    assert (shown["name"], shown["department"], shown["set_up"]) == ("Helpline", "Support", "a")
    again = await run(env, "connect", str(file(peers, tmp_path, department="Support")))
    assert "nothing had to be changed" in again.out
    assert peers.rapidpro.api_token not in told + again.out
    assert await counted(database_url) == (1, 1)


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_is_said_and_nothing_is_made(
    name: str, env: dict[str, str], database_url: str, peers: Peers, tmp_path: Path
) -> None:
    changes, sentence = WRONG[name]
    path = file(peers, tmp_path, **changes(peers))
    ended = await run(env | {"WRONG": "t0ken"}, "connect", str(path))
    said(ended, sentence)
    assert "t0ken" not in ended.err
    assert await counted(database_url) == (0, 0)


async def test_a_second_run_after_a_failure_carries_on(
    env: dict[str, str], database_url: str, peers: Peers, tmp_path: Path
) -> None:
    said(await run(env, "connect", str(file(peers, tmp_path, rapidpro_url=peers.away))), "no RapidPro was found")
    ended: Ended = await run(env, "connect", str(file(peers, tmp_path)))
    assert ended.code == 0, ended.err
    assert await counted(database_url) == (1, 1)


async def test_a_file_goes_with_no_other_option_and_must_be_there(
    env: dict[str, str], peers: Peers, tmp_path: Path
) -> None:
    said(await run(env, "connect", str(file(peers, tmp_path)), "--name", "Desk"), "FILE says it all")
    said(await run(env, "connect", str(tmp_path / "none.toml")), "none.toml cannot be read")
