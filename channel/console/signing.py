"""Signing in and out. Nothing is written before the password was right, but that somebody tried."""

import secrets
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel import metrics
from channel.console.access import (
    OFF,
    ConsoleRoute,
    answered,
    cookie_name,
    csrf_of,
    local,
    read_form,
    require_same_origin,
    see,
    set_cookie,
)
from channel.console.forms import Takes
from channel.console.pages import page
from channel.console.premises import Premises
from channel.console.wrong import Wrong
from channel.core import limits
from channel.core.operators import is_name
from channel.logs import log
from channel.store import sessions
from channel.store.auditing import audited
from channel.web.sources import source_of

#: the cookies of a session, and of a form that is to begin one
SESSION: Final = "live_agents"
FORM: Final = "live_agents_sign_in"
SIGN_IN: Final = Takes(once=("name", "password", "next"))
SIGN_OUT: Final = Takes()
WRONG: Final = (
    "The name or the password is wrong, or the account is closed for a while because too many sign-ins failed."
)
TOO_MANY: Final = f"Too many sign-ins from here have failed. Wait {limits.SIGN_IN_WINDOW / 60:.0f} minutes."


class Signing:
    """The two ways through the door."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    def routes(self) -> list[ConsoleRoute]:
        return [
            ConsoleRoute("/sign-in", self._asked, role=None),
            ConsoleRoute("/sign-in", self._signed_in, role=None, verb="sign in", takes=SIGN_IN),
            ConsoleRoute("/sign-out", self._signed_out, role=None, verb="sign out", takes=SIGN_OUT),
        ]

    async def _asked(self, request: Request) -> Response:
        async def working() -> Response:
            there = local(request.query_params.get("next", "/"))
            if await sessions.find(self._premises.pool, self._shown(request, SESSION)):
                return see(there)
            if not await sessions.any_operator(self._premises.pool):
                raise Wrong(404, OFF)
            return self._form(request, there)

        return await answered(working(), request)

    async def _signed_in(self, request: Request) -> Response:
        async def working() -> Response:
            require_same_origin(request, self._premises)
            form = await read_form(request, self._shown(request, FORM), SIGN_IN)
            name, there = form["name"].strip().lower(), local(form["next"])
            if not await sessions.any_operator(self._premises.pool):
                raise Wrong(404, OFF)
            source = source_of(request, self._premises.trusted)
            try:
                named = name if is_name(name) else ""
                session = await sessions.sign_in(self._premises.pool, named, form["password"], source=source)
            except sessions.TooMany:
                return self._refused(request, there, 429, TOO_MANY)
            if session is None:
                return self._refused(request, there, 403, WRONG)
            await sessions.sign_out(self._premises.pool, self._shown(request, SESSION))
            async with audited(self._premises.pool, f"operator:{session.name}", "sign in"):
                response = see(there)
            set_cookie(response, request, self._premises, SESSION, session.token)
            set_cookie(response, request, self._premises, FORM, "")
            return response

        return await answered(working(), request)

    async def _signed_out(self, request: Request) -> Response:
        async def working() -> Response:
            require_same_origin(request, self._premises)
            token = self._shown(request, SESSION)
            await read_form(request, token, SIGN_OUT)
            session = await sessions.find(self._premises.pool, token)
            if session:
                async with audited(self._premises.pool, f"operator:{session.name}", "sign out"):
                    await sessions.sign_out(self._premises.pool, token)
            response = see("/sign-in")
            set_cookie(response, request, self._premises, SESSION, "")
            return response

        return await answered(working(), request)

    def _refused(self, request: Request, there: str, status: int, sentence: str) -> Response:
        metrics.auth_failures.labels("wrong").inc()
        log.warning("sign_in_failed", source=source_of(request, self._premises.trusted))
        response = self._form(request, there, status, sentence)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            response.headers["Retry-After"] = f"{limits.SIGN_IN_WINDOW:.0f}"
        return response

    def _form(self, request: Request, there: str, status: int = 200, sentence: str = "") -> Response:
        """The token is the form's only: a session has one of its own, whatever was known before."""
        token = self._shown(request, FORM) or secrets.token_urlsafe(sessions.TOKEN_BYTES)
        response = page("sign_in.html", status, csrf=csrf_of(token), next=there, sentence=sentence)
        set_cookie(response, request, self._premises, FORM, token)
        return response

    def _shown(self, request: Request, name: str) -> str:
        return request.cookies.get(cookie_name(request, self._premises, name), "")
