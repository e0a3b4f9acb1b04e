"""Every error a caller can see, in one shape: `{"error": {"code": …, "message": …}}`."""

import json
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from channel.core.errors import ProtocolError, StoreError
from channel.logs import log

#: these may be whole at the next try: courier's JSON and XML templates corrupt a body at random
_TRY_AGAIN = {"unreadable_body"}


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def body(code: str, message: str) -> bytes:
    """The one shape."""
    return json.dumps({"error": {"code": code, "message": message}}, separators=(",", ":")).encode()


def response(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body(code, message), status, headers=dict(headers or {}), media_type="application/json")


def unavailable(code: str, message: str) -> Refusal:
    """We do not have it: try again. Never 429, which some versions of courier take as final."""
    return Refusal(503, code, message, {"Retry-After": "5"})


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - Starlette hands each handler its own kind
    return response(error.status, error.code, error.message, error.headers)


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProtocolError)  # noqa: S101
    if error.code in _TRY_AGAIN:
        return response(503, error.code, error.message, {"Retry-After": "5"})
    return response(400, error.code, error.message)


async def _store_away(request: Request, error: Exception) -> Response:
    log.warning("accept_failed", route=request.scope.get("path", "").split("/")[1:2], error=str(error))
    return response(
        503, "database_unavailable", "The message was not stored. Send it again later.", {"Retry-After": "5"}
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    codes = {404: "not_found", 405: "method_not_allowed"}
    return response(error.status_code, codes.get(error.status_code, "http_error"), error.detail, error.headers)


async def _ours(request: Request, error: Exception) -> Response:
    # the server ends the connection after it: whoever asks is not to send on that
    headers = {"Retry-After": "5", "Connection": "close"}
    return response(503, "internal", "An error of our own. Send it again later.", headers)


HANDLERS = {
    Refusal: _refused,
    ProtocolError: _unreadable,
    StoreError: _store_away,
    TimeoutError: _store_away,
    HTTPException: _http,
    Exception: _ours,
}
