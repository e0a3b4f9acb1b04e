"""channels options: show, set."""

from pathlib import Path
from typing import Annotated

import typer

from channel.cli.administering import administer, the_channel, written
from channel.cli.hours import ChannelOption
from channel.cli.saying import Wrong, say, say_json
from channel.core.option_file import from_json, read_options, to_json
from channel.core.option_text import write_options
from channel.core.options import Options
from channel.core.toml import WrongFile
from channel.store.admin import Admin

app = typer.Typer(help="How conversations are treated, and what contacts are told.", no_args_is_help=True)


@app.command("set")
def set_options(
    file: Annotated[Path, typer.Argument(help="TOML as `show` prints it, or - for standard input")],
    channel: ChannelOption = None,
) -> None:
    """Choose what FILE says, and nothing else, from now on."""
    try:
        options = read_options(written(file))
    except WrongFile as wrong:
        raise Wrong(f"{file}: {wrong}") from None

    async def work(admin: Admin) -> None:
        await admin.set_options(await the_channel(admin, channel), to_json(options))

    administer(work, "channels options set", channel or "")
    say("The options are set.")


@app.command("show")
def show(
    channel: ChannelOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="print what was chosen, as JSON")] = False,
) -> None:
    """Every option, as a file that can be edited and set."""

    async def work(admin: Admin) -> Options:
        return from_json((await admin.channel(await the_channel(admin, channel))).options)

    options = administer(work)
    if as_json:
        say_json(to_json(options))
    else:
        say(write_options(options).rstrip())
