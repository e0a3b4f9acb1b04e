"""What was changed: by whom, about what, when, and how it ended. Nobody's words."""

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, Visit
from channel.console.asked import number_asked
from channel.core import limits
from channel.store import auditing


def routes(access: Access) -> list[ConsoleRoute]:
    return [access.page("/audit", listed)]


async def listed(visit: Visit) -> Response:
    before = number_asked(visit.asked("before"), "line") if visit.asked("before") else None
    about, who = visit.asked("about"), visit.asked("who")
    rows = await auditing.page(visit.premises.pool, about or None, who or None, before)
    shown = rows[: limits.SHOWN_AUDIT]
    older = shown[-1]["id"] if len(rows) > len(shown) else None
    return visit.page("audit.html", rows=shown, older=older, about=about, who=who)
