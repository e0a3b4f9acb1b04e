"""A Postgres of a test's own, from the wheel, that can be stopped in every manner and started again."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from channel.embedded import _start, embedded_postgres

MANNERS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill -9": signal.SIGKILL}
GONE_SECONDS = 20.0


class Cluster:
    """`url` stays the same through every restart."""

    def __init__(self, url: str, directory: Path) -> None:
        self.url = url
        self._directory = directory / "postgres"

    async def start(self) -> None:
        await asyncio.to_thread(_start, self._directory)

    async def stop(self, manner: str) -> None:
        """Stop it; on return no process of it is left, and the files are as that manner leaves them."""
        await asyncio.to_thread(self._stop, MANNERS[manner])

    def _stop(self, how: signal.Signals) -> None:
        pid = int((self._directory / "postmaster.pid").read_text().split()[0])
        family = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        os.kill(pid, how)
        given_up = monotonic() + GONE_SECONDS
        while any(map(_lives, family)) and monotonic() < given_up:
            sleep(0.05)


def _lives(pid: int) -> bool:
    """A process that only waits for its parent to look at it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def a_cluster(directory: Path) -> Iterator[Cluster]:
    """One that is running at first; stopped at the end."""
    with embedded_postgres(directory) as url:
        yield Cluster(url, directory)
