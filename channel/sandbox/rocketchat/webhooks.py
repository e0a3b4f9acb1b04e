"""Sending webhooks: attempts, retries from memory, and what goes wrong on the way."""

import asyncio
import json
import ssl
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

import httpx

from .faults import Delays, Faults, Holds, Loses, Repeats
from .ids import now
from .profile import WebhookRule
from .records import Attempt

_TOKEN_HEADER = "X-RocketChat-Livechat-Token"  # noqa: S105 - a header's name
_MILLISECONDS = 1000
_DELAY_IN_TIMEOUTS = 4


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted. Reading them takes longer than all the rest of a new server."""
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class _Event:
    """An event on its way; retries send the identical body."""

    body: dict[str, Any]
    #: What to do with the answer's text after a 200.
    keep: Callable[[str], None]


class Webhooks:
    """What leaves this Rocket.Chat for the one URL it knows."""

    def __init__(
        self,
        rule: WebhookRule,
        settings: Mapping[str, Any],
        faults: Faults,
        changed: Callable[[], None],
        retry_delay: float | None,
    ) -> None:
        self.attempts: list[Attempt] = []
        self._rule = rule
        self._settings = settings
        self._faults = faults
        self._changed = changed
        self._retry_delay = retry_delay
        self._held: list[_Event] = []
        self._tasks: set[asyncio.Task[None]] = set()
        # A sandbox talks to its neighbours: the environment's proxies are not for it.
        # Rocket.Chat makes a connection for each request, as node-fetch does by itself.
        self._client = httpx.AsyncClient(
            follow_redirects=True,
            trust_env=False,
            verify=_trusted(),
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    @property
    def in_flight(self) -> int:
        """How many events are being sent, delayed, or waiting for their next attempt; held ones are not counted."""
        return len(self._tasks)

    @property
    def held(self) -> list[dict[str, Any]]:
        """The bodies of the events that wait to be released."""
        return [event.body for event in self._held]

    async def fire(self, body: dict[str, Any], *, keep: Callable[[str], None], waits: bool) -> None:
        """Send an event; with `waits`, and where the release blocks, return after its first attempt."""
        if not self._settings["Livechat_webhookUrl"]:
            return
        event = _Event(body, keep)
        match self._faults.of_webhook(body["type"]):
            case Loses():
                self._record(body, 1).error = "lost"
                self._changed()
            case Holds():
                self._held.append(event)
                self._changed()
            case Delays(seconds):
                self._in_background(self._later(event, seconds))
            case Repeats():
                self._in_background(self._in_turn([event, event]))
            case None if waits and self._rule.blocks:
                await self._first(event)
            case None:
                self._in_background(self._first(event))

    def release(self, *, backwards: bool = False) -> None:
        """Send what was held, one after the other, oldest first or newest first."""
        held, self._held = self._held, []
        self._in_background(self._in_turn(held[::-1] if backwards else held))

    async def ask(self, body: dict[str, Any]) -> int | None:
        """Send one body once, as the test button does, and return the status (None: no answer)."""
        return (await self._attempt(body, 1, {"Accept": "application/json", **self._token_header()})).status

    async def aclose(self) -> None:
        """Forget what was still to be sent, as a restart of Rocket.Chat does, and close the client."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed()

    async def _later(self, event: _Event, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._first(event)

    async def _in_turn(self, events: list[_Event]) -> None:
        for event in events:
            await self._first(event)

    async def _first(self, event: _Event) -> None:
        if await self._again_after(event, 1):
            self._in_background(self._retry(event))

    async def _retry(self, event: _Event) -> None:
        for number in range(2, self._rule.tries + 1):
            await asyncio.sleep(self._delay())
            if not await self._again_after(event, number):
                return

    async def _again_after(self, event: _Event, number: int) -> bool:
        """Make one attempt, and say whether another one is due."""
        headers = self._token_header() if self._settings["Livechat_secret_token"] else {}
        attempt = await self._attempt(event.body, number, headers)
        if attempt.status == HTTPStatus.OK:
            event.keep(attempt.answer)
        return number < self._rule.tries and self._rule.tries_again(attempt.status)

    async def _attempt(self, body: dict[str, Any], number: int, headers: dict[str, str]) -> Attempt:
        attempt = self._record(body, number, {"Content-Type": "application/json", **headers})
        try:
            async with asyncio.timeout(self._timeout()):
                answer = await self._client.post(
                    attempt.url, content=json.dumps(body, ensure_ascii=False), headers=attempt.headers, timeout=None
                )
        except TimeoutError:
            attempt.error = "timeout"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            attempt.error = str(error) or type(error).__name__
        else:
            attempt.answer = answer.text
            attempt.status = answer.status_code
        attempt.ended_at = now()
        self._changed()
        return attempt

    def _record(self, body: dict[str, Any], number: int, headers: dict[str, str] | None = None) -> Attempt:
        url = self._settings["Livechat_webhookUrl"]
        attempt = Attempt(at=now(), number=number, url=url, headers=headers or {}, body=body)
        self.attempts.append(attempt)
        self._changed()
        return attempt

    def _token_header(self) -> dict[str, str]:
        return {_TOKEN_HEADER: self._settings["Livechat_secret_token"]}

    def _timeout(self) -> float | None:
        return self._settings["Livechat_http_timeout"] / _MILLISECONDS if self._rule.times_out else None

    def _delay(self) -> float:
        if self._retry_delay is not None:
            return self._retry_delay
        if self._rule.delay is not None:
            return self._rule.delay
        return float(_DELAY_IN_TIMEOUTS * self._settings["Livechat_http_timeout"] / _MILLISECONDS)
