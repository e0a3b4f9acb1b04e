"""What a path or a query names: a channel, with what it has chosen."""

from collections.abc import Iterable
from uuid import UUID

from channel.console.access import Visit
from channel.console.wrong import Wrong
from channel.core import hours_file, option_file
from channel.core.hours import Hours
from channel.core.options import Options
from models.channel import Channel


def named(visit: Visit, what: str) -> UUID:
    """The UUID in the path; Wrong where it is none, for then nothing can be called so."""
    text = str(visit.request.path_params[what])
    try:
        return UUID(text)
    except ValueError:
        raise Wrong(404, f"There is no {what} {text[:40]}.") from None


def channel_of(channels: Iterable[Channel], name: str) -> Channel:
    """The one with this UUID; Wrong where none has it."""
    for channel in channels:
        if str(channel.id) == name.lower():
            return channel
    raise Wrong(404, f"There is no channel {name[:40]}.")


async def the_channel(visit: Visit) -> Channel:
    async with visit.premises.administering() as admin:
        return await admin.channel(named(visit, "channel"))


def options_of(channel: Channel) -> Options:
    return option_file.from_json(channel.options)


def hours_of(channel: Channel) -> Hours | None:
    """None where the channel keeps none, or what is stored is of another version and cannot be read."""
    if not channel.hours:
        return None
    try:
        return hours_file.from_json(channel.hours)
    except ValueError:
        return None
