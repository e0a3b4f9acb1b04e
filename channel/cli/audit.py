"""audit: what was changed here, by whom, and when."""

from typing import Annotated

import typer

from channel.cli.saying import moment, run, say, say_json, table
from channel.core import limits
from channel.settings import Settings
from channel.state import open_database
from channel.store.auditing import lines


def audit(
    since: Annotated[str | None, typer.Option(help="from this time on")] = None,
    about: Annotated[str | None, typer.Option(help="only what is about this: an id, as the audit has it")] = None,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="so many lines at most")] = limits.AUDIT_SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """What was changed, by whom, about what, and when. A line without an outcome: whoever did it was stopped."""
    begins = moment("--since", since) if since else None

    async def work(settings: Settings) -> list[dict[str, object]]:
        async with open_database(settings) as database:
            return await lines(database.url, begins, about, last)

    found = run(work(Settings.from_env()))
    if as_json:
        say_json(found)
    elif not found:
        say("Nothing was changed.")
    else:
        shown = [[f"{each['at']:%Y-%m-%d %H:%M:%S}", *(each[name] or "" for name in list(each)[1:])] for each in found]
        say(table(list(found[0]), shown))
