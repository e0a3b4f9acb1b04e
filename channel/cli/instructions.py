"""What to paste where, field by field, in the order in which each side asks for it."""

from collections.abc import Iterator, Mapping

from channel.store.admin import Wanted

Description = Mapping[str, Mapping[str, object]]


def instructions(description: Description, wanted: Wanted) -> str:
    """For people; `description` is what `--json` prints."""
    return "\n\n".join(_paragraphs(description, wanted))


def no_replies(channel: object) -> str:
    """What cannot be done before the channel has a token of RapidPro's API."""
    return f"""NO REPLY CAN BE SENT YET: agents' words go by RapidPro's API, and this channel has no token for it.
They wait until there is one (of an editor or administrator):

  live-agents channels edit {channel} --rapidpro-token-file FILE"""


def _paragraphs(description: Description, wanted: Wanted) -> Iterator[str]:
    channel = description["channel"]
    calls = wanted.set_up == "a"
    yield f"Channel {wanted.name}: {channel['uuid']}"
    if not calls or wanted.reply_via == "receive":
        yield _form(channel, wanted.scheme)
    yield _flows(description, wanted) if calls else _kit(description)
    yield _rocketchat(description["workspace"], wanted.rocketchat_url)
    yield _secrets(channel["uuid"])
    if wanted.reply_via == "api" and wanted.rapidpro_token is None:
        yield no_replies(channel["uuid"])


def _form(channel: Mapping[str, object], scheme: str) -> str:
    number = "Number" if scheme == "tel" else "Address"
    country = "the number's, or leave it empty" if scheme == "tel" else "leave it empty"
    return f"""In RapidPro: Settings, Add Channel, External API. It cannot be edited later, so check before you submit.

  URN Type                    {scheme}
  {number:<27} any name, at most {14 if scheme == "tel" else 64} characters
  Country                     {country}
  Method                      {channel["method"]}
  Encoding                    Default Encoding
  Content Type                URL Encoded
  Max Length                  {channel["max_length"]}    (bytes: RapidPro would cut other scripts short at 640)
  Authorization Header Value  {_shown(channel["send_authorization"])}
  Send URL                    {channel["send_url"]}
  Request Body                {channel["body"]}
  MT Response Check           {channel["mt_response_check"]}"""


def _flows(description: Description, wanted: Wanted) -> str:
    api = "No External channel is needed, and no form for one.\n" if wanted.reply_via == "api" else ""
    return f"""In RapidPro, flows call Live Agents. {api}Make two globals (Flows, Globals):

{_globals(description)}

Import docs/rapidpro/set-up-a.json (Settings, Import). docs/rapidpro/set-ups.md says what each flow does, and how a
contact comes out of the group after a chat. In a webhook of your own the header is

  Authorization               {_shown(description["live_agents"]["authorization"])}"""


def _kit(description: Description) -> str:
    return f"""Import docs/rapidpro/set-up-b.json (Settings, Import). docs/rapidpro/set-ups.md says what each flow does,
and which triggers to make. Its survey, and any flow that calls Live Agents, needs two globals (Flows, Globals):

{_globals(description)}"""


def _globals(description: Description) -> str:
    """A global's name makes its expression: `@globals.live_agents_url`, as the kit's flows have it."""
    calls = description["live_agents"]
    token = _shown(calls["authorization"]).removeprefix("Token ")
    return f"""  Live Agents URL             {calls["url"]}
  Live Agents Token           {token}"""


def _shown(secret: object) -> str:
    """A secret that is shown once; it was before, where there is none."""
    return str(secret) if secret else "(shown when the channel was made)"


def _rocketchat(workspace: Mapping[str, object], url: str) -> str:
    return f"""In Rocket.Chat: Administration, Omnichannel, Webhooks ({url}).
`live-agents provision --plan {workspace["uuid"]}` shows what it would fill in for you.

  Webhook URL                 {workspace["webhook_url"]}
  Secret Token                {workspace["webhook_secret"]}
  Send Request on Chat Start, Chat Close, Chat Taken, Chat Queued, Forwarding, Agent Messages: on
  Send Request on Visitor Messages, Offline Messages: off
  HTTP Timeout                leave it at 5000"""


def _secrets(channel: object) -> str:
    return f"""RapidPro's tokens are shown this once; `live-agents channels rotate {channel}` makes new
ones. The webhook's secret can be seen again with `live-agents workspaces show --secret`."""
