"""What RapidPro calls: the send URL."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel.core import limits
from channel.core.events import Event
from channel.core.values import dataclass
from channel.rapidpro.wire import send
from channel.web import auth, bodies
from channel.web.answering import within
from channel.web.errors import Refusal

#: courier gives up after 30 s, and holds the contact's next message back meanwhile
ANSWER_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Channel:
    """What the send URL has to know of a channel."""

    id: UUID
    token_hashes: Sequence[str | None]
    rapidpro_channel: str | None


Accept = Callable[[Sequence[Event]], Awaitable[object]]
ChannelOf = Callable[[str, str], Awaitable[Channel | None]]  #: by its UUID, for whoever shows this token
Learn = Callable[[UUID, str], Awaitable[None]]


def unauthorized() -> Refusal:
    """A new one each time: an error that is raised again keeps what it was raised from before."""
    return Refusal(
        401,
        "unauthorized",
        "The send URL or its Authorization header is not the one `live-agents connect` printed for this channel.",
    )


def routes(guard: auth.Guard, accept: Accept, channel_of: ChannelOf, learn: Learn) -> list[auth.RuledRoute]:
    async def send_url(request: Request) -> Response:
        """Store one part of a message. 200 only after it is committed, and the same 200 for a repeat."""
        async with within(request, ANSWER_SECONDS):
            channel = await _authenticated(request, guard, channel_of)
            event = send.parse(
                channel.id,
                query=request.url.query.encode(errors="surrogateescape"),
                content_type=request.headers.get("content-type", ""),
                body=await bodies.small(request, limits.SEND_BYTES),
            )
            if channel.rapidpro_channel is None and event.rapidpro_channel is not None:
                await learn(channel.id, event.rapidpro_channel)
            await accept([event])
        return JSONResponse({"status": "accepted", "id": event.message_id})

    path, caller = "/channels/{channel_uuid}/send", auth.Caller.RAPIDPRO
    return [auth.RuledRoute(path, send_url, caller=caller, methods=["GET", "POST", "PUT"], name="send")]


async def _authenticated(request: Request, guard: auth.Guard, channel_of: ChannelOf) -> Channel:
    name, shown = request.path_params["channel_uuid"], auth.shown_token(request)
    channel = await channel_of(name, shown)
    refused = unauthorized()
    await guard.require(request, shown, channel.token_hashes if channel else None, name=name, refusal=refused)
    if channel is None:
        raise refused
    return channel
