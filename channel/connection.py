"""One caller's connection: HTTP with a deadline for each part of a request, and for who does not read the answer.

uvicorn alone waits without end for a request that has begun, and takes a header without end: anybody could keep all its
connections and its memory busy.
"""

from asyncio import BaseTransport, BufferedProtocol, TimerHandle, Transport
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from channel import metrics
from channel.core import limits
from channel.web import errors

#: what is read at once, of any caller: a body that is refused has cost no more than this beyond its limit
_SIP: Final = memoryview(bytearray(64 * 1024))


class Part(StrEnum):
    """What a caller lets us wait for, by which it is counted."""

    HEADER = "header"
    BODY = "body"
    ANSWER = "answer"  #: to be read


class Sips(BufferedProtocol):
    """A connection that is read in sips. All of them share one buffer, as each sip is swallowed at once."""

    def __init__(self, **given: Any) -> None:
        self._connection = Connection(**given)

    def connection_made(self, transport: BaseTransport) -> None:
        self._connection.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connection.connection_lost(exc)

    def pause_writing(self) -> None:
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        self._connection.resume_writing()

    def get_buffer(self, sizehint: int) -> memoryview:
        return _SIP

    def buffer_updated(self, nbytes: int) -> None:
        self._connection.data_received(bytes(_SIP[:nbytes]))


class Staying(Transport):
    """What a request's answer is written to: closed at the end of the request, be that before the answer or after it.

    Whoever asks for the connection to be closed is still writing when a body is refused, and would read no answer.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport
        self._has_come = False
        self._is_to_close = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._transport.write(data)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self._is_to_close = True
        self._close()

    def has_come(self) -> None:
        """The whole request."""
        self._has_come = True
        self._close()

    def _close(self) -> None:
        if self._has_come and self._is_to_close:
            self._transport.close()


class Connection(HttpToolsProtocol):
    """uvicorn's own, that cuts a connection

    - when a header has not come `limits.HEADER_SECONDS` after its first byte, or after the connection was made,
    - when a body has not come `limits.BODY_SECONDS` after its header,
    - when an answer is not read for `limits.READING_SECONDS`.

    The rest of a body that was answered before its end is let past and not kept: whoever is cut in writing reads no
    answer. That ends with the deadline, or after `limits.DISCARDED_BYTES`.

    Between two requests uvicorn's keep-alive counts. No more than a sip of a body waits to be taken. A header of more
    than `limits.HEADER_BYTES`, or what is no HTTP, is refused in the shape of all errors, and ends the connection.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._header_bytes = 0
        self._discarded = 0
        self._staying: Staying | None = None  #: of the request at hand, unless it was refused
        self._awaited: Part | None = None
        self._deadline: TimerHandle | None = None
        self._unread: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn names one kind, and takes any
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
        self._header_bytes = self._header_bytes + len(data) if self._awaited is Part.HEADER else 0
        self._discarded = self._discarded + len(data) if self._awaited is Part.BODY and self._has_answered else 0
        if self._header_bytes > limits.HEADER_BYTES:
            self._refuse(431, "header_too_large", f"The header has more than {limits.HEADER_BYTES} bytes.")
        if self._discarded > limits.DISCARDED_BYTES:
            self._cut(Part.BODY)
        elif self._awaited is Part.BODY and self.cycle.body and not self._has_answered:
            self.flow.pause_reading()
        if self._awaited:
            self._watch()
        elif self._has_answered and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            # the rest of a body that was answered before its end: uvicorn would now wait for ever
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await(Part.HEADER)

    def on_headers_complete(self) -> None:
        if self.transport.is_closing():
            return  # what came behind the last request would be done, and its answer read by nobody
        if self.parser.should_upgrade():
            self._refuse(400, "no_http", "Nothing but HTTP/1.1 is spoken here; ask without an Upgrade header.")
            return
        super().on_headers_complete()
        self._staying = Staying(self.transport)
        self.cycle.transport = self._staying
        self._await(Part.BODY)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._staying:
            self._staying.has_come()
        self._await(None)
        if self.transport.is_closing():
            self._expect_reading()

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

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "no_http", "What came is no HTTP request.")

    def timeout_keep_alive_handler(self) -> None:
        """Closing would wait for an answer that nobody reads."""
        self.transport.abort()

    @property
    def _has_answered(self) -> bool:
        """The request at hand, be all of it there or not."""
        return self.cycle is not None and self.cycle.response_complete

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

    def _refuse(self, status: int, code: str, message: str) -> None:
        """An answer that no route gives, and the last one."""
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self._has_answered:
            self.transport.abort()  # or it would be read as the answer to the request before
            return
        body = errors.body(code, message)
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\nconnection: close\r\n"
        )
        self.transport.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        self.transport.close()

    def _cut(self, part: Part) -> None:
        metrics.cut.labels(part.value).inc()
        self.transport.abort()
