"""Is this a Rocket.Chat that we can talk to? Asked without a login, before anything is made."""

import re
from http import HTTPStatus
from typing import Final

from channel.core.elsewhere import elsewhere
from channel.core.errors import ProtocolError
from channel.core.exchange import Exchange, Reply, Request
from channel.core.reading import text_or_none
from channel.core.values import dataclass
from channel.rocketchat.wire import livechat
from channel.rocketchat.wire.decoding import object_of
from channel.rocketchat.wire.results import Config

#: the first release whose webhook tells of a chat that is taken, queued or forwarded
OLDEST: Final = (3, 3)

_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class FoundRocketChat:
    """What a server says of itself to anybody."""

    version: str  #: `major.minor` only, of newer ones
    config: Config


def find() -> Exchange[FoundRocketChat]:
    """What is at the base URL. ProtocolError where it is no Rocket.Chat, or one that is too old: `str()` says which."""
    reply = yield Request("GET", "/api/info")
    version = _version(reply)
    known = _VERSION.match(version)
    if known and (int(known[1]), int(known[2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ProtocolError("too_old", f"this is Rocket.Chat {version}: Live Agents needs {oldest} or newer")
    return FoundRocketChat(version, (yield from livechat.config()))


def _version(reply: Reply) -> str:
    try:
        answer = object_of(reply.body)
    except ProtocolError:
        answer = {}
    version = text_or_none(answer, "version") or text_or_none(answer, "info", "version") or ""
    if reply.status != HTTPStatus.OK or not _VERSION.match(version):
        raise elsewhere(reply, "Rocket.Chat")
    return version
