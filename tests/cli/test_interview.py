"""connect without anything given: four questions, answered on standard input."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests import processes
from tests.cli.peers import Peers, open_peers
from tests.cli.test_connect_file import counted
from tests.processes import Ended, run

#: a question at the end of what is shown
_ASKS = re.compile(rb"\d of 4 [^\n]*: $")


@pytest.fixture(scope="module")
async def peers() -> AsyncIterator[Peers]:
    async with open_peers() as opened:
        yield opened


def answers(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


async def test_four_answers_make_a_channel_and_each_is_told_what_it_found(
    env: dict[str, str], database_url: str, peers: Peers
) -> None:
    given = answers(f"{peers.rocketchat_url}/", peers.rapidpro_url, peers.rapidpro.api_token, "Support")
    ended = await run(env, "connect", given=given)
    assert ended.code == 0, ended.err
    for told in (
        "Rocket.Chat 7.11, Omnichannel is on, somebody is there.",
        "RapidPro is there.",
        "It opens the workspace Sandbox. Set-up a: flows and API.",
        "There is Support",
    ):
        assert told in ended.err
    assert ended.err.count(" of 4 ") == 4
    assert "Channel Support:" in ended.out
    assert "Make two globals" in ended.out
    assert "NO REPLY CAN BE SENT" not in ended.out
    assert peers.rapidpro.api_token not in ended.out + ended.err
    again = await run(env, "connect", given=given)
    assert "This channel was made before; nothing had to be changed." in again.out
    assert await counted(database_url) == (1, 1)


async def test_without_a_token_it_is_set_up_b(env: dict[str, str], peers: Peers) -> None:
    ended = await run(env, "connect", given=answers(peers.rocketchat_url, peers.rapidpro_url, "", ""))
    assert ended.code == 0, ended.err
    assert "Set-up b: the External channel both ways." in ended.err
    fields = (
        "URN Type", "Address", "Country", "Method", "Encoding", "Content Type", "Max Length",
        "Authorization Header Value", "Send URL", "Request Body", "MT Response Check", "Webhook URL", "Secret Token",
    )  # fmt: skip
    places = [ended.out.index(f"  {field} ") for field in fields]
    assert places == sorted(places), "in the order of RapidPro's form, and then of Rocket.Chat's page"


async def test_the_next_run_goes_on_from_the_answers_of_one_that_failed(
    env: dict[str, str], database_url: str, peers: Peers, tmp_path: Path
) -> None:
    first = await run(env, "connect", given=answers(peers.rocketchat_url, peers.away))
    assert (first.code, await counted(database_url)) == (1, (0, 0))
    kept = tmp_path / "connect.json"
    assert json.loads(kept.read_text()) == {"rocketchat_url": peers.rocketchat_url}
    assert kept.stat().st_mode & 0o777 == 0o600
    second = await run(env, "connect", given=answers("", peers.rapidpro_url, peers.rapidpro.api_token, ""))
    assert second.code == 0, second.err
    assert f"Rocket.Chat's URL [{peers.rocketchat_url}]: " in second.err
    assert await counted(database_url) == (1, 1)
    assert not kept.exists()


WRONG: dict[str, tuple[Callable[[Peers], tuple[str, ...]], str]] = {
    "nothing": (lambda peers: (), "the answers ended before the last question; nothing was made"),
    "no URL": (lambda peers: ("chat",), "the URL of Rocket.Chat is no http:// or https:// URL"),
    "no Rocket.Chat": (lambda peers: (peers.page,), "it answers 200, but not as a Rocket.Chat does"),
    "no RapidPro": (lambda peers: (peers.rocketchat_url, peers.page), "but not as a RapidPro does"),
    "a wrong token": (lambda peers: (peers.rocketchat_url, peers.rapidpro_url, "t0ken"), "does not take the token"),
    "no department": (
        lambda peers: (peers.rocketchat_url, peers.rapidpro_url, "", "Nights"),
        "has no department Nights that is enabled and has agents: there is Support",
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_answer_is_said_and_nothing_is_made(
    name: str, env: dict[str, str], database_url: str, peers: Peers
) -> None:
    lines, sentence = WRONG[name]
    ended: Ended = await run(env, "connect", given=answers(*lines(peers)))
    assert (ended.code, ended.out) == (1, "")
    assert sentence in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err
    assert await counted(database_url) == (0, 0)


async def test_one_url_alone_is_misuse(env: dict[str, str]) -> None:
    ended = await run(env, "connect", "--rocketchat-url", "https://chat.test")
    assert ended.code == 2
    assert "--rapidpro-url" in ended.err


async def test_at_a_terminal_a_wrong_answer_is_asked_again_and_the_token_is_not_shown(
    env: dict[str, str], database_url: str, peers: Peers
) -> None:
    """Typed one by one, each when its question stands there."""
    typed = (peers.page, peers.rocketchat_url, peers.rapidpro_url, "wr0ng", peers.rapidpro.api_token, "Support")
    shown = await _at_a_terminal(env, typed)
    assert "but not as a Rocket.Chat does" in shown
    assert "does not take the token" in shown
    assert "Channel Support:" in shown
    assert "wr0ng" not in shown
    assert peers.rapidpro.api_token not in shown
    assert await counted(database_url) == (1, 1)


async def _at_a_terminal(env: dict[str, str], typed: tuple[str, ...]) -> str:
    """What stands on the screen in the end."""
    ours, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "channel", "connect", env=env, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    reading = asyncio.create_task(asyncio.to_thread(_answer, ours, list(typed)))
    try:
        async with asyncio.timeout(processes.START_SECONDS * 2):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        shown = await reading
        os.close(ours)
    return shown


def _answer(screen: int, left: list[str]) -> str:
    """Type an answer whenever a question stands at the end; until nobody writes there any more."""
    shown = b""
    while True:
        try:
            shown += os.read(screen, 4096)
        except OSError:
            return shown.decode()
        if left and _ASKS.search(shown):
            os.write(screen, f"{left.pop(0)}\n".encode())
            shown += b"\n"
