"""What comes more than once, in parts, or twice in the same words."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from time import monotonic

import httpx
import pytest

from channel.core import limits
from tests.faults.campaign import a_seed, percentile, pick, row
from tests.faults.rig import Rig, cancelled, running_rig
from tests.faults.talk import AGENT, talking

pytestmark = pytest.mark.anyio

#: R15: a repeat is answered this soon
REPEATED_SECONDS = 0.3
MONTH = 30 * 86400.0
#: bytes of a part: the least that courier cuts at, but for a limit of its own
PART = 60


async def test_r15_webhooks_and_sends_are_repeated_on_all_replicas(database_url: str, tmp_path: Path) -> None:
    seconds = pick(short=6.0, long=120.0)
    seed = a_seed()
    ran = f"every send and webhook of {seconds:g} s again, 1 to 5 times at once on three replicas, and after 30 days"
    with row("R15", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed) as rig:
            async with talking(rig, contacts=6, rate=6):
                await asyncio.sleep(seconds)
            await rig.drained()
            answers = await _repeat_everything(rig)
            await rig.query("UPDATE clock SET shift_seconds = shift_seconds + $1", MONTH)
            answers += await _repeat_everything(rig)
            await rig.drained()
            figures.judge(rig)
            figures.figures["repeats"] = str(len(answers))
            assert {status for status, _ in answers} == {HTTPStatus.OK}
            figures.within("p99 of their answers", percentile([took for _, took in answers], 99), REPEATED_SECONDS)


async def _repeat_everything(rig: Rig) -> list[tuple[int, float]]:
    """Each request that was taken, 1 to 5 times at once, each time by any replica; in the order of old."""
    dice, answers = rig.dice, []
    async with httpx.AsyncClient(timeout=30) as http:
        for method, url, headers, body in _taken(rig):
            times = [_again(http, rig, dice, (method, url, headers, body)) for _ in range(dice.randint(1, 5))]
            answers += await asyncio.gather(*times)
    return answers


def _taken(rig: Rig) -> list[tuple[str, str, dict[str, str], bytes]]:
    assert rig.channel.external
    secret = {"Authorization": rig.channel.external.send_authorization}
    sends = [
        (a.at, (a.method, a.url, _unmasked(a.headers) | secret, a.body.encode()))
        for a in rig.rapidpro.channel_log
        if a.status == HTTPStatus.OK
    ]
    hooks = [
        (a.at, ("POST", a.url, a.headers, httpx.Request("POST", a.url, json=a.body).content))
        for a in rig.rocketchat.webhooks
        if a.status == HTTPStatus.OK
    ]
    return [request for _, request in sorted([*sends, *hooks], key=lambda each: each[0])]


def _unmasked(headers: Mapping[str, str]) -> dict[str, str]:
    """The channel log hides the secret."""
    return {name: value for name, value in headers.items() if name.lower() != "authorization"}


async def _again(
    http: httpx.AsyncClient, rig: Rig, dice: random.Random, request: tuple[str, str, dict[str, str], bytes]
) -> tuple[int, float]:
    method, url, headers, body = request
    target = httpx.URL(url).copy_with(port=dice.choice(rig.replicas.alive).port)
    kept = {name: value for name, value in headers.items() if name.lower() not in {"host", "content-length"}}
    began = monotonic()
    answer = await http.request(method, target, headers=kept, content=body)
    return answer.status_code, monotonic() - began


async def test_r16_one_id_several_parts_and_r17_equal_words(database_url: str, tmp_path: Path) -> None:
    seed = a_seed()
    contacts = pick(short=4, long=60)
    ran = (
        f"{contacts} contacts, messages of several parts, equal parts among them; answers are lost between the parts, "
        "so that RapidPro begins again with the first; what it gave up on is sent again by an operator"
    )
    with row("R16", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed, send_retries=(3.0, 3.0)) as rig:
            assert rig.channel.external
            rig.channel.external = replace(rig.channel.external, max_length=PART)
            await rig.query("UPDATE channel SET max_length = $1", PART)
            names = [f"contact{n}" for n in range(contacts)]
            async with _losing_answers(rig):
                await asyncio.gather(*(_in_parts(rig, name) for name in names))
            await rig.drained()
            resent = await _given_up_and_sent_again(rig, names)
            await rig.drained()
            begun_anew = [m for m in rig.rapidpro.outgoing(rig.channel) if len(m.attempts) > len(m.parts)]
            figures.figures["messages begun anew"] = str(len(begun_anew))
            figures.figures["given up, and sent again"] = str(resent)
            assert begun_anew and resent
            with row("R17", f"the same words twice within 1 s, by the agents of {contacts} contacts", seed) as equal:
                between = await _equal_words(rig)
                equal.note("least time between", between)
                assert between >= limits.EQUAL_TEXT_GAP
            figures.judge(rig)


@asynccontextmanager
async def _losing_answers(rig: Rig) -> AsyncIterator[None]:
    """Now and then whoever is connected to us is cut off: what had come is stored, and its sender does not hear so."""
    dice = rig.dice

    async def cut() -> None:
        while True:
            await asyncio.sleep(dice.uniform(0.02, 0.2))
            rig.front.cut()

    cutting = asyncio.create_task(cut())
    try:
        yield
    finally:
        await cancelled(cutting)


async def _given_up_and_sent_again(rig: Rig, names: Sequence[str]) -> int:
    """Behind the first parts a message of each finds nobody, until RapidPro gives it up. How many it gave up."""
    sends = [rig.rapidpro.send_on(rig.channel, name, f"{name} again " + "word " * 40) for name in names]
    sending = asyncio.gather(*sends)
    known = len(rig.rapidpro.channel_log)
    await rig.rapidpro.until(lambda rp: len(rp.channel_log) > known or None, 60)
    rig.front.reset()
    messages = await sending
    await rig.rapidpro.until(lambda _: all(m.status not in {"queued", "errored"} for m in messages) or None, 60)
    rig.front.mend()
    failed = [message for message in messages if message.status == "failed"]
    for message in failed:
        await rig.rapidpro.resend(message)
    return len(failed)


async def _in_parts(rig: Rig, name: str) -> None:
    """Messages in different parts, and one in equal parts."""
    for number in range(3):
        text = " ".join(f"{name} part {number} {word:04}" for word in range(9))
        await rig.rapidpro.send_on(rig.channel, name, text)
    await rig.rapidpro.send_on(rig.channel, name, (f"{name} ".ljust(PART - 1, "x") + " ") * 3)


async def _equal_words(rig: Rig) -> float:
    """Both arrive; the least number of seconds that lies between."""
    for room in list(rig.rocketchat.rooms.values()):
        await rig.rocketchat.take(room.id, AGENT)
        await rig.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
        for _ in range(2):
            await rig.rocketchat.write(room.id, AGENT, "yes")
            await rig.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
    await rig.drained()
    gaps = []
    for name in {m.urn.path for m in rig.rapidpro.incoming(rig.channel) if m.urn}:
        first, second = [m.created_on for m in rig.rapidpro.incoming(rig.channel) if m.urn and m.urn.path == name]
        gaps.append((second - first).total_seconds())
    return min(gaps)
