"""A Postgres of a test's own, from the wheel, that can be stopped in every manner and started again."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep

from channel.embedded import embedded_postgres

MANNERS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill -9": signal.SIGKILL}
GONE_SECONDS = 20.0


class Cluster:
    """`url` stays the same through every restart."""

    def __init__(self, directory: Path, users: ExitStack) -> None:
        self.url = users.enter_context(embedded_postgres(directory))
        self.data = directory / "postgres"
        #: where the programs of this Postgres are
        self.programs = Path(f"/proc/{self._pid}/exe").resolve().parent
        self._directory = directory
        self._users = users

    async def start(self) -> None:
        """As one more user of it: whoever comes to a server that is down starts it."""
        await asyncio.to_thread(self._users.enter_context, embedded_postgres(self._directory))

    async def stop(self, manner: str) -> None:
        """Stop it; on return no process of it is left, and the files are as that manner leaves them."""
        await asyncio.to_thread(self._stop, MANNERS[manner])

    @property
    def _pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def _stop(self, how: signal.Signals) -> None:
        pid = self._pid
        family = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        os.kill(pid, how)
        given_up = monotonic() + GONE_SECONDS
        # one that waits for its parent to look at it still looks alive to a Postgres that starts
        while any(Path(f"/proc/{each}").exists() for each in family) and monotonic() < given_up:
            sleep(0.05)


@contextmanager
def a_cluster(directory: Path) -> Iterator[Cluster]:
    """One that is running at first; stopped at the end."""
    with ExitStack() as users:
        yield Cluster(directory, users)
