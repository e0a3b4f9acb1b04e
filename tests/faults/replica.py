"""`live-agents`, wounded: the rig runs this in place of `python -m channel`.

All that goes wrong in the process itself is done here, around the shipped code: a kill at a named point, and "the write
happened and then timed out" at the database and at the HTTP client.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import asyncpg
import httpx
from httpx_aiohttp import AiohttpTransport

from channel.cli.main import main
from channel.core.claimed import Claimed
from channel.core.events import Outcome
from channel.delivery.sending import Sending
from channel.store import claims
from tests.faults import crash_points
from tests.faults.wounds import CLAIMED, VARIABLE, Wounds

#: methods of a connection by which statements are executed, BEGIN and COMMIT among them
_STATEMENTS = ("execute", "fetch", "fetchrow", "fetchval")


class Wounded:
    """One process and what is wrong with it."""

    def __init__(self, wounds: Wounds) -> None:
        self._wounds = wounds
        self._dice = random.Random(wounds.seed)
        self._armed = False
        self._passes = 0

    def arm(self, number: int, frame: FrameType | None) -> None:
        self._armed = True

    def disarm(self, number: int, frame: FrameType | None) -> None:
        self._armed = False

    def install(self) -> None:
        signal.signal(signal.SIGUSR1, self.arm)
        signal.signal(signal.SIGUSR2, self.disarm)
        if self._wounds.crash:
            crash_points.watch(self.passed)
        if self._wounds.statements:
            for name in _STATEMENTS:
                setattr(asyncpg.Connection, name, self._executed(getattr(asyncpg.Connection, name)))
        if self._wounds.exchanges:
            handle = AiohttpTransport.handle_async_request
            setattr(AiohttpTransport, "handle_async_request", self._performed(handle))  # noqa: B010
        if self._wounds.skew or self._wounds.jump:
            time.time = self._told_by(time.time)
        if self._wounds.poison:
            setattr(Sending, "__call__", self._poisoned(Sending.__call__))  # noqa: B010
        if self._wounds.times_claims:
            setattr(claims, "claim", _timed(claims.claim))  # noqa: B010

    def passed(self, point: crash_points.Point, directions: frozenset[str]) -> None:
        """Kill this process if this is the place: nothing of it runs any more."""
        wanted = self._wounds
        if not self._armed or point != wanted.crash or (wanted.direction and wanted.direction not in directions):
            return
        self._passes += 1
        if self._passes == wanted.passes:
            os.write(2, f"killed: {point}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def _told_by(self, clock: Callable[[], float]) -> Callable[[], float]:
        def told() -> float:
            right = clock()
            jumped = self._wounds.jump if self._armed and int(right) % 2 else 0.0
            return right + self._wounds.skew + jumped

        return told

    def _poisoned(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def called(sending: Sending, claimed: Claimed) -> Outcome:
            if self._wounds.poison in getattr(claimed.owed, "text", ""):
                os.kill(os.getpid(), signal.SIGKILL)
            outcome: Outcome = await call(sending, claimed)
            return outcome

        return called

    def _executed(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        """Half of the times the connection is gone as well, as when a network fails."""

        async def executed(connection: Any, *arguments: Any, **named: Any) -> Any:
            result = await execute(connection, *arguments, **named)
            if self._armed and self._dice.random() < self._wounds.statements:
                if self._dice.random() < 0.5:
                    connection.terminate()
                    raise asyncpg.ConnectionDoesNotExistError("executed, and then the connection was lost")
                raise TimeoutError("executed, and then timed out")
            return result

        return executed

    def _performed(self, handle: Callable[..., Any]) -> Callable[..., Any]:
        async def performed(transport: AiohttpTransport, request: httpx.Request) -> httpx.Response:
            response: httpx.Response = await handle(transport, request)
            if self._armed and self._dice.random() < self._wounds.exchanges:
                await response.aread()
                await response.aclose()
                raise httpx.ReadTimeout("performed, and then timed out", request=request)
            return response

        return performed


def _timed(claim: Callable[..., Any]) -> Callable[..., Any]:
    async def timed(*arguments: Any) -> Any:
        began = time.perf_counter()
        claimed = await claim(*arguments)
        os.write(2, f"{CLAIMED} {time.perf_counter() - began:.6f}\n".encode())
        return claimed

    return timed


if __name__ == "__main__":
    Wounded(Wounds.from_json(os.environ[VARIABLE])).install()
    main()
