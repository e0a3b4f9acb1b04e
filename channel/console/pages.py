"""Pages from templates: everything that was not written by us is escaped, and a value that is missing is an error."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from channel.console import reasons
from channel.core.numbers import took
from channel.core.operators import Role
from channel.core.values import dataclass

#: No page runs or loads what is not ours, is shown inside another, or is kept by anybody. The origin is told to
#: ourselves only: without a referrer a browser would not say it in a form either.
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the menu leads to."""

    leads_to: str
    name: str
    role: Role = Role.LOOK


#: in the menu's order
MENU: Final[Sequence[Place]] = (
    Place("/", "Is it all right?"),
    Place("/conversations", "Conversations"),
    Place("/dead-letters", "Dead letters"),
    Place("/numbers", "Numbers"),
    Place("/channels", "Channels"),
    Place("/doctor", "Doctor", Role.OPERATE),
    Place("/audit", "Audit"),
)


def page(template: str, status: int = 200, **values: Any) -> Response:
    """The page; `operator`, `csrf` and `here` are of whoever is signed in, and where."""
    known = {"operator": None, "csrf": "", "here": "", "menu": MENU, **values}
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(known), status, headers=dict(HEADERS))


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def ago(seconds: float | None) -> str:
    """How long, in the largest unit that says enough."""
    if seconds is None:
        return "–"
    whole = int(seconds)
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if whole >= 2 * size:
            return f"{whole // size} {name}"
    return f"{whole} s"


_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("channel.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(
    reason_of_message=reasons.of_message, reason_of_delivery=reasons.of_delivery, reason_of_event=reasons.of_event
)
_ENVIRONMENT.filters.update(moment=moment, ago=ago, took=took)
