"""The demo as a newcomer runs it: the conversation in either set-up, then by hand, then Ctrl-C."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest

from tests.processes import ROOT, START_SECONDS, environment, run

#: what is told of the conversation, in this order
TOLD = {
    "a": (
        "Ana writes: agent",
        "the flow calls registerClient: queued",
        "Ana reads: We are looking for an agent for you.",
        "[About this chat]",
        "topic: a blocked card",
        "Ana reads: You are now being attended by: João Lima",
        "the flow calls sendMessageToAgent",
        "is asked to send it: POST messages.json → 201",
        "Ana reads: I have unblocked it.",
        "Ana reads: The chat has ended.",
        "Ana is no longer in the group Live chat",
        "none came back to RapidPro or to the agent.",
    ),
    "b": (
        "through the External channel: POST → 200",
        "the message's status is delivered",
        "Ana reads: You are now being attended by: João Lima",
        "the relay flow passes it on",
        "Ana reads: I have unblocked it.",
        "Ana reads: The chat has ended.",
        "none came back to the External channel.",
    ),
}


@pytest.mark.parametrize("set_up", TOLD)
async def test_once_it_ends_by_itself_when_the_conversation_has(set_up: str, tmp_path: Path) -> None:
    ended = await run(environment(tmp_path), "demo", "--once", "--set-up", set_up)
    assert (ended.code, ended.err) == (0, "")
    rest = ended.out
    for words in TOLD[set_up]:
        _, found, rest = rest.partition(words)
        assert found, f"{words!r} is not told, or not then: {ended.out}"
    assert "A page to try it on" not in ended.out


@pytest.mark.parametrize("set_up", TOLD)
async def test_after_the_conversation_it_goes_on_and_can_be_tried_by_hand(set_up: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "channel", "demo", "--set-up", set_up,
        env=environment(tmp_path) | {"PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        told = await _until(process, "Ana's telephone")
        assert "The answers arrived on Ana's own WhatsApp" in told
        named = "as Ana, write|ask for an agent|as the agent, look|Ana's telephone"
        urls = dict(re.findall(rf"({named}) +curl (\S+)", told))
        page = re.search(r"A page to try it on +(\S+)", told)
        assert page
        async with httpx.AsyncClient() as http:
            assert "<title>Live Agents, a rehearsal</title>" in (await http.get(page[1])).text
            if set_up == "a":
                assert (await http.post(urls["ask for an agent"], json={"text": "agent"})).status_code == 201
                await _until(process, "Ana reads: We are looking for an agent for you.")
            await http.post(urls["as Ana, write"], json={"text": "One more thing"})
            line = await _until(process, ": One more thing")
            room = re.search(r"in room (\w+): One more thing", line)
            assert room
            desk = f"{urls['as the agent, look']}/{room[1]}"
            assert (await http.post(f"{desk}/take", json={"agent": "joao.agent"})).status_code == 200
            said = {"agent": "joao.agent", "text": "Go ahead"}
            assert (await http.post(f"{desk}/write", json=said)).status_code == 200
            await _until(process, "Ana reads: Go ahead")
            assert (await http.get(urls["Ana's telephone"])).json()[-1] == "Go ahead"
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(START_SECONDS):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert not (tmp_path / "demo" / "postgres" / "postmaster.pid").exists()


@pytest.mark.parametrize(
    ("on_terminal", "variables", "opened"),
    [
        (True, {"DISPLAY": ":0"}, True),
        (True, {"DISPLAY": "", "WAYLAND_DISPLAY": ""}, False),
        (False, {"DISPLAY": ":0"}, False),
    ],
)
async def test_the_page_is_opened_for_who_sits_at_a_terminal_and_a_screen(
    on_terminal: bool, variables: dict[str, str], opened: bool, tmp_path: Path
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/asked && mv {tmp_path}/asked {tmp_path}/opened\n')
    browser.chmod(0o700)
    shown, terminal = os.openpty()
    showing = (
        "from channel.cli.demo import _show; import threading; _show('http://127.0.0.1:1');"
        "[each.join() for each in threading.enumerate() if each.daemon]"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", showing, stdout=terminal if on_terminal else asyncio.subprocess.DEVNULL,
        env=environment(tmp_path) | variables | {"BROWSER": f"{browser} %s"}, cwd=ROOT,
    )  # fmt: skip
    async with asyncio.timeout(START_SECONDS):
        assert await process.wait() == 0
    os.close(terminal)
    os.close(shown)
    said = tmp_path / "opened"
    assert (said.read_text() if said.exists() else "") == ("http://127.0.0.1:1\n" if opened else "")


async def _until(process: asyncio.subprocess.Process, words: str) -> str:
    """All that is told up to the line with these words."""
    assert process.stdout is not None
    told: list[str] = []
    async with asyncio.timeout(START_SECONDS):
        while not told or words not in told[-1]:
            line = await process.stdout.readline()
            assert line, "the demo ended: " + "".join(told)
            told.append(line.decode())
    return "".join(told)
