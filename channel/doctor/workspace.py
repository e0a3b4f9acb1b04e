"""One Rocket.Chat, whatever the number of channels that lead there; and what of it concerns one channel only."""

from channel.core.checks import desk as judge
from channel.core.checks import limiting, releases
from channel.core.checks.desk import Dept
from channel.core.checks.finding import Check, Finding, not_checked
from channel.core.values import dataclass
from channel.doctor import desk, livechat, ours
from channel.doctor.desk import Desk
from channel.doctor.livechat import Livechat
from channel.doctor.premises import Premises
from channel.store.examining import Busiest, Examined


@dataclass(frozen=True, slots=True)
class Workspace:
    """What one said by itself, and what it showed a login."""

    said: Livechat
    shown: Desk
    findings: tuple[Finding, ...] = ()


async def look(premises: Premises, channel: Examined, busiest: Busiest) -> Workspace:
    """Ask the Rocket.Chat of a channel, and answer it."""
    said = await livechat.look(premises, channel, premises.asked.login or channel.bot)
    shown = await desk.look(premises, channel, premises.asked.login or channel.bot, said.trouble)
    return Workspace(
        said,
        shown,
        (
            *said.findings,
            *shown.findings,
            *await ours.webhook(premises, channel, shown.timeout),
            *_limits(premises, said, shown, busiest),
            *await _lengths(premises, channel, said, shown),
        ),
    )


async def of_channel(premises: Premises, channel: Examined, found: Workspace) -> list[Finding]:
    """Is the channel's department there, and somebody in it?"""
    wanted, config = channel.office.department, found.said.config
    if config is None or not config.enabled:
        return [not_checked(check, _why(found.said)) for check in (Check.DEPARTMENT, Check.AGENTS)]
    hours = channel.office.hours
    return [
        judge.department(wanted, [Dept(each.id, each.name) for each in config.departments], found.shown.departments),
        judge.agents(
            online=await livechat.is_online(premises, channel, config),
            is_open=hours is None or hours.is_open(await premises.now(), wanted),
            named=await desk.online(premises, channel, found.shown, wanted),
        ),
    ]


def _limits(premises: Premises, said: Livechat, shown: Desk, busiest: Busiest) -> list[Finding]:
    if said.config is None and not said.limit.known:
        return [not_checked(check, _why(said)) for check in (Check.LIMITER, Check.LIMITER_ROOMS)]
    limit = shown.limit if shown.limit.known else said.limit
    rooms = limiting.of_rooms(limit, releases.read(said.version or "") or (), said.rooms)
    return [
        limiting.messages(limit, busiest.posts, premises.asked.per_minute),
        limiting.rooms(rooms, busiest.rooms, premises.asked.chats_per_minute),
    ]


async def _lengths(premises: Premises, channel: Examined, said: Livechat, shown: Desk) -> list[Finding]:
    if said.config is None or not said.config.enabled:
        checks = (Check.NO_AGENTS, Check.VISITOR_LENGTH, Check.AGENT_LENGTH)
        return [not_checked(check, _why(said)) for check in checks]
    accepts = shown.accepts
    if accepts is None and said.config.online and await desk.online(premises, channel, shown, "") == []:
        accepts = True  # taken without anybody there
    return [
        judge.no_agents(accepts=accepts),
        judge.visitor_length(said.config.text_limit),
        judge.agent_length(shown.agent_length),
    ]


def _why(said: Livechat) -> str:
    return f"of Rocket.Chat: {said.trouble}" if said.config is None else "Livechat is switched off"
