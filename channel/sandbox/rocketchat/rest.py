"""A route: who may call it, what it accepts, how its answer is written, and in what order that is checked."""

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .errors import NotLoggedIn, NotPermitted, Refused, TooManyRequests, WrongMethod
from .limiter import Allowance
from .parameters import Keys, by_check, by_schema
from .permissions import may
from .profile import ErrorStyle
from .records import Credentials, User
from .workspace import Workspace

_MILLISECONDS = 1000
#: The limit on two routes that the settings cannot raise.
_FIXED_LIMIT = 5


@dataclass(frozen=True)
class Call:
    """One REST request, let in and checked."""

    workspace: Workspace
    request: Request
    #: The query of a GET, the body of any other method.
    given: dict[str, Any]
    user: User | None
    session: Credentials | None

    @property
    def path(self) -> dict[str, str]:
        """The variables of the path."""
        return self.request.path_params

    @property
    def caller(self) -> User:
        """The user of a route that needs a login."""
        if self.user is None:
            raise NotLoggedIn
        return self.user


Act = Callable[[Call], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method on one path."""

    method: str
    path: str
    act: Act
    #: None: whatever is given.
    accepts: Keys | None = None
    #: The parameters are checked by the route's own code, not by a schema.
    by_check: bool = False
    #: The permissions of which the caller needs one; empty: no login needed.
    permissions: tuple[str, ...] = ()
    login: bool = False
    #: The answer carries `success`.
    enveloped: bool = True
    #: 5 calls per window, in the releases that have it so.
    fixed_limit: bool = False

    @property
    def needs_login(self) -> bool:
        """Whether an unknown caller is sent away."""
        return self.login or bool(self.permissions)


def routes(workspace: Workspace, operations: Iterable[Operation]) -> list[Route]:
    """Return one route per path, in the order of the operations; methods of one path stand together."""
    paths = groupby(operations, key=lambda operation: operation.path)
    return [_route(workspace, path, {each.method: each for each in group}) for path, group in paths]


def _route(workspace: Workspace, path: str, operations: dict[str, Operation]) -> Route:
    async def endpoint(request: Request) -> Response:
        operation = operations.get(request.method)
        if operation is None:
            return refusal(workspace, WrongMethod(", ".join(operations)))
        return await _served(workspace, operation, request)

    every_method = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    return Route(path, endpoint, methods=every_method)


def refusal(workspace: Workspace, refused: Refused, headers: dict[str, str] | None = None) -> Response:
    """Write a refusal as this release does."""
    return JSONResponse(refused.body(workspace.profile), refused.status, headers={**(headers or {}), **refused.headers})


async def _served(workspace: Workspace, operation: Operation, request: Request) -> Response:
    headers: dict[str, str] = {}
    try:
        call = await _let_in(workspace, operation, request, headers)
        answer = await operation.act(call)
    except Refused as refused:
        return refusal(workspace, refused, headers)
    return JSONResponse(answer | ({"success": True} if operation.enveloped else {}), headers=headers)


async def _let_in(workspace: Workspace, operation: Operation, request: Request, headers: dict[str, str]) -> Call:
    """Check the login, the limiter and the parameters; 8.x counts only what its schema accepts."""
    session, user = _login(workspace, request)
    given = await _given(workspace, request)
    _check_login(operation, user)
    schema_first = workspace.profile.errors is ErrorStyle.ROUTER and not operation.by_check
    if schema_first:
        given = _checked(operation, given, request)
    if allowance := _counted(workspace, operation, request, user):
        headers |= allowance.headers
        if allowance.wait is not None:
            raise TooManyRequests(allowance.wait)
    if not schema_first:
        given = _checked(operation, given, request)
    return Call(workspace, request, given, user, session)


def _login(workspace: Workspace, request: Request) -> tuple[Credentials | None, User | None]:
    session = workspace.sessions.get(request.headers.get("x-auth-token", ""))
    if session is None or session.user_id != request.headers.get("x-user-id"):
        return None, None
    return session, workspace.users.get(session.user_id)


def _check_login(operation: Operation, user: User | None) -> None:
    if not operation.needs_login:
        return
    if user is None:
        raise NotLoggedIn
    if operation.permissions and not any(may(user, permission) for permission in operation.permissions):
        raise NotPermitted


async def _given(workspace: Workspace, request: Request) -> dict[str, Any]:
    """Return the query of a GET, the JSON object of any other request; what cannot be read is empty."""
    if request.method == "GET":
        return dict(request.query_params)
    if workspace.profile.needs_json_type and "application/json" not in request.headers.get("content-type", ""):
        return {}
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _checked(operation: Operation, given: dict[str, Any], request: Request) -> dict[str, Any]:
    if operation.accepts is None:
        return given
    if operation.by_check:
        checked = by_check(operation.accepts, given)
    else:
        checked = by_schema(operation.accepts, given, in_query=request.method == "GET")
    return dict(checked)


def _counted(workspace: Workspace, operation: Operation, request: Request, user: User | None) -> Allowance | None:
    """Count a call, unless the limiter is off or the caller is above it."""
    settings, profile = workspace.settings, workspace.profile
    heard = operation.needs_login or profile.login_lifts_limits
    if not settings["API_Enable_Rate_Limiter"] or (heard and user and may(user, "api-bypass-rate-limit")):
        return None
    fixed = operation.fixed_limit and profile.fixed_limits
    limit = _FIXED_LIMIT if fixed else int(settings["API_Enable_Rate_Limiter_Limit_Calls_Default"])
    address = request.headers.get("x-real-ip") or (request.client.host if request.client else "")
    seconds = None if fixed else settings["API_Enable_Rate_Limiter_Limit_Time_Default"] / _MILLISECONDS
    return workspace.limiter.count(f"{operation.method} {operation.path}", address, limit, seconds)
