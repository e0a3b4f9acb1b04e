"""Courier's sending side: parts, attempts, retries."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

import httpx

from .background import Background
from .duplicates import Duplicates
from .memory import Memory
from .records import Attempt, External, Message
from .rendering import Outgoing, render, variables
from .routing import Route
from .splitting import split_text, text_with_attachments
from .statuses import StatusUpdates
from .verdicts import ERRORED, FAILED, WIRED, Verdict, judge, unconfigured

_MASK = "**********"


class Courier:
    """Sends messages to send URLs, and to simulated phones."""

    def __init__(
        self,
        memory: Memory,
        background: Background,
        client: httpx.AsyncClient,
        duplicates: Duplicates,
        updates: StatusUpdates,
        *,
        retry_waits: Sequence[float],
        timeout: float,
        sprint_gap: float,
    ) -> None:
        self.retry_waits = tuple(retry_waits)
        self.timeout = timeout
        self.sprint_gap = sprint_gap
        self._memory = memory
        self._background = background
        self._client = client
        self._duplicates = duplicates
        self._updates = updates

    async def send_sprint(self, messages: Sequence[Message]) -> None:
        """Send what one flow sprint made, in its order.

        With a gap, each message leaves that long after the one before it, which may still be under way; with none,
        each waits for the one before it.
        """
        for position, message in enumerate(messages):
            if not self.sprint_gap:
                await self.send(message)
                continue
            if position:
                await asyncio.sleep(self.sprint_gap)
            self._background.start(self.send(message))

    async def send(self, message: Message) -> None:
        """Try a queued message once; if that goes wrong, further tries follow in the background."""
        if message.status not in {"queued", ERRORED} or not message.channel or not message.urn:
            return
        verdict = await self._try(message, Route(message.urn, message.channel))
        self._updates.discard(message)
        if verdict.status != ERRORED:
            self._memory.set_status(message, verdict.status, verdict.reason)
        else:
            self._retry_or_fail(message, verdict)

    async def resend(self, message: Message) -> None:
        """An operator's resend of a failed message: the same id and text, and no session status."""
        if message.status != FAILED:
            raise ValueError(f"only a failed message can be sent again, this one is {message.status}")
        message.error_count = 0
        message.session_status = ""
        self._memory.set_status(message, "queued")
        await self.send(message)

    def fail(self, message: Message) -> None:
        """The carrier reports of a message which it took that it never arrived."""
        self._memory.set_status(message, FAILED, "channel")

    def _retry_or_fail(self, message: Message, verdict: Verdict) -> None:
        if message.error_count >= len(self.retry_waits):
            self._memory.set_status(message, FAILED, "error_limit")
            return
        wait = self.retry_waits[message.error_count]
        message.error_count += 1
        self._memory.set_status(message, ERRORED, verdict.reason)
        self._background.start(self._retry(message, wait))

    async def _retry(self, message: Message, wait: float) -> None:
        await asyncio.sleep(wait)
        if message.status == ERRORED and message.channel and message.channel.enabled:
            message.session_status = ""
            await self.send(message)

    async def _try(self, message: Message, route: Route) -> Verdict:
        self._duplicates.forget(route.channel, route.urn)
        external = route.channel.external
        if external is None:
            self._memory.on_phones.append(message)
            return Verdict("delivered")
        if not external.send_url:
            return unconfigured()
        text = text_with_attachments(message.text, message.attachments)
        message.parts = tuple(split_text(text, external.max_length))
        return await self._send_parts(message, route, external)

    async def _send_parts(self, message: Message, route: Route, external: External) -> Verdict:
        """Send the parts one after the other, up to the first that goes wrong.

        Courier up to 9.1.9 takes the message for wired once a part was: what follows a broken part is lost. Later
        ones start again with the first part.
        """
        for position in range(len(message.parts)):
            verdict = await self._send_part(message, route, external, position)
            if verdict.status != WIRED:
                lost = position > 0 and not self._memory.version.final_refusals
                return Verdict(WIRED) if lost else verdict
        return Verdict(WIRED)

    async def _send_part(self, message: Message, route: Route, external: External, position: int) -> Verdict:
        version = self._memory.version
        values = variables(
            message, route, message.parts[position], self._memory.name_of(message), uuid_ids=version.uuid_ids
        )
        replies = message.quick_replies if position == len(message.parts) - 1 else ()
        request = render(external, values, replies, agent=version.courier_agent, random=self._memory.random)
        began, clock = self._memory.now(), asyncio.get_running_loop().time
        started = clock()
        status, answer = await self._ask(request)
        verdict = judge(version, status, answer, external.mt_response_check)
        attempt = Attempt(
            at=began,
            message_uuid=message.uuid,
            part=position,
            method=request.method,
            url=request.url,
            headers=_masked(request, external.send_authorization),
            body=request.body.decode(),
            elapsed=clock() - started,
            status=status,
            answer=answer,
            error=verdict.log,
        )
        message.attempts.append(attempt)
        self._memory.attempts.append(attempt)
        self._memory.changed()
        return verdict

    async def _ask(self, request: Outgoing) -> tuple[int | None, str]:
        """Status and body of the answer, redirects followed: 301, 302 and 303 lose a POST's body."""
        try:
            async with asyncio.timeout(self.timeout):
                response = await self._client.request(
                    request.method, request.url, headers=dict(request.headers), content=request.body or None
                )
        except httpx.TooManyRedirects:
            return HTTPStatus.FOUND, ""
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            return None, ""
        return response.status_code, response.text


def _masked(request: Outgoing, secret: str) -> dict[str, str]:
    return {name: _MASK if secret and value == secret else value for name, value in request.headers.items()}
