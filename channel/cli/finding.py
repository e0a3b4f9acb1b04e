"""What is at an address that an operator gave, or what a token opens: found out at once, and told in one sentence."""

from channel.cli.saying import Wrong
from channel.core.errors import ChannelError, DeliveryError
from channel.rapidpro.wire import api_workspace
from channel.rapidpro.wire import finding as rapidpro
from channel.rapidpro.wire.api import TOKEN_REFUSED
from channel.rapidpro.wire.api_workspace import RapidProWorkspace
from channel.rapidpro.wire.finding import FoundRapidPro
from channel.rocketchat.wire import finding as rocketchat
from channel.rocketchat.wire.finding import FoundRocketChat
from channel.transport import Transport


async def find_rocketchat(transport: Transport, url: str) -> FoundRocketChat:
    """The Rocket.Chat at this URL; Wrong if there is none, or one that cannot be used."""
    try:
        found = await transport.perform(url, rocketchat.find())
    except ChannelError as error:
        raise Wrong(f"no Rocket.Chat was found at {url}: {error}") from None
    if not found.config.enabled:
        raise Wrong(
            f"Omnichannel is off in the Rocket.Chat at {url}: switch it on in Administration, Settings, Omnichannel"
        )
    return found


async def find_rapidpro(transport: Transport, url: str) -> FoundRapidPro:
    """The RapidPro at this URL; Wrong if there is none."""
    try:
        return await transport.perform(url, rapidpro.find())
    except ChannelError as error:
        raise Wrong(f"no RapidPro was found at {url}: {error}") from None


async def opened_by(transport: Transport, url: str, token: str) -> RapidProWorkspace:
    """The RapidPro workspace that a token opens; Wrong if it opens none."""
    headers = {"Authorization": f"Token {token}"}
    try:
        return await transport.perform(url, api_workspace.workspace(), headers=headers)
    except DeliveryError as error:
        if error.code == TOKEN_REFUSED:
            raise Wrong(
                f"RapidPro at {url} does not take the token: give one of an editor or administrator of the workspace"
            ) from None
        raise Wrong(f"RapidPro at {url} does not say what the token opens: {error}") from None


async def check_external(transport: Transport, url: str, token: str, channel: str) -> None:
    """Wrong unless the workspace has this channel, as an External API channel."""
    headers = {"Authorization": f"Token {token}"}
    try:
        found = await transport.perform(url, api_workspace.find_channel(channel), headers=headers)
    except DeliveryError as error:
        raise Wrong(f"RapidPro at {url} does not say whether it has channel {channel}: {error}") from None
    if found is None:
        raise Wrong(f"the token's RapidPro workspace has no channel {channel}")
    if found.type.lower() not in {"external", "ex"}:
        raise Wrong(f"channel {channel} of RapidPro is no External API channel: its type is {found.type}")


def check_department(found: FoundRocketChat, url: str, department: str) -> None:
    """Wrong unless it is one that takes chats, by its id or its exact name. Rocket.Chat lists no others."""
    known = found.config.departments
    if department and not any(department in {each.id, each.name} for each in known):
        there = ", ".join(each.name for each in known) or "none"
        raise Wrong(
            f"the Rocket.Chat at {url} has no department {department} that is enabled and has agents: there is {there}"
        )
