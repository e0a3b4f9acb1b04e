"""The whole examination, for a terminal, for a page, for a monitor."""

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from ipaddress import ip_network
from itertools import groupby
from typing import Final
from uuid import UUID

from channel.core.checks.finding import Check, Finding
from channel.core.checks.service import is_there
from channel.doctor import database as of_database
from channel.doctor import ours, rapidpro, workspace
from channel.doctor.asking import Asking
from channel.doctor.premises import Asked, Premises
from channel.doctor.trial import trial
from channel.settings import Settings
from channel.state import Database
from channel.store import examining
from channel.store.database import open_pool
from channel.store.examining import Examined
from channel.transport import Transport, open_http

#: Where our own public URL may be: anywhere, for nobody but an operator names it.
_ANYWHERE: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_ORDER: Final = {check: place for place, check in enumerate(Check)}


class NoChannel(Exception):
    """There is no channel to look at. The sentence says which was wanted."""


async def examine(settings: Settings, database: Database, asked: Asked | None = None) -> list[Finding]:
    """Look at everything there is to look at, and say how it is; nothing is changed, but for `send_test`.

    First what all share, then each Rocket.Chat with its channels, each in the order of `Check`. It takes a second or
    two; a peer that does not answer, ten more for each question. NoChannel where there is none; StoreError if the
    database does not answer.
    """
    asked = asked or Asked()
    async with AsyncExitStack() as stack:
        pool = await open_pool(database.url, size=2, name="doctor")
        stack.push_async_callback(pool.close)
        http = await stack.enter_async_context(open_http(settings.reachable, ca_file=settings.ca_file))
        ourselves = await stack.enter_async_context(open_http(_ANYWHERE, ca_file=settings.ca_file))
        asking = Asking(Transport(http), Transport(ourselves))
        premises = Premises(settings, database, pool, asking, asked)
        heard = await ours.call(premises)
        premises = replace(premises, is_there=is_there(heard))
        channels = await examining.channels(pool, database.vault, asked.channels)
        check_known(channels, asked.channels)
        found = _ordered([*await ours.public_url(premises, heard, channels), *await of_database.database(premises)])
        for _, sharing in groupby(channels, key=lambda channel: channel.workspace):
            found += await _of_workspace(premises, list(sharing))
    return found


def check_known(channels: Iterable[Examined], wanted: Iterable[UUID]) -> None:
    known = {channel.id for channel in channels}
    for each in wanted:
        if each not in known:
            raise NoChannel(f"there is no channel {each}")
    if not known:
        raise NoChannel("there is no channel: `live-agents connect` makes one")


async def _of_workspace(premises: Premises, channels: Sequence[Examined]) -> list[Finding]:
    """First what its channels share, then each of them."""
    first = channels[0]
    shared = await workspace.look(premises, first, await examining.busiest(premises.pool, first))
    found = [replace(each, about=f"Rocket.Chat {first.rocketchat_url}") for each in _ordered(shared.findings)]
    for channel in channels:
        busiest = await examining.busiest(premises.pool, channel)
        own = [
            *await workspace.of_channel(premises, channel, shared),
            *await rapidpro.rapidpro(premises, channel, busiest),
            *await trial(premises, channel),
        ]
        about = f"Channel {channel.name}"
        found += [replace(each, about=about, channel=str(channel.id)) for each in _ordered(own)]
    return found


def _ordered(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: _ORDER[finding.check])
