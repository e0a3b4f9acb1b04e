"""A body no larger than allowed."""

from starlette.requests import ClientDisconnect, Request

from channel.web.answering import stopped
from channel.web.errors import Refusal


class TooLarge(Exception):
    """A body over its limit; `size` is what came, none of which was kept."""

    def __init__(self, size: int) -> None:
        super().__init__(f"a body of {size} bytes")
        self.size = size


async def read(request: Request, limit: int) -> bytes:
    """The whole body. TooLarge, once it has all come past, if it is over `limit` bytes."""
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
        raise Refusal(400, "cut_short", "The request ended before its body did.") from None
    if size > limit:
        raise TooLarge(size)
    return bytes(body)
