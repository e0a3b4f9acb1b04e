"""What RapidPro could not bring to us, for an operator to have it sent again there."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import field
from datetime import timedelta
from uuid import UUID

from channel.cli.saying import Wrong, say, table
from channel.core import limits
from channel.core.errors import DeliveryError
from channel.core.values import dataclass
from channel.rapidpro.wire import api_gave_up
from channel.rapidpro.wire.api_gave_up import NotBrought
from channel.settings import Settings
from channel.state import open_database
from channel.store import repairs
from channel.store.admin import Admin, administering
from channel.store.database import Pool, open_pool
from channel.store.timing import now
from channel.transport import Transport, open_http
from models.channel import Channel


@dataclass(frozen=True, slots=True)
class _Asked:
    """A channel that can be asked for: its RapidPro, and what opens that."""

    id: UUID
    name: str
    url: str
    rapidpro_channel: str
    token: str = field(repr=False)


async def list_them(settings: Settings, channel: UUID | None) -> None:
    """Print the messages of the last days that RapidPro gave up on, or is about to, and that never reached us."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings))
        admin = await stack.enter_async_context(administering(database.url, database.vault))
        pool = await open_pool(database.url, size=1, name="repair")
        stack.push_async_callback(pool.close)
        transport = Transport(await stack.enter_async_context(open_http(settings.reachable, ca_file=settings.ca_file)))
        asked = await _askable(admin, channel)
        after = (await now(pool) - timedelta(seconds=limits.GAVE_UP_LISTED)).isoformat()
        rows = [row for each in asked for row in await _rows(transport, pool, each, after)]
    if not rows:
        say("RapidPro gave up on nothing that was for Live Agents.")
        return
    say(table(("channel", "message", "contact", "written", "in RapidPro"), rows))
    say("Resend the failed ones in RapidPro, in this order. RapidPro tries the errored ones again by itself.")


async def _askable(admin: Admin, channel: UUID | None) -> list[_Asked]:
    found = [await admin.channel(channel)] if channel is not None else await admin.channels()
    askable = [asked for each in found if (asked := _asked(admin, each)) is not None]
    if not askable:
        raise Wrong(
            "RapidPro cannot be asked: no channel has both a token for its API (`channels edit CHANNEL "
            "--rapidpro-token-file FILE`) and a known External channel"
        )
    return askable


def _asked(admin: Admin, channel: Channel) -> _Asked | None:
    token = admin.rapidpro_token(channel)
    if token is None or channel.rapidpro_channel is None:
        return None
    return _Asked(channel.id, channel.name, channel.rapidpro_url, channel.rapidpro_channel, token)


async def _rows(transport: Transport, pool: Pool, channel: _Asked, after: str) -> list[Sequence[object]]:
    try:
        found = [each for folder in api_gave_up.FOLDERS for each in await _listed(transport, channel, folder, after)]
    except DeliveryError as error:
        raise Wrong(f"RapidPro did not say it of channel {channel.name}: {error}") from None
    came = await repairs.ids_that_came(pool, channel.id, [name for each in found for name in each.names])
    lost = sorted((each for each in found if not each.names & came), key=lambda each: each.created_on)
    return [(channel.name, each.id, each.contact, each.created_on, each.status) for each in lost]


async def _listed(transport: Transport, channel: _Asked, folder: str, after: str) -> list[NotBrought]:
    token = {"Authorization": f"Token {channel.token}"}
    found: list[NotBrought] = []
    query = api_gave_up.first(folder, after)
    for _ in range(limits.GAVE_UP_PAGES):
        exchange = api_gave_up.not_brought(channel.rapidpro_channel, folder, query)
        page = await transport.perform(channel.url, exchange, headers=token)
        found += page.messages
        if page.following is None:
            break
        query = page.following
    return found
