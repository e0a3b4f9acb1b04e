"""connect: a workspace, a channel, and what to paste on each side."""

from pathlib import Path
from typing import Annotated, Final

import typer

from channel.cli.auditing import audited
from channel.cli.instructions import instructions
from channel.cli.saying import base_url, one_of, run, say, say_json, secret, uuid
from channel.settings import Settings
from channel.state import open_database
from channel.store.admin import Connected, Wanted, administering

#: what RapidPro's External API form offers as URN types
SCHEMES: Final = (
    "tel", "bsuid", "discord", "ext", "facebook", "fcm", "freshchat", "instagram", "jiochat", "line", "mailto",
    "rocketchat", "slack", "telegram", "twitter", "twitterid", "viber", "vk", "webchat", "wechat", "whatsapp",
)  # fmt: skip
#: by set-up: how agents' words reach the contact, unless it is said otherwise
REPLY_VIA: Final = {"a": "api", "b": "receive"}
#: every version of courier renders this: quick replies bring their own ampersand
BODY: Final = (
    "id={{id}}&uuid={{uuid}}&text={{text}}&to={{to}}&from={{from}}&channel={{channel}}"
    "&session_status={{session_status}}{{quick_replies}}"
)
#: what our answer to a stored message holds
RESPONSE_CHECK: Final = "accepted"


def connect(
    rocketchat_url: Annotated[str, typer.Option(help="base URL of the Rocket.Chat server")],
    rapidpro_url: Annotated[str, typer.Option(help="base URL of RapidPro (of courier's callbacks)")],
    name: Annotated[str, typer.Option(help="what to call the channel")] = "",
    rapidpro_channel: Annotated[
        str | None, typer.Option(help="the External channel's UUID; learned from its first message when not given")
    ] = None,
    scheme: Annotated[str, typer.Option(help="URN type of the External channel")] = "ext",
    set_up: Annotated[str, typer.Option(help="a (flows and API) or b (External channel both ways)")] = "b",
    department: Annotated[str, typer.Option(help="Rocket.Chat department, by name or id")] = "",
    reply_via: Annotated[str | None, typer.Option(help="receive or api; follows from the set-up")] = None,
    rapidpro_token_file: Annotated[
        Path | None, typer.Option(help="file with RapidPro's API token, or - for standard input")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Make a channel (and a workspace, unless there is one of this URL) and print what to paste on each side."""
    set_up = one_of("--set-up", set_up, REPLY_VIA)
    wanted = Wanted(
        name=name.strip() or base_url("--rapidpro-url", rapidpro_url).partition("://")[2],
        rocketchat_url=base_url("--rocketchat-url", rocketchat_url),
        rapidpro_url=base_url("--rapidpro-url", rapidpro_url),
        rapidpro_channel=str(uuid("--rapidpro-channel", rapidpro_channel)) if rapidpro_channel else None,
        scheme=one_of("--scheme", scheme, SCHEMES),
        set_up=set_up,
        department=department.strip(),
        reply_via=one_of("--reply-via", reply_via or REPLY_VIA[set_up], REPLY_VIA.values()),
        rapidpro_token=secret("--rapidpro-token-file", rapidpro_token_file),
    )
    settings = Settings.from_env()
    made = run(_connect(settings, wanted))
    description = described(made, settings.base_url)
    if as_json:
        say_json(description)
    else:
        say(instructions(description, wanted))


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
    """What each side needs, as `--json` prints it."""
    return {
        "channel": {
            "uuid": str(made.channel),
            "send_url": f"{our_url}/channels/{made.channel}/send",
            "send_authorization": f"Token {made.send_token}",
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
            "authorization": f"Token {made.live_agents_token}",
        },
    }
