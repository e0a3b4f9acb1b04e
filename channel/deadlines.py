"""HTTP with a deadline for each part of a request, and for who does not read the answer.

uvicorn alone waits without end for a request that has begun, so anybody could keep all its connections busy.
"""

from asyncio import BaseTransport, TimerHandle
from enum import StrEnum
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from channel import metrics
from channel.core import limits


class Part(StrEnum):
    """What a caller lets us wait for, by which it is counted."""

    HEADER = "header"
    BODY = "body"
    ANSWER = "answer"  #: to be read


class ImpatientProtocol(HttpToolsProtocol):
    """uvicorn's own, that cuts a connection

    - when a header has not come `limits.HEADER_SECONDS` after its first byte, or after the connection was made,
    - when a body has not come `limits.BODY_SECONDS` after its header,
    - when an answer is not read for `limits.READING_SECONDS`.

    Between two requests uvicorn's keep-alive counts.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._awaited: Part | None = None
        self._deadline: TimerHandle | None = None
        self._unread: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._await(Part.HEADER)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._await(None)
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._awaited is None:
            self._await(Part.HEADER)
        super().data_received(data)
        if self._awaited:
            self._watch()
        elif self.cycle.response_complete and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            # the rest of a body that was answered before its end: uvicorn would now wait for ever
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await(Part.HEADER)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._await(Part.BODY)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._await(None)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._expect_reading()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        if self._unread:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Closing would wait for an answer that nobody reads."""
        self.transport.abort()

    def _await(self, part: Part | None) -> None:
        if part is self._awaited:
            return
        self._awaited = part
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _watch(self) -> None:
        """Set the deadline of what has not come with the first bytes; nearly everything has."""
        if self._deadline is None and self._awaited:
            seconds = limits.BODY_SECONDS if self._awaited is Part.BODY else limits.HEADER_SECONDS
            self._deadline = self.loop.call_later(seconds, self._cut, self._awaited)

    def _expect_reading(self) -> None:
        if self._unread is None and self.transport.get_write_buffer_size():
            self._unread = self.loop.call_later(limits.READING_SECONDS, self._cut, Part.ANSWER)

    def _cut(self, part: Part) -> None:
        metrics.cut.labels(part.value).inc()
        self.transport.abort()
