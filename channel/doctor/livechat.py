"""What anybody is told by a Rocket.Chat: its version, Livechat's configuration, the limiter, the time."""

from dataclasses import replace

from channel.core import limiter
from channel.core.checks import clocks, desk, releases
from channel.core.checks.finding import Check, Finding, Heard
from channel.core.checks.limiting import UNKNOWN, Limit, by_answers
from channel.core.errors import ChannelError, Waiting
from channel.core.exchange import Request
from channel.core.people import Bot
from channel.core.reading import text_or_none
from channel.core.values import dataclass
from channel.doctor.asking import reply
from channel.doctor.premises import Premises
from channel.rocketchat.wire import livechat, results
from channel.rocketchat.wire.asking import API, login
from channel.rocketchat.wire.errors import answered
from channel.rocketchat.wire.results import Config
from channel.store import peers
from channel.store.examining import Examined


@dataclass(frozen=True, slots=True)
class Livechat:
    """What a workspace says to whoever asks. `trouble`: why it says nothing; `pause`: its limiter wants one."""

    trouble: str = ""
    pause: float = 0.0
    version: str | None = None
    config: Config | None = None
    limit: Limit = UNKNOWN  #: on posts
    rooms: Limit = UNKNOWN  #: on opening rooms, as far as an answer to one has said
    findings: tuple[Finding, ...] = ()


async def look(premises: Premises, channel: Examined, bot: Bot | None) -> Livechat:
    """Ask it, as the bot user where there is one: then it tells its version in full."""
    url = channel.rocketchat_url
    info = await premises.asking.hear(url, Request("GET", "/api/info", headers=login(bot) if bot else {}))
    heard = info if info.trouble else await premises.asking.hear(url, Request("GET", f"{API}/livechat/config"))
    now = await premises.now()
    found = _read(info, heard)
    found = await _limits(premises, url, heard, found)
    enabled = found.config is None or found.config.enabled
    clock = clocks.clock(Check.CLOCK_ROCKETCHAT, "Rocket.Chat", heard.headers.get("date"), now)
    said = (
        desk.rocketchat(url, trouble=found.trouble, pause=found.pause, enabled=enabled),
        releases.version(found.version),
        clock,
    )
    return replace(found, findings=said)


async def is_online(premises: Premises, channel: Examined, config: Config) -> bool:
    """Would a chat of the channel's department be taken now? None is of one that is not there, or has no agents."""
    wanted = channel.office.department
    if not wanted:
        return config.online
    known = next((each.id for each in config.departments if wanted in {each.id, each.name}), None)
    if known is None:
        return False
    try:
        return (await premises.asking.learn(channel.rocketchat_url, livechat.config(department=known))).online
    except ChannelError:
        return config.online


def _read(info: Heard, heard: Heard) -> Livechat:
    if heard.trouble:
        return Livechat(trouble=heard.trouble)
    version: str | None = None
    try:
        told = answered(reply(info))
        version = text_or_none(told, "version") or text_or_none(told, "info", "version")
        return Livechat(version=version, config=results.config(answered(reply(heard))))
    except Waiting as waiting:
        return Livechat("its limiter wants a pause", waiting.seconds, version)
    except ChannelError as error:
        return Livechat(trouble=error.message, version=version)


async def _limits(premises: Premises, url: str, heard: Heard, found: Livechat) -> Livechat:
    """By the answer just given, and by what deliveries have learned of their own routes."""
    version = releases.read(found.version or "") or ()
    said = limiter.allowance(heard.status, heard.headers, "") if not heard.trouble else None
    limit = by_answers(Limit(known=True, calls=said.limit), version) if said else UNKNOWN
    known, _ = await peers.read(premises.pool)
    windows = {route: each for peer in known if peer.address == url for route, each in peer.windows.items()}
    post, room = windows.get("POST livechat/message"), windows.get("GET livechat/room")
    if not limit.known and post and post.known:
        limit = Limit(known=True, calls=post.limit)
    return replace(found, limit=limit, rooms=Limit(known=True, calls=room.limit) if room and room.known else UNKNOWN)
