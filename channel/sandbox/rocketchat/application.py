"""The routes of a release, put together."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from . import rest
from .control import control_routes
from .desk import Desk
from .errors import UnknownPath
from .front import Front
from .routes import accounts, chat, fields, message, people, room, setup, staff, visitor, widget
from .workspace import Workspace


def application(desk: Desk) -> ASGIApp:
    """Return the application that serves a workspace, with our own routes to play its agents by hand."""
    workspace = desk.workspace
    routes = [*control_routes(desk), *rest.routes(workspace, _operations(workspace))]
    handlers = {int(HTTPStatus.NOT_FOUND): _unknown_path(workspace)}
    return Front(workspace, Starlette(routes=routes, exception_handlers=handlers))


def _operations(workspace: Workspace) -> tuple[rest.Operation, ...]:
    """Return the routes in the order in which they are tried: `visitor/department.transfer` is no visitor's token."""
    profile = workspace.profile
    return (
        *room.operations(profile),
        *visitor.operations(profile),
        *message.OPERATIONS,
        *widget.OPERATIONS,
        *setup.operations(profile),
        *accounts.OPERATIONS,
        *fields.operations(profile),
        *chat.OPERATIONS,
        *people.OPERATIONS,
        *staff.OPERATIONS,
    )


def _unknown_path(workspace: Workspace) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        return rest.refusal(workspace, UnknownPath())

    return answer
