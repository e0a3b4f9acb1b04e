"""The doctor's page: everything looked at when somebody asks for it, and what to do where it is not as it should be."""

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import Final
from uuid import UUID

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, Visit
from channel.console.finding import channel_of
from channel.console.forms import Takes
from channel.console.wrong import Wrong
from channel.core import limits
from channel.core.checks.finding import Finding, Verdict
from channel.core.operators import Role

#: what each verdict is called, and how it is coloured; the worst first
SHOWN: Final = {
    Verdict.WRONG: ("wrong", "bad"),
    Verdict.DOUBTFUL: ("doubtful", "warn"),
    Verdict.NOT_CHECKED: ("not checked", "soft"),
    Verdict.FINE: ("fine", "good"),
}
BUSY: Final = "The doctor is looking already, for somebody else. Ask again in a moment."
SLOW: Final = (
    f"The doctor was not done after {limits.EXAMINING_SECONDS:g} s: somebody answers very slowly."
    " `live-agents doctor` on the command line takes the time it needs; here, look at one channel by itself."
)


def routes(access: Access) -> list[ConsoleRoute]:
    turn = asyncio.Lock()

    async def page(
        visit: Visit, named: str = "", found: Sequence[Finding] | None = None, sentence: str = ""
    ) -> Response:
        async with visit.premises.administering() as admin:
            channels = await admin.channels()
        return visit.page(
            "doctor.html",
            channels=channels,
            named=named,
            sentence=sentence,
            groups=_groups(found) if found is not None else None,
            counts=[
                (name, sum(each.verdict is verdict for each in found or ())) for verdict, (name, _) in SHOWN.items()
            ],
            shown=SHOWN,
        )

    async def asked(visit: Visit) -> Response:
        return await page(visit)

    async def looked(visit: Visit) -> Response:
        named = visit.form["channel"].strip()
        async with visit.premises.administering() as admin:
            channels = await admin.channels()
        wanted: tuple[UUID, ...] = (channel_of(channels, named).id,) if named else ()
        if not channels:
            raise Wrong(404, "There is no channel: `live-agents connect` makes one.")
        if turn.locked():
            raise Wrong(409, BUSY)
        async with turn:
            try:
                async with asyncio.timeout(limits.EXAMINING_SECONDS):
                    found = await visit.premises.examine(wanted)
            except TimeoutError:
                return await page(visit, named, sentence=SLOW)
        return await page(visit, named, found)

    return [
        access.page("/doctor", asked, role=Role.OPERATE),
        access.trial("/doctor", looked, role=Role.OPERATE, takes=Takes(once=("channel",))),
    ]


def _groups(found: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """What all channels share, and then each Rocket.Chat and its channels, in the doctor's order."""
    return [(about, list(findings)) for about, findings in groupby(found, key=lambda finding: finding.about)]
