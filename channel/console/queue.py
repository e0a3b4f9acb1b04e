"""The queue of a workspace and the agents online, as Rocket.Chat lists them; and who of ours waits, as we know it."""

from datetime import datetime

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, Visit
from channel.console.finding import named
from channel.core.queue import Queue
from channel.store.queued import queued
from channel.store.timing import now

NO_BOT = (
    "There is no bot user: Rocket.Chat lists its queue and its agents only to an account of its own with the role"
    " livechat-manager. `live-agents workspaces edit {} --bot-user-id ID --bot-token-file FILE` names one."
)


def routes(access: Access) -> list[ConsoleRoute]:
    async def shown(visit: Visit) -> Response:
        async with visit.premises.administering() as admin:
            workspace = await admin.workspace(named(visit, "workspace"))
            bot = admin.bot(workspace)
        ours, moment = await queued(visit.premises.pool, workspace.id), await now(visit.premises.pool)
        queue = (
            await visit.premises.queue(workspace.base_url, bot)
            if bot
            else Queue(missing=(NO_BOT.format(workspace.id),))
        )
        return visit.page(
            "queue.html", workspace=workspace, queue=queue, ours=ours, since=lambda at: _seconds(at, moment)
        )

    return [access.page("/workspaces/{workspace}/queue", shown)]


def _seconds(at: datetime | None, moment: datetime) -> float | None:
    """For how long; two clocks that do not quite agree make no time negative."""
    return max(0.0, (moment - at).total_seconds()) if at else None
