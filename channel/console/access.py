"""Who is an operator, and what they may: every page and every change is reached through here."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import field
from functools import partial
from http import HTTPStatus
from typing import Any, Final, NoReturn, TypeAlias
from urllib.parse import quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channel import metrics
from channel.console import forms
from channel.console.forms import CSRF, Form, Takes
from channel.console.pages import HEADERS, page
from channel.console.premises import Premises
from channel.console.wrong import Again, Wrong
from channel.core.clean import clean
from channel.core.errors import StoreError, StoreRefused, Unknown
from channel.core.operators import Role, may
from channel.core.values import dataclass
from channel.logs import log
from channel.store import sessions
from channel.store.auditing import audited
from channel.store.listings import Nothing
from channel.store.sessions import Session
from channel.web import errors
from channel.web.auth import Caller, RuledRoute
from channel.web.errors import Refusal
from channel.web.sources import is_https

#: a page that asks for itself again says so, and keeps nobody signed in by it
LIVE: Final = "X-Live"
OFF: Final = "The console is off, because nobody can sign in."
AWAY: Final = "The database does not answer. Nothing is known, and nothing was changed; try again in a moment."


@dataclass(frozen=True, slots=True)
class Visit:
    """An operator asks for a page, or for a change."""

    request: Request
    session: Session
    premises: Premises
    form: Form = field(default_factory=Form, repr=False)

    @property
    def words(self) -> bool:
        """May they read what people wrote, and who they are?"""
        return self.may(Role.OPERATE)

    def may(self, role: Role) -> bool:
        return may(self.session.role, role)

    def asked(self, name: str) -> str:
        """A value of the form where one was sent, else of the query; "" where there is none."""
        if self.request.method == "POST":
            return self.form[name].strip()
        return clean(self.request.query_params.get(name, "")).strip()

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        return page(template, status, **_who(self.session, self.request), words=self.words, **values)


View: TypeAlias = Callable[[Visit], Awaitable[Response]]


class ConsoleRoute(RuledRoute):
    """A page, or a change, for operators of a role and above; a change has a verb, which stands in the audit."""

    def __init__(
        self,
        path: str,
        endpoint: Any,
        *,
        role: Role | None,
        verb: str = "",
        takes: Takes | None = None,
        is_trial: bool = False,
    ) -> None:
        caller = Caller.OPERATOR if role else Caller.SIGNING_IN
        super().__init__(path, endpoint, caller=caller, methods=["POST" if takes else "GET"])
        self.role = role
        self.verb = verb
        self.takes = takes
        self.is_trial = is_trial


class Access:
    """Makes routes of views, each with its rule."""

    def __init__(self, premises: Premises) -> None:
        self.premises = premises

    def page(self, path: str, view: View, *, role: Role = Role.LOOK) -> ConsoleRoute:
        """What is only looked at."""

        async def endpoint(request: Request) -> Response:
            async def working() -> Response:
                session = await self._session(request, role)
                return await view(Visit(request, session, self.premises))

            return await answered(working(), request)

        return ConsoleRoute(path, endpoint, role=role)

    def change(
        self,
        path: str,
        view: View,
        *,
        role: Role,
        verb: str,
        takes: Takes,
        about: Callable[[Visit], str],
    ) -> ConsoleRoute:
        """What changes something. `verb` and `about` (ids, nobody's words) stand in the audit before it is done."""

        async def endpoint(request: Request) -> Response:
            async def working() -> Response:
                require_same_origin(request, self.premises)
                session = await self._session(request, role)
                form = await read_form(request, session.token, takes)
                visit = Visit(request, session, self.premises, form)
                async with audited(self.premises.pool, f"operator:{session.name}", verb, about(visit)):
                    return await view(visit)

            return await answered(working(), request)

        return ConsoleRoute(path, endpoint, role=role, verb=verb, takes=takes)

    def trial(self, path: str, view: View, *, role: Role, takes: Takes) -> ConsoleRoute:
        """What is sent by a form and changes nothing: it says what would be, and no audit has to tell of it."""

        async def endpoint(request: Request) -> Response:
            async def working() -> Response:
                require_same_origin(request, self.premises)
                session = await self._session(request, role)
                return await view(
                    Visit(request, session, self.premises, await read_form(request, session.token, takes))
                )

            return await answered(working(), request)

        return ConsoleRoute(path, endpoint, role=role, takes=takes, is_trial=True)

    async def _session(self, request: Request, role: Role) -> Session:
        """Whose request it is; _Elsewhere, or Wrong, if they may not."""
        shown = request.cookies.get(cookie_name(request, self.premises), "")
        session = None
        if shown:
            session = await sessions.find(self.premises.pool, shown, seen=LIVE not in request.headers)
        if session is None:
            if not await sessions.any_operator(self.premises.pool):
                raise Wrong(404, OFF)
            if request.method == "POST":
                raise Wrong(401, "Nobody is signed in, or no longer. Nothing was changed.")
            raise _Elsewhere(f"/sign-in?next={quote(_whole_path(request), safe='')}")
        if not may(session.role, role):
            log.warning("console_refused", operator=session.name, why=f"role: {role}")
            raise Wrong(403, f"This is for those who may {role.value}; {session.name} may {session.role.value}.")
        request.state.session = session
        return session


class _Elsewhere(Exception):
    """Go there first."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


async def answered(working: Awaitable[Response], request: Request) -> Response:
    """What the view answers, or the page that says why not."""
    try:
        return await working
    except _Elsewhere as elsewhere:
        return see(elsewhere.path)
    except Again as again:
        return again.page
    except Wrong as wrong:
        status, sentence = wrong.status, wrong.sentence
    except Refusal as refusal:
        status, sentence = refusal.status, refusal.message
    except (Nothing, Unknown) as nothing:
        words = str(nothing)
        status, sentence = 404, f"{words[:1].upper()}{words[1:]}."
    except StoreRefused:
        status, sentence = 400, "The database does not take this. Nothing was changed."
    except StoreError as error:
        log.warning("console_failed", error=str(error))
        status, sentence = 503, AWAY
    session = getattr(request.state, "session", None)
    return page("wrong.html", status, **_who(session, request), sentence=sentence, off=sentence == OFF)


async def refused(request: Request, error: Exception) -> Response:
    """What is no page, as a page for who reads pages, and in the one shape of errors for all others."""
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette hands each handler its own kind
    if "text/html" not in request.headers.get("accept", ""):
        return await errors.HANDLERS[HTTPException](request, error)
    sentence = "There is no such page." if error.status_code == HTTPStatus.NOT_FOUND else "This is not asked for so."
    return page("wrong.html", error.status_code, sentence=sentence, off=False)


async def broken(request: Request, error: Exception) -> Response:
    """An error of our own: the same."""
    answer = await errors.HANDLERS[Exception](request, error)
    if "text/html" not in request.headers.get("accept", ""):
        return answer
    told = page("wrong.html", answer.status_code, sentence="An error of our own; the log tells more.", off=False)
    told.headers["Connection"] = "close"
    return told


HANDLERS: Final = {**errors.HANDLERS, HTTPException: refused, Exception: broken}


def _who(session: Session | None, request: Request) -> dict[str, Any]:
    """What every page shows of whoever asks for it."""
    if session is None:
        return {}
    allowed = partial(may, session.role)
    return {"operator": session, "csrf": csrf_of(session.token), "here": request.url.path, "may": allowed}


def see(path: str) -> Response:
    """Ask for that page next."""
    return RedirectResponse(path, 303, headers=dict(HEADERS))


def csrf_of(token: str) -> str:
    """What a form of this session carries. Who does not know the session's token cannot know it."""
    return hmac.digest(token.encode(), b"csrf", "sha256").hex()


async def read_form(request: Request, token: str, takes: Takes) -> Form:
    """The form; Wrong if it does not come from a page that was shown with this token, or has other fields."""
    fields = await forms.read(request)
    shown = [value for name, value in fields if name == CSRF]
    if not token or len(shown) != 1 or not hmac.compare_digest(shown[0].encode(), csrf_of(token).encode()):
        _refuse_foreign()
    return forms.checked(fields, takes)


def require_same_origin(request: Request, premises: Premises) -> None:
    """Wrong if the browser says that another site sent this. One that says nothing has the form's token to show."""
    fetched = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    own = f"{'https' if is_https(request, premises.trusted) else 'http'}://{request.headers.get('host', '')}"
    if (fetched is not None and fetched != "same-origin") or (origin is not None and origin.lower() != own.lower()):
        _refuse_foreign()


def _refuse_foreign() -> NoReturn:
    metrics.auth_failures.labels("wrong").inc()
    log.warning("console_refused", operator="", why="no form of this session")
    raise Wrong(403, "This did not come from a page of this session. Nothing was changed; open the page and try again.")


def cookie_name(request: Request, premises: Premises, name: str = "live_agents") -> str:
    """Behind https the browser itself sees to it that nobody else has set the cookie."""
    return f"__Host-{name}" if is_https(request, premises.trusted) else name


def set_cookie(response: Response, request: Request, premises: Premises, name: str, value: str) -> None:
    """One that no script reads and no other site sends; until the browser ends. "" takes it away."""
    response.set_cookie(
        cookie_name(request, premises, name),
        value,
        max_age=None if value else 0,
        path="/",
        secure=is_https(request, premises.trusted),
        httponly=True,
        samesite="strict",
    )


def local(path: str) -> str:
    """A path of ours; anything that may lead elsewhere is the first page."""
    is_path = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_path and not urlsplit(path).netloc else "/"


def _whole_path(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
