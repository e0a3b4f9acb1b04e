"""A body no larger than allowed, and as it was written."""

from starlette.requests import ClientDisconnect, Request

from channel.web.answering import stopped
from channel.web.errors import Refusal


class TooLarge(Exception):
    """A body over its limit; `size` is what came, none of which was kept."""

    def __init__(self, size: int) -> None:
        super().__init__(f"a body of {size} bytes")
        self.size = size


async def small(request: Request, limit: int) -> bytes:
    """The whole body. Refusal 413 as soon as it is known to be over `limit` bytes, and 415 if it is compressed."""
    if is_encoded(request):
        message = "The body is compressed (Content-Encoding); it is taken only as it is written."
        raise Refusal(415, "body_encoded", message)
    if _announced(request) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        with stopped(request):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except ClientDisconnect:
        raise _cut_short() from None
    return bytes(body)


async def whole(request: Request, limit: int) -> bytearray:
    """The whole body, as it was gathered: a copy of what is large holds everybody up. TooLarge, once it has all come
    past, if it is over `limit` bytes."""
    body = bytearray()
    size = 0
    try:
        with stopped(request):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= limit:
                    body += chunk
                else:
                    body.clear()
    except ClientDisconnect:
        raise _cut_short() from None
    if size > limit:
        raise TooLarge(size)
    return body


def is_encoded(request: Request) -> bool:
    """Is the body compressed? A few bytes could then become any number of them."""
    return any(value.strip().lower() not in {"", "identity"} for value in request.headers.getlist("content-encoding"))


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "body_too_large", f"The request has too large a body; at most {limit} bytes are taken.")


def _cut_short() -> Refusal:
    return Refusal(400, "cut_short", "The request ended before its body did.")
