"""What Rocket.Chat calls: the Omnichannel webhook."""

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from channel.core import limits
from channel.core.errors import ProtocolError
from channel.core.events import Event, WorkspaceNoted
from channel.core.packing import packed
from channel.core.values import dataclass
from channel.rocketchat.wire import webhook
from channel.web import auth, bodies
from channel.web.answering import within
from channel.web.errors import Refusal

#: Rocket.Chat gives up after 5 s (`Livechat_http_timeout`), and up to 7.10.3 its agent waits for us
ANSWER_SECONDS: Final = 4.0
TOKEN_HEADER: Final = "x-rocketchat-livechat-token"  # noqa: S105 - a header's name


@dataclass(frozen=True, slots=True)
class Workspace:
    """What the webhook has to know of a workspace."""

    id: UUID
    secret_hashes: Sequence[str | None]


Accept = Callable[[Sequence[Event]], Awaitable[object]]
WorkspaceOf = Callable[[str, str], Awaitable[Workspace | None]]  #: by its UUID, for whoever shows this secret
WorkspaceBySecret = Callable[[str], Awaitable[Workspace | None]]  #: by the secret that is shown


def unauthorized() -> Refusal:
    """A new one each time: an error that is raised again keeps what it was raised from before."""
    return Refusal(
        401, "unauthorized", "The webhook URL or its secret token is not the one `live-agents connect` printed."
    )


def routes(
    guard: auth.Guard, accept: Accept, workspace_of: WorkspaceOf, workspace_by_secret: WorkspaceBySecret
) -> list[auth.RuledRoute]:
    async def webhook_url(request: Request) -> Response:
        """Store one event. Exactly 200: a 202 is a failure to Rocket.Chat; and no body: it is stored in the room."""
        async with within(request, ANSWER_SECONDS):
            name = request.path_params["workspace_uuid"]
            found = await _authenticated(request, guard, await workspace_of(name, _shown(request)), name)
            await accept(await _read(request, found.id))
        return Response(status_code=200)

    async def send_message_to_client(request: Request) -> Response:
        """The same under the live-agents API's name for it: the secret alone says whose it is."""
        async with within(request, ANSWER_SECONDS):
            found = await _authenticated(request, guard, await workspace_by_secret(_shown(request)))
            await accept(await _read(request, found.id, live_agents=True))
        return Response(status_code=200)

    table = (
        ("/workspaces/{workspace_uuid}/webhook", webhook_url, auth.Caller.ROCKETCHAT, "webhook"),
        (
            "/live-agents/sendMessageToClient",
            send_message_to_client,
            auth.Caller.ROCKETCHAT_UNNAMED,
            "sendMessageToClient",
        ),
    )
    return [
        auth.RuledRoute(path, endpoint, caller=caller, methods=["POST"], name=name)
        for path, endpoint, caller, name in table
    ]


def _shown(request: Request) -> str:
    shown = request.headers.getlist(TOKEN_HEADER)
    return shown[0] if len(shown) == 1 else ""


async def _authenticated(request: Request, guard: auth.Guard, workspace: Workspace | None, name: str = "") -> Workspace:
    hashes = workspace.secret_hashes if workspace else None
    refused = unauthorized()
    await guard.require(request, _shown(request), hashes, name=name, refusal=refused)
    if workspace is None:
        raise refused
    return workspace


async def _read(request: Request, workspace: UUID, *, live_agents: bool = False) -> Sequence[Event]:
    """The events of the body. One that cannot be read is kept as it is: it would not come better a second time."""
    try:
        body = await bodies.whole(request, limits.WEBHOOK_BYTES)
    except bodies.TooLarge as error:
        return [_unreadable(workspace, f"{error.size} bytes".encode())]
    is_read = not bodies.is_encoded(request)
    if len(body) < webhook.LARGE:
        return _events(workspace, bytes(body), is_read=is_read, live_agents=live_agents)
    # beside others: it may take a tenth of a second
    return await to_thread(_events, workspace, body, is_read=is_read, live_agents=live_agents)


def _events(workspace: UUID, body: bytes | bytearray, *, is_read: bool, live_agents: bool) -> Sequence[Event]:
    if is_read:
        with suppress(ProtocolError):
            return webhook.parse(workspace, body, live_agents=live_agents)
    return [_unreadable(workspace, body)]


def _unreadable(workspace: UUID, body: bytes | bytearray) -> WorkspaceNoted:
    key = f"unreadable:{sha256(body).hexdigest()}"
    return WorkspaceNoted(workspace, "unreadable", "unreadable", key, packed(body))
