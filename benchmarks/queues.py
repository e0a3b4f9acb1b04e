"""The queues that others have, at the same work: `python -m benchmarks.queues NAME URL PEERS COUNT CONVERSATIONS`.

Each as it comes: its own tables, its own worker, and as many jobs at once as the service has lanes under way. A job
hands a message to the peer with the client that the service has. Prints `ready` when everything waits, and then works
until it is ended.
"""

import asyncio
import json
import sys
from typing import Final

import asyncpg
import uvloop

from benchmarks.relay import CHANNEL
from channel.core import limits
from channel.core.networks import THIS_MACHINE
from channel.rapidpro.wire import courier
from channel.transport import Transport, open_http

AT_ONCE: Final = limits.PEER_SLOTS

_PROCRASTINATE: Final = """
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args)
SELECT 'default', 'deliver', 'c' || c, jsonb_build_object('conversation', c, 'number', n)
FROM generate_series(0, $2::int / $1::int - 1) AS n CROSS JOIN generate_series(0, $1::int - 1) AS c ORDER BY n, c
"""


class Delivering:
    """Hands one message on."""

    def __init__(self, transport: Transport, peers: str) -> None:
        self._transport = transport
        self._peers = peers

    async def __call__(self, conversation: int, number: int) -> None:
        said = courier.receive(CHANNEL, f"c{conversation}", f"w{conversation} {number}", "")
        await self._transport.perform(self._peers, said)


async def procrastinate(url: str, deliver: Delivering, count: int, conversations: int) -> None:
    from procrastinate import App, PsycopgConnector  # noqa: PLC0415 - only one of the two is wanted

    app = App(connector=PsycopgConnector(conninfo=url))

    @app.task(name="deliver")  # type: ignore[untyped-decorator]  # it is typed, but not installed with the tools
    async def task(conversation: int, number: int) -> None:
        await deliver(conversation, number)

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        connection = await asyncpg.connect(url)
        await connection.execute(_PROCRASTINATE, conversations, count, timeout=600)
        await connection.execute("VACUUM ANALYZE", timeout=600)
        await connection.close()
        print("ready", flush=True)
        await app.run_worker_async(concurrency=AT_ONCE, install_signal_handlers=False)


async def pgqueuer(url: str, deliver: Delivering, count: int, conversations: int) -> None:
    from pgqueuer import PgQueuer  # noqa: PLC0415
    from pgqueuer.db import AsyncpgDriver  # noqa: PLC0415
    from pgqueuer.models import Job  # noqa: PLC0415
    from pgqueuer.queries import Queries  # noqa: PLC0415

    connection = await asyncpg.connect(url)
    driver = AsyncpgDriver(connection)
    queries = Queries(driver)
    await queries.install()
    for number in range(count // conversations):
        payloads = [json.dumps([conversation, number]).encode() for conversation in range(conversations)]
        await queries.enqueue(["deliver"] * len(payloads), list(payloads), [0] * len(payloads))
    await connection.execute("VACUUM ANALYZE", timeout=600)
    queue = PgQueuer(driver)

    @queue.entrypoint("deliver", concurrency_limit=AT_ONCE)  # type: ignore[untyped-decorator]
    async def task(job: Job) -> None:
        await deliver(*json.loads(job.payload or b"[]"))

    print("ready", flush=True)
    await queue.run()


async def main() -> None:
    name, url, peers, count, conversations = sys.argv[1:]
    work = {"procrastinate": procrastinate, "pgqueuer": pgqueuer}[name]
    async with open_http(THIS_MACHINE) as http:
        deliver = Delivering(Transport(http), f"http://127.0.0.1:{peers}")
        await work(url, deliver, int(count), int(conversations))


if __name__ == "__main__":
    # psycopg does not run on uvloop on every platform; the others do, as they come
    asyncio.run(main()) if sys.argv[1] == "procrastinate" else uvloop.run(main())
