"""connect: a workspace, a channel, and what to paste on each side."""

from pathlib import Path
from typing import Annotated, Final

import typer

from channel.cli.saying import Wrong, base_url, one_of, run, say, say_json, secret, uuid
from channel.runtime import open_database
from channel.settings import Settings
from channel.store.admin import Connected, Wanted, administering

#: what RapidPro's External API form offers as URN types
SCHEMES: Final = (
    "tel", "bsuid", "discord", "ext", "facebook", "fcm", "freshchat", "instagram", "jiochat", "line", "mailto",
    "rocketchat", "slack", "telegram", "twitter", "twitterid", "viber", "vk", "webchat", "wechat", "whatsapp",
)  # fmt: skip
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
    set_up = one_of("--set-up", set_up, ("a", "b"))
    wanted = Wanted(
        name=name.strip() or base_url("--rapidpro-url", rapidpro_url).partition("://")[2],
        rocketchat_url=base_url("--rocketchat-url", rocketchat_url),
        rapidpro_url=base_url("--rapidpro-url", rapidpro_url),
        rapidpro_channel=str(uuid("--rapidpro-channel", rapidpro_channel)) if rapidpro_channel else None,
        scheme=one_of("--scheme", scheme, SCHEMES),
        set_up=set_up,
        department=department.strip(),
        reply_via=one_of("--reply-via", reply_via or ("api" if set_up == "a" else "receive"), ("receive", "api")),
        rapidpro_token=secret("--rapidpro-token-file", rapidpro_token_file),
    )
    if wanted.reply_via == "api":
        raise Wrong("replies through RapidPro's API are not there yet: use --set-up b, which replies via receive")
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
        administering(database.url, database.vault) as admin,
    ):
        return await admin.connect(wanted)


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


def instructions(description: dict[str, dict[str, object]], wanted: Wanted) -> str:
    """What to paste where, field by field, in the order of the two forms."""
    channel, workspace = description["channel"], description["workspace"]
    number = "Number" if wanted.scheme == "tel" else "Address"
    return f"""Channel {wanted.name}: {channel["uuid"]}

In RapidPro: Settings, Add Channel, External API. It cannot be edited later, so check before you submit.

  URN Type                    {wanted.scheme}
  {number:<27} any name, at most {14 if wanted.scheme == "tel" else 64} characters
  Method                      {channel["method"]}
  Encoding                    Default Encoding
  Content Type                URL Encoded
  Max Length                  {channel["max_length"]}    (bytes: RapidPro would cut other scripts short at 640)
  Authorization Header Value  {channel["send_authorization"]}
  Send URL                    {channel["send_url"]}
  Request Body                {channel["body"]}
  MT Response Check           {channel["mt_response_check"]}

In Rocket.Chat: Administration, Omnichannel, Webhooks ({wanted.rocketchat_url}).

  Webhook URL                 {workspace["webhook_url"]}
  Secret Token                {workspace["webhook_secret"]}
  Send Request on Chat Start, Chat Close, Chat Taken, Chat Queued, Forwarding, Agent Messages: on
  Send Request on Visitor Messages, Offline Messages: off
  HTTP Timeout                leave it at 5000

The Authorization header is shown this once; `live-agents channels rotate` makes a new one. The webhook's secret can be
seen again with `live-agents workspaces show --secret`."""
