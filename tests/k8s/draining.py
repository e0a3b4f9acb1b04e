"""What one process and Postgres spend on a message: `python -m tests.k8s.draining [CONVERSATIONS] [MESSAGES OF EACH]`.

That many messages wait for a RapidPro that takes them at once; one process delivers them. Printed are how many a second
that was, and the time of a core that the process and all of Postgres used for each, from /proc. Nothing is judged.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import asyncpg

from channel.embedded import embedded_postgres
from channel.store.migrations import migrate
from tests.faults.backlog import known, owe, rate, rig_with_sink
from tests.faults.rig import Rig
from tests.k8s.measuring import cpu, of_postgres, postmaster_of

SEED = 1


async def drain(directory: Path, database: str, postmaster: int, contacts: int, each: int) -> None:
    async with rig_with_sink(database, directory, SEED) as (rig, sink):
        names = [f"contact{n}" for n in range(contacts)]
        await known(rig, names)
        replica = await rig.replicas.start()
        pid, count = replica.service.process.pid, contacts * each
        before = cpu(pid), of_postgres(postmaster), await written(rig)
        began = await owe(rig, names, each, "words")
        drained = await rate(sink, count, began)
        await settled(rig)
        after = cpu(pid), of_postgres(postmaster), await written(rig)
        process, database_, log = (b - a for a, b in zip(before, after, strict=True))
        print(f"{count} messages in {contacts} conversations: {drained:.0f} a second")
        spent, used = process / count * 1000, database_ / count * 1000
        print(f"of a core, for each: {spent:.2f} ms the process, {used:.2f} ms Postgres")
        print(f"for each: {log / count / 1024:.1f} KiB written ahead, {await kept(rig) / count / 1024:.1f} KiB kept")


async def settled(rig: Rig) -> None:
    while (await rig.query("SELECT count(*) FROM delivery WHERE state = 'waiting'"))[0][0]:  # noqa: ASYNC110
        await asyncio.sleep(0.1)


async def written(rig: Rig) -> float:
    return float((await rig.query("SELECT pg_current_wal_insert_lsn() - '0/0'"))[0][0])


async def kept(rig: Rig) -> float:
    """Bytes of what a delivered message leaves, with its indexes."""
    tables = "SELECT sum(pg_total_relation_size(name)) FROM unnest('{delivery,attempt}'::regclass[]) AS name"
    return float((await rig.query(tables))[0][0])


def main() -> None:
    contacts, each = (int(word) for word in (sys.argv[1:] + ["600", "10"][len(sys.argv) - 1 :])[:2])
    with tempfile.TemporaryDirectory() as home, embedded_postgres(Path(home) / "database") as url:
        postmaster = postmaster_of(Path(home) / "database")
        asyncio.run(_made(url))
        asyncio.run(drain(Path(home), url, postmaster, contacts, each))


async def _made(url: str) -> None:
    await migrate(url)
    connection = await asyncpg.connect(url)
    await connection.execute("ANALYZE")
    await connection.close()


if __name__ == "__main__":
    main()
