"""Channels and workspaces with their settings: what is stored, what was chosen and what holds anyway. No secrets."""

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, Visit
from channel.console.finding import hours_of, named, options_of, the_channel
from channel.core.hours_file import write_hours
from channel.core.option_file import CHECKS, to_json
from channel.core.option_text import meaning
from channel.core.options import Options
from channel.store.timing import now


def routes(access: Access) -> list[ConsoleRoute]:
    async def listed(visit: Visit) -> Response:
        async with visit.premises.administering() as admin:
            return visit.page("channels.html", channels=await admin.channels(), workspaces=await admin.workspaces())

    async def channel(visit: Visit) -> Response:
        found, moment = await the_channel(visit), await now(visit.premises.pool)
        hours, department = hours_of(found), found.department
        return visit.page(
            "channel.html",
            channel=found,
            our_url=visit.premises.our_url,
            chosen=list(_chosen(options_of(found))),
            hours=write_hours(hours).rstrip() if hours else "",
            is_open=hours is None or hours.is_open(moment, department),
            opens=hours.next_open(moment, department) if hours else None,
        )

    async def workspace(visit: Visit) -> Response:
        async with visit.premises.administering() as admin:
            found = await admin.workspace(named(visit, "workspace"))
        return visit.page(
            "workspace.html",
            workspace=found,
            channels=[each for each in found.channels if each.removed_at is None],
            webhook_url=f"{visit.premises.our_url}/workspaces/{found.id}/webhook",
        )

    return [
        access.page("/channels", listed),
        access.page("/channels/{channel}", channel),
        access.page("/workspaces/{workspace}", workspace),
    ]


def _chosen(options: Options) -> Iterator[tuple[str, str, list[str], bool]]:
    """Every option: its name, what it does, what holds, and whether an operator chose it."""
    chosen = to_json(options)
    for name in CHECKS:
        yield name, meaning(name), _said(getattr(options, name)), name in chosen


def _said(value: Any) -> list[str]:
    """What an option says, a line for each of its parts; none for nothing."""
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, dict):
        return [f"{name}: {', '.join(_languages(each))}" for name, each in value.items()]
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    return [str(value)] if value != "" else []


def _languages(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else _said(value)
