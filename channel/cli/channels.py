"""channels: list, show, edit, rotate secrets, remove."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from channel.cli import hours, options
from channel.cli.administering import administer, known_everywhere
from channel.cli.instructions import no_replies
from channel.cli.saying import Wrong, said, say, say_json, secret, table, uuid
from channel.core.connecting import channel_changes
from models.channel import Channel

app = typer.Typer(help="The RapidPro channels and where they lead.", no_args_is_help=True)
app.add_typer(hours.app, name="hours")
app.add_typer(options.app, name="options")
ChannelId = Annotated[str, typer.Argument(help="the channel's UUID")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command("list")
def list_channels(as_json: AsJson = False) -> None:
    """Every channel that is not removed."""
    found = administer(lambda admin: admin.channels())
    if as_json:
        say_json([_described(channel) for channel in found])
    else:
        head = ("uuid", "name", "rocketchat", "rapidpro", "department")
        say(table(head, [(c.id, c.name, c.workspace.base_url, c.rapidpro_url, c.department) for c in found]))


@app.command("show")
def show(channel: ChannelId, as_json: AsJson = False) -> None:
    """One channel, without its secrets."""
    number = uuid("the channel", channel)
    described = _described(administer(lambda admin: admin.channel(number)))
    if as_json:
        say_json(described)
    else:
        say("\n".join(f"{name:<18}{value}" for name, value in described.items()))


@app.command("edit")
def edit(
    channel: ChannelId,
    name: Annotated[str | None, typer.Option(help="what to call it")] = None,
    rapidpro_url: Annotated[str | None, typer.Option(help="base URL of RapidPro")] = None,
    rapidpro_channel: Annotated[str | None, typer.Option(help="the External channel's UUID")] = None,
    scheme: Annotated[str | None, typer.Option(help="URN type of the External channel")] = None,
    set_up: Annotated[str | None, typer.Option(help="a (flows and API) or b (External channel both ways)")] = None,
    department: Annotated[str | None, typer.Option(help="Rocket.Chat department, by name or id")] = None,
    reply_via: Annotated[
        str | None, typer.Option(help="receive or api; follows from the set-up when that is changed")
    ] = None,
    when_ambiguous: Annotated[
        str | None, typer.Option(help="resend (once) or hold, when RapidPro gave no answer")
    ] = None,
    rapidpro_token_file: Annotated[Path | None, typer.Option(help="file with RapidPro's API token")] = None,
) -> None:
    """Change a channel. What is not named stays, but for what follows from the set-up."""
    number = uuid("the channel", channel)
    given = {
        "name": name,
        "rapidpro_url": rapidpro_url,
        "rapidpro_channel": rapidpro_channel or None,
        "scheme": scheme,
        "set_up": set_up,
        "department": department,
        "reply_via": reply_via,
        "when_ambiguous": when_ambiguous or None,
        "rapidpro_token": secret("--rapidpro-token-file", rapidpro_token_file),
    }
    with said():
        changes = channel_changes(
            {field: text for field, text in given.items() if text is not None},
            {field: f"--{field.replace('_', '-')}" for field in given},
        )
    if not changes:
        raise Wrong("nothing to change was named")
    changed = administer(lambda admin: admin.edit_channel(number, changes), "channels edit", number)
    say(f"Channel {changed.name} is changed.")
    if changed.reply_via == "api" and not changed.rapidpro_token:
        say(f"\n{no_replies(changed.id)}")


@app.command("rotate")
def rotate(
    channel: ChannelId,
    live_agents: Annotated[
        bool, typer.Option("--live-agents", help="the live-agents token, not the send token")
    ] = False,
    finish: Annotated[bool, typer.Option("--finish", help="end the time in which the old tokens are valid")] = False,
) -> None:
    """Make a new token; the one before stays valid until `--finish`. It is printed when every process knows it."""
    number = uuid("the channel", channel)
    if finish:
        administer(lambda admin: admin.finish_rotation(number), "channels rotate --finish", number)
        say("The tokens before are valid no more.")
        return
    which = "live_agents_token" if live_agents else "send_token"
    token = administer(lambda admin: admin.rotate_channel(number, which), "channels rotate", number)
    known_everywhere()
    say(f"Token {token}")


@app.command("remove")
def remove(channel: ChannelId) -> None:
    """Refuse a channel's callers from now on. Its record stays."""
    number = uuid("the channel", channel)
    administer(lambda admin: admin.remove_channel(number), "channels remove", number)
    say("The channel is removed.")


def _described(channel: Channel) -> dict[str, object]:
    return {
        "uuid": str(channel.id),
        "name": channel.name,
        "rocketchat_url": channel.workspace.base_url,
        "workspace": str(channel.workspace.id),
        "rapidpro_url": channel.rapidpro_url,
        "rapidpro_channel": channel.rapidpro_channel,
        "scheme": channel.scheme,
        "set_up": channel.set_up,
        "department": channel.department,
        "reply_via": channel.reply_via,
        "when_ambiguous": channel.when_ambiguous,
        "max_length": channel.max_length,
        "api_token": "stored" if channel.rapidpro_token else "none",
        "options": "set" if channel.options else "none",
        "hours": "set" if channel.hours else "none",
        "rotating": ", ".join(_rotating(channel)) or "none",
    }


def _rotating(channel: Channel) -> Iterator[str]:
    """Of which tokens two are valid."""
    if channel.previous_send_token_hash:
        yield "send token"
    if channel.previous_live_agents_token_hash:
        yield "live-agents token"
