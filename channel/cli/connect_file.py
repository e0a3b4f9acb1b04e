"""connect FILE: the same channel from the same file, however often."""

from pathlib import Path

from channel.cli import connecting
from channel.cli.administering import written
from channel.cli.connecting import Kept
from channel.cli.saying import Wrong, base_url, one_of, run, secret, token, uuid
from channel.core.connecting import REPLY_VIA, SCHEMES
from channel.core.connection_file import Connection, Reference, read_connection
from channel.core.toml import WrongFile
from channel.settings import Settings, variable
from channel.store.admin import Wanted
from models.channel import Channel


def keep(settings: Settings, file: Path) -> Kept:
    """Make what FILE says, or change what is otherwise; Wrong, and nothing is made, where that cannot be."""
    try:
        connection = read_connection(written(file))
    except WrongFile as wrong:
        raise Wrong(f"{file}: {wrong}") from None
    try:
        wanted = _wanted(connection, file.parent)
    except Wrong as wrong:
        raise Wrong(f"{file}: {wrong}") from None
    return run(_keep(settings, wanted))


async def _keep(settings: Settings, wanted: Wanted) -> Kept:
    async with connecting.peers(settings) as transport:
        await connecting.check(transport, wanted)

    def same(channel: Channel) -> bool:
        return channel.name == wanted.name

    return await connecting.keep(settings, wanted, same)


def _wanted(connection: Connection, beside: Path) -> Wanted:
    set_up = one_of("set_up", connection.set_up or "b", REPLY_VIA)
    channel = connection.rapidpro_channel
    return Wanted(
        name=connection.name,
        rocketchat_url=base_url("rocketchat_url", connection.rocketchat_url),
        rapidpro_url=base_url("rapidpro_url", connection.rapidpro_url),
        rapidpro_channel=str(uuid("rapidpro_channel", channel)) if channel else None,
        scheme=one_of("scheme", connection.scheme or "ext", SCHEMES),
        set_up=set_up,
        department=connection.department,
        reply_via=one_of("reply_via", connection.reply_via or REPLY_VIA[set_up], REPLY_VIA.values()),
        rapidpro_token=_secret("rapidpro_token", connection.rapidpro_token, beside),
    )


def _secret(what: str, reference: Reference | None, beside: Path) -> str | None:
    if reference is None:
        return None
    if reference.file:
        return secret(what, beside / reference.file)
    found = variable(reference.env)
    if found is None:
        raise Wrong(f"{what} is to come from the environment, and {reference.env} is not set there")
    return token(what, found.get_secret_value(), reference.env)
