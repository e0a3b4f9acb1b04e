"""The part of RapidPro's API v2 that a bridge needs."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from .api_contacts import ContactsApi
from .api_messages import MessagesApi
from .api_support import Denied, Invalid
from .background import Background
from .courier import Courier
from .flows import Flow
from .mailroom import Mailroom
from .memory import Memory
from .shapes import channel_json

_FLAGGED = (
    "Sorry, your workspace is currently flagged. To re-enable starting flows and sending messages, please contact "
    "support."
)

Endpoint = Callable[[Request], Awaitable[Response]]


class Api:
    """The endpoints below `/api/v2/`; each wants `Authorization: Token <token>`."""

    def __init__(
        self,
        memory: Memory,
        background: Background,
        mailroom: Mailroom,
        courier: Courier,
        *,
        token: str,
        flows: Mapping[str, Flow],
    ) -> None:
        self.token = token
        self._memory = memory
        self._messages = MessagesApi(memory, background, mailroom, courier)
        self._contacts = ContactsApi(memory, background, mailroom, flows)

    def routes(self) -> list[Route]:
        """The endpoints, and the documentation that stands where `.json` is forgotten."""
        endpoints: dict[str, Endpoint] = {
            "GET messages": self._messages.find,
            "POST messages": self._messages.create,
            "POST broadcasts": self._messages.broadcast,
            "GET contacts": self._contacts.find,
            "POST contacts": self._contacts.write,
            "POST contact_actions": self._contacts.act,
            "POST flow_starts": self._contacts.start_flow,
            "GET workspace": self._workspace,
            "GET org": self._workspace,
            "GET channels": self._channels,
        }
        routes = []
        for key, endpoint in endpoints.items():
            method, name = key.split()
            routes.append(Route(f"/api/v2/{name}.json", self._guarded(endpoint), methods=[method]))
        return [*routes, Route("/api/v2/{name:str}", _documentation, methods=["GET", "POST"])]

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            if refusal := self._refusal(request):
                return JSONResponse({"detail": refusal}, HTTPStatus.FORBIDDEN)
            try:
                self._check_switches(request)
                response = await endpoint(request)
            except Invalid as exc:
                return JSONResponse(exc.errors, HTTPStatus.BAD_REQUEST)
            except Denied as exc:
                return JSONResponse({"detail": exc.detail}, exc.status, _retry_after(exc, self._memory))
            response.headers.update(self._workspace_header())
            return response

        return answer

    def _refusal(self, request: Request) -> str:
        """Bad credentials are 403, not 401."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "token":
            return "Authentication credentials were not provided."
        return "" if token.strip() == self.token else "Invalid token"

    def _check_switches(self, request: Request) -> None:
        """Over the limit, nothing is looked at; flagged, nothing is written."""
        switches = self._memory.switches
        if seconds := switches.throttled_for:
            raise Denied(429, f"Request was throttled. Expected available in {seconds} seconds.")
        if switches.flagged and request.method == "POST":
            raise Invalid("non_field_errors", _FLAGGED)

    def _workspace_header(self) -> dict[str, str]:
        if self._memory.version.api_uuids:
            return {"X-Temba-Workspace": self._memory.workspace_uuid}
        return {"X-Temba-Org": "1"}

    async def _workspace(self, _: Request) -> Response:
        workspace: dict[str, Any] = {
            "uuid": self._memory.workspace_uuid,
            "name": "Sandbox",
            "country": "BR",
            "languages": ["eng"],
            "timezone": "America/Sao_Paulo",
            "date_style": "day_first",
            "anon": self._memory.switches.anonymous,
        }
        return JSONResponse(workspace)

    async def _channels(self, request: Request) -> Response:
        uuid = request.query_params.get("uuid")
        channels = [channel for channel in self._memory.channels if uuid in {None, channel.uuid}]
        results = [channel_json(channel) for channel in reversed(channels)]
        return JSONResponse({"next": None, "previous": None, "results": results})


def _retry_after(denied: Denied, memory: Memory) -> dict[str, str]:
    throttled = denied.status == HTTPStatus.TOO_MANY_REQUESTS
    return {"Retry-After": str(memory.switches.throttled_for)} if throttled else {}


async def _documentation(request: Request) -> Response:
    if request.path_params["name"].endswith(".json"):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if request.method == "POST":
        return HTMLResponse("<html><body>Forbidden</body></html>", HTTPStatus.FORBIDDEN)
    return HTMLResponse("<html><body>API v2 documentation</body></html>")
