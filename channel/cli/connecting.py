"""A channel as it is wanted, made once: found again and changed where it is there already."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, TypeAlias

from channel.cli.auditing import audited
from channel.cli.finding import (
    check_department,
    check_external,
    find_rapidpro,
    find_rocketchat,
    opened_by,
)
from channel.cli.saying import Wrong
from channel.core.values import dataclass
from channel.settings import Settings
from channel.state import open_database
from channel.store.admin import Admin, Connected, Wanted, administering
from channel.store.alone import alone
from channel.transport import Transport, open_http
from models.channel import Channel

#: what a channel is compared in, and changed where it is otherwise
COMPARED: Final = ("name", "rapidpro_url", "rapidpro_channel", "scheme", "set_up", "department", "reply_via")

#: Is this the channel that is wanted, whatever else of it is otherwise?
Same: TypeAlias = Callable[[Channel], bool]


@dataclass(frozen=True, slots=True)
class Kept:
    """A channel that is there now, and what had to be done for it."""

    connected: Connected
    wanted: Wanted
    news: str = ""  #: a line for people


async def keep(settings: Settings, wanted: Wanted, same: Same, said: Sequence[str] = COMPARED) -> Kept:
    """Make the channel, or change the one that is the same in what was `said` of it. All of it, or nothing."""
    async with (
        open_database(settings) as database,
        alone(database.url),
        administering(database.url, database.vault) as admin,
    ):
        known = [each for each in await admin.channels() if each.workspace.base_url == wanted.rocketchat_url]
        found = [each for each in known if same(each)]
        if len(found) > 1:
            ids = ", ".join(str(each.id) for each in found)
            raise Wrong(f"there are several such channels ({ids}): rename or remove all but one, and try again")
        if not found:
            async with audited(database.url, "connect") as line:
                made = await admin.connect(wanted)
                line.about = str(made.channel)
            return Kept(made, wanted)
        changes = _changes(admin, found[0], wanted, said)
        if changes:
            async with audited(database.url, "connect", str(found[0].id)):
                await admin.edit_channel(found[0].id, changes)
        unsaid = {name: getattr(found[0], name) for name in COMPARED if name not in said}
        stored = replace(wanted, rapidpro_token=wanted.rapidpro_token or admin.rapidpro_token(found[0]), **unsaid)
        return Kept(await _shown_again(admin, found[0]), stored, _told(found[0], changes))


def _changes(admin: Admin, channel: Channel, wanted: Wanted, said: Sequence[str]) -> dict[str, str | None]:
    """What is to be changed. What has been learned since, and is not said, stays."""
    changes: dict[str, str | None] = {}
    for name in said:
        value = getattr(wanted, name)
        if value is not None and getattr(channel, name) != value:
            changes[name] = value
    if wanted.rapidpro_token is not None and admin.rapidpro_token(channel) != wanted.rapidpro_token:
        changes["rapidpro_token"] = wanted.rapidpro_token
    return changes


async def _shown_again(admin: Admin, channel: Channel) -> Connected:
    """Without the tokens, of which nothing but a hash is kept."""
    secret = await admin.webhook_secret(channel.workspace.id)
    return Connected(channel.id, channel.workspace.id, channel.max_length, "", "", secret)


def _told(channel: Channel, changes: dict[str, str | None]) -> str:
    done = f"changed: {', '.join(changes)}" if changes else "nothing had to be changed"
    return (
        f"This channel was made before; {done}. Its tokens were shown then: if they are lost, "
        f"`live-agents channels rotate {channel.id}` makes another (with --live-agents, the flows')."
    )


async def check(transport: Transport, wanted: Wanted) -> None:
    """Wrong where a peer is not what it is taken for, or would not do what is wanted. Nothing is made by it."""
    found = await find_rocketchat(transport, wanted.rocketchat_url)
    check_department(found, wanted.rocketchat_url, wanted.department)
    there = await find_rapidpro(transport, wanted.rapidpro_url)
    if wanted.reply_via == "receive" and not there.courier:
        raise Wrong(no_courier(wanted.rapidpro_url))
    if wanted.rapidpro_token is not None:
        await opened_by(transport, wanted.rapidpro_url, wanted.rapidpro_token)
        if wanted.rapidpro_channel is not None:
            await check_external(transport, wanted.rapidpro_url, wanted.rapidpro_token, wanted.rapidpro_channel)


def no_courier(url: str) -> str:
    return f"RapidPro's API is at {url}, but not its courier (/c/ex/), to which agents' words go: give courier's URL"


@asynccontextmanager
async def peers(settings: Settings) -> AsyncIterator[Transport]:
    """What speaks to the peers, as `serve` does: to public addresses, and to those that the settings allow."""
    async with open_http(settings.reachable, ca_file=settings.ca_file) as http:
        yield Transport(http)
