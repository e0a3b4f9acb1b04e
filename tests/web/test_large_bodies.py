"""What large bodies cost the process that takes them, and whoever else calls meanwhile."""

import asyncio
import gzip
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import monotonic

import httpx

from channel.core import limits
from tests import processes

#: of each kind, one after the other
TIMES = 3
#: so many times the largest body
GROWTH = 3


async def test_large_bodies_cost_little_memory_and_hold_nobody_up_for_long(tmp_path: Path) -> None:
    port, internal = processes.free_port(), processes.free_port()
    env = processes.environment(tmp_path, PORT=str(port), INTERNAL_PORT=str(internal), DRAIN_SECONDS="0")
    peers = ("--rocketchat-url", "http://127.0.0.1:9", "--rapidpro-url", "http://127.0.0.1:9")
    made = json.loads((await processes.run(env, "connect", "--json", *peers)).out)
    secret = {"X-RocketChat-Livechat-Token": made["workspace"]["webhook_secret"]}
    token = {"Authorization": made["channel"]["send_authorization"]}
    bodies = [transcript(10_000_000), transcript(limits.WEBHOOK_BYTES), b"x" * (limits.WEBHOOK_BYTES + 1)]
    async with processes.serving(env) as service, httpx.AsyncClient(timeout=60) as http:
        await messages(http, made["channel"], 50)
        alone = await messages(http, made["channel"], 100)
        before = memory(service.process.pid, "VmRSS")
        sending = asyncio.create_task(messages(http, made["channel"], 200))
        webhook, send = made["workspace"]["webhook_url"], made["channel"]["send_url"]
        packed = {**token, "Content-Encoding": "gzip"}
        calls = [(webhook, secret, body, 200) for body in bodies]
        calls += [(send, packed, gzip.compress(b"\0" * 10_000_000), 415), (send, token, bodies[0], 413)]
        await sent_by_others(tmp_path, calls * TIMES)
        beside = await sending
        highest = memory(service.process.pid, "VmHWM")
    growth = (highest - before) / limits.WEBHOOK_BYTES
    print(
        f"memory grew by {growth:.1f} times the largest body; messages alone: median {1000 * median(alone):.0f} ms, "
        f"p99 {1000 * quantiles(alone, n=100)[-1]:.0f} ms; beside large bodies: median {1000 * median(beside):.0f} ms, "
        f"p99 {1000 * quantiles(beside, n=100)[-1]:.0f} ms"
    )
    assert growth < GROWTH


#: in a process of its own: to send so much would keep this one from seeing how long others wait
SENDING = """
import json, sys, urllib.request, urllib.error
for url, headers, path, status in json.load(open(sys.argv[1])):
    request = urllib.request.Request(url, open(path, "rb").read(), headers)
    try:
        answered = urllib.request.urlopen(request, timeout=60).status
    except urllib.error.HTTPError as error:
        answered = error.code
    assert answered == status, (answered, status)
"""


async def sent_by_others(folder: Path, calls: Sequence[tuple[str, dict[str, str], bytes, int]]) -> None:
    """Have these bodies sent one after the other, and answered so."""
    listed = []
    for place, (url, headers, body, status) in enumerate(calls):
        path = folder / f"body-{place}"
        path.write_bytes(body)
        listed.append((url, headers, str(path), status))
    (folder / "calls.json").write_text(json.dumps(listed))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SENDING, str(folder / "calls.json"))
    assert await process.wait() == 0


def transcript(size: int) -> bytes:
    """A body of this size, of words as people write them."""
    dice = Random(size)  # noqa: S311
    words = (Path(__file__).parents[2] / "README.md").read_text().split()
    said = [
        {"_id": f"m{n}", "msg": " ".join(dice.choices(words, k=40)), "username": "joao"} for n in range(size // 400)
    ]
    body = json.dumps({"_id": "r", "type": "LivechatSession", "messages": said}).encode()
    assert len(body) <= size
    return body.ljust(size)


async def messages(http: httpx.AsyncClient, channel: dict[str, str], number: int) -> list[float]:
    """How long each of so many messages takes to be accepted."""
    seconds = []
    for each in range(number):
        form = {"id": f"{monotonic()}-{each}", "to": "ana", "text": "Hello"}
        began = monotonic()
        answer = await http.post(
            channel["send_url"], data=form, headers={"Authorization": channel["send_authorization"]}
        )
        assert answer.status_code == 200
        seconds.append(monotonic() - began)
    return seconds


def memory(pid: int, name: str) -> int:
    """Bytes of a process's memory."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024
