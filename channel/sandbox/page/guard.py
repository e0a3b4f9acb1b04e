"""Who may use the page: a browser on this machine that has the page itself open, and no other site's page in it."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: What this machine is called by itself. A name that somebody else's DNS leads here is another.
HERE: Final = {"127.0.0.1", "localhost", "::1"}

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Guard:
    """Refuses strangers, and gives each answer its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        why = _refused(scope["method"], Headers(scope=scope))
        await (PlainTextResponse(why, 403) if why else self._app)(scope, receive, with_headers)


def _refused(method: str, headers: Headers) -> str:
    host = headers.get("host", "")
    if _name(host) not in HERE:
        return "This page is for the machine that it runs on: open it as http://localhost, with its port."
    if method == "GET":
        return ""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return "Another site's page may do nothing here."
    if headers.get("content-type", "").partition(";")[0] != "application/json":
        return "What is done here comes as application/json."
    return ""


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
