"""Much that waits, into a peer that takes it at once: the service, and the queues that others have, as they come."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Final
from uuid import uuid4

import asyncpg

from benchmarks.figures import Figure, Options, Told
from benchmarks.measure import percentile
from benchmarks.records import Came
from benchmarks.stage import Lost, Stage, execute
from tests import processes
from tests.faults.wounds import CLAIMED, VARIABLE, Wounds

OF_PROCRASTINATE: Final = 5.0
CLAIM_SECONDS: Final = 0.010
EACH: Final = 10  #: messages of a conversation

_OWE: Final = """
INSERT INTO delivery (lane_id, seq, kind, body, due_at, created_at)
SELECT l.id, n, 'ReplyToContact', jsonb_build_object('text', 'w' || substr(ct.urn, 2) || ' ' || n),
       live_agents_now(), live_agents_now()
FROM lane l JOIN contact ct ON ct.id = l.conversation_id CROSS JOIN generate_series(0, $1::int - 1) AS n
WHERE l.kind = 'to_contact' ORDER BY n, l.id
"""
_DUE: Final = "UPDATE lane SET next_seq = $1, head_due = live_agents_now() WHERE kind = 'to_contact'"
_ROUTES: Final = """
UPDATE lane SET peer_id = p.id FROM peer p, contact ct JOIN channel ch ON ch.id = ct.channel_id
WHERE ct.id = lane.conversation_id AND p.dest = 'rapidpro' AND p.address = ch.rapidpro_url
"""


async def drain(stage: Stage, options: Options, told: Told) -> None:
    """How many a second go while so many wait; each for as long, and what came is looked at afterwards."""
    many = options.drained // EACH
    rates: dict[str, float] = {}
    async with stage.database(many) as (url, made):
        connection = await asyncpg.connect(url)
        await connection.execute(_ROUTES, timeout=600)
        await connection.execute(_OWE, EACH, timeout=600)
        await connection.execute(_DUE, EACH, timeout=600)
        await connection.close()
        await execute(url, "VACUUM ANALYZE")
        stage.env = {VARIABLE: Wounds(times_claims=True).to_json()}
        async with stage.bridge(url, made, module="tests.faults.replica") as target:
            rates["bridge"], verdict = await _rate(stage, options, ordered=True)
            said = [line for line in target.log.read_text().splitlines() if line.startswith(CLAIMED)]
            claims = [float(line.removeprefix(CLAIMED)) for line in said]
        stage.env = {}
    p99 = percentile(claims, 99)
    waits = f"{options.drained:,} waiting in {many:,} conversations"
    _tell(told, f"the service, {waits}", f"{rates['bridge']:.0f} messages/s", verdict)
    value = f"p99 {1000 * p99:.1f} ms of {len(claims)} claims"
    told.tell(Figure("drain", f"claims, {waits}", value, verdict, "at most 10 ms", p99 <= CLAIM_SECONDS, {"p99": p99}))
    for queue in ("procrastinate", "pgqueuer"):
        try:
            async with _queue(stage, queue, options.drained, many):
                rates[queue], verdict = await _rate(stage, options, ordered=queue == "procrastinate")
        except Lost as error:
            told.lost.append(f"drain, {queue}: {error}")
            continue
        ratio = rates["bridge"] / rates[queue]
        value = f"{rates[queue]:.0f} messages/s, so the service makes {ratio:.1f} times as many"
        judged = queue == "procrastinate"
        wanted, met = (f"at least {OF_PROCRASTINATE:g} times", ratio >= OF_PROCRASTINATE) if judged else ("", None)
        told.tell(Figure("drain", f"{queue}, {waits}", value, verdict, wanted, met, {"ratio": ratio, **rates}))


def _tell(told: Told, what: str, value: str, verdict: str) -> None:
    told.tell(Figure("drain", what, value, verdict))


async def _rate(stage: Stage, options: Options, *, ordered: bool) -> tuple[float, str]:
    """Messages a second, from the first arrival on, and that each came once, and in its order if it should."""
    await stage.ask("/bench/reset")
    async with asyncio.timeout(60):
        while not (await stage.came()).at:  # noqa: ASYNC110 - it comes from another process
            await asyncio.sleep(0.2)
    await asyncio.sleep(options.seconds)
    came = await stage.came()
    if len(came.at) < 2:
        raise Lost("nothing came")
    wrong = _out_of_order(came)
    doubled = len(came.at) - len(set(zip(came.conversation, came.number, strict=True)))
    if doubled or (ordered and wrong):
        raise Lost(f"duplicated {doubled}, out of order {wrong}")
    order = "each in order" if ordered else f"{wrong} out of order: it keeps none"
    return len(came.at) / (max(came.at) - min(came.at)), f"{len(came.at)} came, duplicated 0, {order}"


def _out_of_order(came: Came) -> int:
    """How many came that were not the next of their conversation, of those that came from the first on."""
    numbers: defaultdict[int, list[int]] = defaultdict(list)
    for conversation, number in zip(came.conversation, came.number, strict=True):
        numbers[conversation].append(number)
    return sum(b != a + 1 for each in numbers.values() for a, b in pairwise(each))


@asynccontextmanager
async def _queue(stage: Stage, name: str, count: int, conversations: int) -> AsyncIterator[None]:
    """A worker of this queue, in a database of its own in which so much waits."""
    database = f"queue_{uuid4().hex}"
    await execute(stage.server, f"CREATE DATABASE {database}")
    before, mark, more = stage.server.partition("?")
    url = f"{before.rpartition('/')[0]}/{database}{mark}{more}"
    command = [sys.executable, "-m", "benchmarks.queues", name, url, str(stage.peers), str(count), str(conversations)]
    log = stage.home / f"{name}.log"
    with log.open("w") as said:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=processes.ROOT, stdout=asyncio.subprocess.PIPE, stderr=said
        )
    try:
        async with asyncio.timeout(300):
            line = await process.stdout.readline() if process.stdout else b""
        if line != b"ready\n":
            raise Lost(f"it does not start: {log.read_text()[-300:]}")
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await execute(stage.server, f"DROP DATABASE {database} WITH (FORCE)")
