"""Verbs over the store's admin: how they open it, and which channel they are about."""

import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from channel.cli.auditing import audited
from channel.cli.saying import Wrong, run, uuid
from channel.core import limits
from channel.settings import Settings
from channel.state import open_database
from channel.store.admin import Admin, administering
from channel.store.directory import REMEMBERED_SECONDS

T = TypeVar("T")


def administer(work: Callable[[Admin], Awaitable[T]], changing: str = "", about: object = "") -> T:
    """Do this with the store's admin, in the configured database.

    `changing`: the verb by which it changes something, or shows a secret, and `about` what, for the audit.
    """

    async def working(settings: Settings) -> T:
        async with (
            open_database(settings) as database,
            audited(database.url, changing, str(about)),
            administering(database.url, database.vault) as admin,
        ):
            return await work(admin)

    return run(working(Settings.from_env()))


def known_everywhere() -> None:
    """Return when every running process knows what was just changed: a new secret that is shown is valid already."""
    time.sleep(1.25 * REMEMBERED_SECONDS)  # and what was being read at that moment


async def the_channel(admin: Admin, named: str | None) -> UUID:
    """The channel that was named, or the only one there is; Wrong where nobody can know which."""
    if named is not None:
        return (await admin.channel(uuid("--channel", named))).id
    channels = await admin.channels()
    if not channels:
        raise Wrong("there is no channel: `live-agents connect` makes one")
    if len(channels) > 1:
        known = ", ".join(f"{channel.id} ({channel.name})" for channel in channels)
        raise Wrong(f"there are several channels: name one with --channel: {known}")
    return channels[0].id


def written(path: Path) -> str:
    """What is in a text file, or on standard input for `-`; Wrong if it cannot be read."""
    try:
        read = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError:
        raise Wrong(f"{path} cannot be read") from None
    if len(read) > limits.OPTION_BYTES:
        raise Wrong(f"{path} is larger than {limits.OPTION_BYTES} bytes")
    try:
        return read.decode()
    except UnicodeDecodeError:
        raise Wrong(f"{path} is no text in UTF-8") from None
