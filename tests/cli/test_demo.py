"""The demo as a newcomer runs it: the conversation, then by hand, then Ctrl-C."""

import asyncio
import re
import signal
import sys
from pathlib import Path

import httpx

from tests.processes import START_SECONDS, environment


async def test_after_the_conversation_it_goes_on_and_can_be_tried_by_hand(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "channel", "demo", env=environment(tmp_path) | {"PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        told = await _until(process, "Ana's telephone")
        assert "The answers arrived on Ana's own WhatsApp" in told
        urls = dict(re.findall(r"(as Ana, write|as the agent, look|Ana's telephone) +curl (\S+)", told))
        async with httpx.AsyncClient() as http:
            answer = await http.post(urls["as Ana, write"], json={"text": "One more thing"})
            assert answer.status_code == 201
            line = await _until(process, "the agents see")
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
