"""The numbers that a coordinator asks for: a page, the same as CSV, and as a picture."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, Visit
from channel.console.finding import channel_of, hours_of
from channel.console.pages import HEADERS
from channel.console.wrong import Wrong
from channel.core import numbers
from channel.core.numbers import Days, Numbers, WrongDays
from channel.core.numbers_file import write_numbers
from channel.core.plot import DARK, LIGHT, plot
from channel.core.values import dataclass
from channel.store.numbers import TooMany
from channel.store.numbers import numbers as counted
from channel.store.timing import now
from models.channel import Channel

#: of departments, all of them: no department is called so, for its name has no space in front
ALL: Final = " all"
TOO_LONG: Final = "There are too many chats in these days to count them in time: ask for fewer days."
#: that a spreadsheet knows the file for UTF-8
_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which channel, department and days somebody wants the numbers."""

    channel: Channel
    channels: Sequence[Channel]
    days: Days
    department: str | None  #: None: all of them

    @property
    def query(self) -> dict[str, str]:
        """By which the same is asked for again."""
        department = ALL if self.department is None else self.department
        days = {"from": str(self.days.first), "to": str(self.days.last)}
        return {"channel": str(self.channel.id), **days, "department": department}

    @property
    def title(self) -> str:
        who = "all departments" if self.department is None else self.department or "no department"
        return f"{self.channel.name}, {who}, {self.days.first} to {self.days.last}"


def routes(access: Access) -> list[ConsoleRoute]:
    async def shown(visit: Visit) -> Response:
        channels = await _channels(visit)
        if not channels:
            return visit.page("numbers.html", asked=None, channels=[], sentence="", all=ALL)
        try:
            asked = await _asked(visit, channels)
            found = await _counted(visit, asked)
        except Wrong as wrong:
            return visit.page(
                "numbers.html", wrong.status, asked=None, channels=channels, sentence=wrong.sentence, all=ALL
            )
        return visit.page(
            "numbers.html",
            asked=asked,
            channels=channels,
            sentence="",
            all=ALL,
            by_day=numbers.of_department(found, asked.department, asked.days),
            by_department=[each for each in found if each.day is None],
            departments=numbers.departments(found),
        )

    async def file(visit: Visit) -> Response:
        asked = await _asked(visit, await _channels(visit))
        found = [each for each in await _counted(visit, asked) if asked.department in {None, each.department}]
        name = f"numbers-{asked.days.first}-{asked.days.last}.csv"
        return Response(
            _MARK + write_numbers(found),
            media_type="text/csv",
            headers={**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def picture(visit: Visit) -> Response:
        asked = await _asked(visit, await _channels(visit))
        found = await _counted(visit, asked)
        lines = numbers.of_department(found, asked.department, asked.days)
        drawn = plot(lines, asked.title, DARK if visit.asked("dark") else LIGHT)
        return Response(drawn, media_type="image/svg+xml", headers=dict(HEADERS))

    return [
        access.page("/numbers", shown),
        access.page("/numbers.csv", file),
        access.page("/numbers.svg", picture),
    ]


async def _channels(visit: Visit) -> list[Channel]:
    async with visit.premises.administering() as admin:
        return await admin.channels()


async def _asked(visit: Visit, channels: Sequence[Channel]) -> Asked:
    """What the query names; the first channel, all departments and the last weeks where it names none."""
    if not channels:
        raise Wrong(404, "There is no channel: `live-agents connect` makes one.")
    named = visit.asked("channel")
    channel = channel_of(channels, named) if named else channels[0]
    try:
        days = numbers.days(
            visit.asked("from"), visit.asked("to"), await now(visit.premises.pool), numbers.zone_of(hours_of(channel))
        )
    except WrongDays as wrong:
        raise Wrong(400, f"{str(wrong)[:1].upper()}{str(wrong)[1:]}.") from None
    department = visit.request.query_params.get("department", ALL)
    return Asked(channel, channels, days, None if department == ALL else visit.asked("department"))


async def _counted(visit: Visit, asked: Asked) -> list[Numbers]:
    names = await visit.premises.departments(asked.channel.workspace.base_url)
    try:
        return await counted(visit.premises.pool, asked.channel.id, asked.days, names)
    except TooMany:
        raise Wrong(400, TOO_LONG) from None
