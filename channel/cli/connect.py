"""connect: a workspace, a channel, and what to paste on each side."""

from pathlib import Path
from typing import Annotated, Final

import typer

from channel.cli import connect_file, interview
from channel.cli.auditing import audited
from channel.cli.connecting import Kept
from channel.cli.instructions import instructions
from channel.cli.saying import Wrong, base_url, one_of, run, say, say_json, secret, uuid
from channel.core.connecting import REPLY_VIA, SCHEMES
from channel.settings import Settings
from channel.state import open_database
from channel.store.admin import Connected, Wanted, administering

#: every version of courier renders this: quick replies bring their own ampersand
BODY: Final = (
    "id={{id}}&uuid={{uuid}}&text={{text}}&to={{to}}&from={{from}}&channel={{channel}}"
    "&session_status={{session_status}}{{quick_replies}}"
)
#: what our answer to a stored message holds
RESPONSE_CHECK: Final = "accepted"


def connect(
    file: Annotated[
        Path | None, typer.Argument(help="TOML that says it all; may live in git (docs/start-here.md)")
    ] = None,
    rocketchat_url: Annotated[str | None, typer.Option(help="base URL of the Rocket.Chat server")] = None,
    rapidpro_url: Annotated[str | None, typer.Option(help="base URL of RapidPro (of courier's callbacks)")] = None,
    name: Annotated[str, typer.Option(help="what to call the channel")] = "",
    rapidpro_channel: Annotated[
        str | None, typer.Option(help="the External channel's UUID; learned from its first message when not given")
    ] = None,
    scheme: Annotated[str | None, typer.Option(help="URN type of the External channel  [default: ext]")] = None,
    set_up: Annotated[
        str | None, typer.Option(help="a (flows and API) or b (External channel both ways)  [default: b]")
    ] = None,
    department: Annotated[str, typer.Option(help="Rocket.Chat department, by name or id")] = "",
    reply_via: Annotated[str | None, typer.Option(help="receive or api; follows from the set-up")] = None,
    rapidpro_token_file: Annotated[
        Path | None, typer.Option(help="file with RapidPro's API token, or - for standard input")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Make a channel (and a workspace, unless there is one of this URL) and print what to paste on each side.

    With nothing given it asks, and tests each answer. With FILE it finds the channel that it made before, tests the
    peers, and makes or changes what is not as FILE says.
    """
    given = (
        rocketchat_url, rapidpro_url, name, rapidpro_channel, scheme, set_up, department, reply_via,
        rapidpro_token_file,
    )  # fmt: skip
    settings = Settings.from_env()
    if file is not None:
        if any(given):
            raise Wrong("FILE says it all: beside it nothing but --json can be given")
        _tell(connect_file.keep(settings, file), settings, as_json=as_json)
        return
    if not any(given) and not as_json:
        _tell(interview.interview(settings), settings, as_json=False)
        return
    if rocketchat_url is None or rapidpro_url is None:
        missing = "--rocketchat-url" if rocketchat_url is None else "--rapidpro-url"
        raise typer.BadParameter("it is missing; give both URLs, or nothing to be asked", param_hint=missing)
    set_up = one_of("--set-up", set_up if set_up is not None else "b", REPLY_VIA)
    wanted = Wanted(
        name=name.strip() or base_url("--rapidpro-url", rapidpro_url).partition("://")[2],
        rocketchat_url=base_url("--rocketchat-url", rocketchat_url),
        rapidpro_url=base_url("--rapidpro-url", rapidpro_url),
        rapidpro_channel=str(uuid("--rapidpro-channel", rapidpro_channel)) if rapidpro_channel else None,
        scheme=one_of("--scheme", scheme if scheme is not None else "ext", SCHEMES),
        set_up=set_up,
        department=department.strip(),
        reply_via=one_of("--reply-via", reply_via or REPLY_VIA[set_up], REPLY_VIA.values()),
        rapidpro_token=secret("--rapidpro-token-file", rapidpro_token_file),
    )
    _tell(Kept(run(_connect(settings, wanted)), wanted), settings, as_json=as_json)


def _tell(kept: Kept, settings: Settings, *, as_json: bool) -> None:
    description = described(kept.connected, settings.base_url)
    if as_json:
        say_json(description)
        return
    if kept.news:
        say(f"{kept.news}\n")
    say(instructions(description, kept.wanted))


async def _connect(settings: Settings, wanted: Wanted) -> Connected:
    async with (
        open_database(settings) as database,
        audited(database.url, "connect") as line,
        administering(database.url, database.vault) as admin,
    ):
        made = await admin.connect(wanted)
        line.about = str(made.channel)
        return made


def described(made: Connected, our_url: str) -> dict[str, dict[str, object]]:
    """What each side needs, as `--json` prints it. A token that was shown before is null: nobody can see it again."""
    return {
        "channel": {
            "uuid": str(made.channel),
            "send_url": f"{our_url}/channels/{made.channel}/send",
            "send_authorization": _authorization(made.send_token),
            "method": "POST",
            "content_type": "urlencoded",
            "body": BODY,
            "max_length": made.max_length,
            "mt_response_check": RESPONSE_CHECK,
        },
        "workspace": {
            "uuid": str(made.workspace),
            "webhook_url": f"{our_url}/workspaces/{made.workspace}/webhook",
            "webhook_secret": made.webhook_secret,
        },
        "live_agents": {
            "url": f"{our_url}/live-agents",
            "authorization": _authorization(made.live_agents_token),
        },
    }


def _authorization(token: str) -> str | None:
    return f"Token {token}" if token else None
