"""channels hours: set, show, clear."""

from pathlib import Path
from typing import Annotated

import typer

from channel.cli.administering import administer, the_channel, written
from channel.cli.saying import Wrong, say, say_json
from channel.core.hours import Hours
from channel.core.hours_file import from_json, read_hours, to_json, write_hours
from channel.core.toml import WrongFile
from channel.store.admin import Admin

app = typer.Typer(help="When somebody is there.", no_args_is_help=True)
ChannelOption = Annotated[str | None, typer.Option("--channel", help="the channel's UUID; not needed if it is alone")]


@app.command("set")
def set_hours(
    file: Annotated[Path, typer.Argument(help="TOML, or - for standard input; docs/hours.md describes it")],
    channel: ChannelOption = None,
) -> None:
    """Keep the hours in FILE from now on, instead of those before."""
    try:
        hours = read_hours(written(file))
    except WrongFile as wrong:
        raise Wrong(f"{file}: {wrong}") from None

    async def work(admin: Admin) -> None:
        await admin.set_hours(await the_channel(admin, channel), to_json(hours))

    administer(work, "channels hours set", channel or "")
    say("The hours are set.")


@app.command("show")
def show(
    channel: ChannelOption = None, as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False
) -> None:
    """The hours, as a file that can be set."""

    async def work(admin: Admin) -> Hours | None:
        stored = (await admin.channel(await the_channel(admin, channel))).hours
        return None if stored is None else from_json(stored)

    hours = administer(work)
    if as_json:
        say_json(None if hours is None else to_json(hours))
    elif hours is None:
        say("# No hours are set: somebody is always there.")
    else:
        say(write_hours(hours).rstrip())


@app.command("clear")
def clear(channel: ChannelOption = None) -> None:
    """Keep no hours: somebody is always there."""

    async def work(admin: Admin) -> None:
        await admin.set_hours(await the_channel(admin, channel), None)

    administer(work, "channels hours clear", channel or "")
    say("No hours are kept any more.")
