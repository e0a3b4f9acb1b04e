"""One channel's Rocket.Chat: what it says by itself, and what it shows a login, as findings."""

from channel.core.checks import desk as judge
from channel.core.checks import limiting, releases
from channel.core.checks.desk import Dept
from channel.core.checks.finding import Check, Finding, not_checked
from channel.core.people import Bot
from channel.doctor import desk, livechat, ours
from channel.doctor.desk import Desk
from channel.doctor.livechat import Livechat
from channel.doctor.premises import Premises
from channel.rocketchat.wire.results import Config
from channel.store.examining import Busiest, Examined

_AWAY = "Rocket.Chat does not answer"


async def workspace(premises: Premises, channel: Examined, busiest: Busiest) -> list[Finding]:
    """All that is to be looked at in the channel's Rocket.Chat, and our answer to it."""
    bot = premises.asked.login or channel.bot
    open_side = await livechat.look(premises, channel, bot)
    shown = await desk.look(premises, channel, bot, open_side.trouble)
    return [
        *open_side.findings,
        *shown.findings,
        *await ours.webhook(premises, channel, shown.timeout),
        *_limits(premises, open_side, busiest),
        *await _desk(premises, channel, bot, open_side.config, shown),
    ]


def _limits(premises: Premises, found: Livechat, busiest: Busiest) -> list[Finding]:
    if found.trouble:
        return [not_checked(check, _AWAY) for check in (Check.LIMITER, Check.LIMITER_ROOMS)]
    asked, version = premises.asked, releases.read(found.version or "") or ()
    rooms = limiting.of_rooms(found.limit, version, found.rooms)
    return [
        limiting.messages(found.limit, busiest.posts, asked.per_minute),
        limiting.rooms(rooms, busiest.rooms, asked.chats_per_minute),
    ]


async def _desk(
    premises: Premises, channel: Examined, bot: Bot | None, config: Config | None, shown: Desk
) -> list[Finding]:
    wanted = channel.office.department
    if config is None or not config.enabled:
        checks = (Check.DEPARTMENT, Check.AGENTS, Check.NO_AGENTS, Check.VISITOR_LENGTH, Check.AGENT_LENGTH)
        return [not_checked(check, _AWAY if config is None else "Livechat is switched off") for check in checks]
    named = await desk.online(premises, channel, bot, shown)
    hours = channel.office.hours
    is_open = hours is None or hours.is_open(await premises.now(), wanted)
    online = await livechat.is_online(premises, channel, config)
    staffed = [Dept(each.id, each.name) for each in config.departments]
    return [
        judge.department(wanted, staffed, shown.departments),
        judge.agents(online=online, is_open=is_open, named=named),
        judge.no_agents(accepts=shown.accepts if shown.accepts is not None else _accepts(online, named)),
        judge.visitor_length(config.text_limit),
        judge.agent_length(shown.agent_length),
    ]


def _accepts(online: bool, named: list[str] | None) -> bool | None:
    """Where the setting itself may not be read: taken without anybody there means that it is on."""
    return True if online and named == [] else None
