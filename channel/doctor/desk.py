"""What only a login is shown by a Rocket.Chat: the webhook page, departments, agents, settings."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, fields
from typing import Final, TypeVar

from channel.core.checks import hook
from channel.core.checks.desk import Dept
from channel.core.checks.finding import Check, Finding
from channel.core.checks.limiting import UNKNOWN, Limit, by_settings
from channel.core.errors import ChannelError
from channel.core.people import Bot
from channel.core.secrets import is_one_of
from channel.doctor.premises import Premises
from channel.rocketchat.admin import RocketChatAdmin
from channel.rocketchat.wire.admin import Setting
from channel.rocketchat.wire.admin_results import ListedAgent, WebhookSettings
from channel.store import examining
from channel.store.examining import Examined

T = TypeVar("T")

#: what cannot be looked at without a login that may
HIDDEN: Final = (
    Check.LOGIN,
    Check.WEBHOOK_URL,
    Check.WEBHOOK_SECRET,
    Check.WEBHOOK_EVENTS,
    Check.WEBHOOK_TIMEOUT,
    Check.WEBHOOK_TEST,
)


_LIMITER: Final = (Setting.LIMITER, Setting.LIMITER_CALLS, Setting.LIMITER_TIME)


@dataclass(slots=True)
class Desk:
    """What a login was shown; None of what it was not."""

    departments: Sequence[Dept] | None = None
    agents: Sequence[ListedAgent] | None = None
    accepts: bool | None = None  #: chats while nobody is online
    agent_length: int | None = None
    limit: Limit = UNKNOWN  #: on calls, as the settings say
    timeout: int | None = None  #: milliseconds for our answer
    findings: tuple[Finding, ...] = ()


async def look(premises: Premises, channel: Examined, bot: Bot | None, trouble: str) -> Desk:
    """Ask with the login. `trouble`: why Rocket.Chat cannot be asked at all."""
    if trouble or bot is None:
        why = f"of Rocket.Chat: {trouble}" if trouble else "the workspace has no bot user, and no login was given"
        return Desk(findings=tuple(hook.unseen(check, why) for check in HIDDEN))
    admin = RocketChatAdmin(premises.asking.transport, channel.rocketchat_url, bot)
    try:
        me = await admin.me()
    except ChannelError as error:
        unseen = (hook.unseen(check, "the login is not taken") for check in HIDDEN[1:])
        return Desk(findings=(hook.login("", refused=error.message), *unseen))
    desk = Desk(findings=(hook.login(me.username, is_agent=me.is_agent and "bot" in me.roles),))
    await _webhook(premises, channel, admin, desk)
    listed = await _if_shown(admin.departments())
    if listed is not None:
        desk.departments = [Dept(each.id, each.name, each.enabled, each.agents) for each in listed]
    desk.agents = await _if_shown(admin.agents())
    accepts = await _if_shown(admin.setting(Setting.ACCEPTS_WITHOUT_AGENTS))
    desk.accepts = accepts if isinstance(accepts, bool) else None
    length = await _if_shown(admin.setting(Setting.MESSAGE_SIZE))
    desk.agent_length = length if isinstance(length, int) and not isinstance(length, bool) else None
    if accepts is not None:  # whoever may read one setting may read them all
        on, calls, time = [await _if_shown(admin.setting(each)) for each in _LIMITER]
        desk.limit = by_settings(on=on, calls=calls, milliseconds=time)
    return desk


async def online(premises: Premises, channel: Examined, desk: Desk, department: str) -> list[str] | None:
    """Who of a department ("": of any) is online; None where no login may see it."""
    bot = premises.asked.login or channel.bot
    if desk.agents is None or bot is None:
        return None
    there = [each for each in desk.agents if each.is_online]
    wanted = department
    known = next((each for each in desk.departments or () if wanted in {each.id, each.name}), None)
    if known:
        admin = RocketChatAdmin(premises.asking.transport, channel.rocketchat_url, bot)
        staffed = await _if_shown(admin.department(known.id))
        there = [each for each in there if staffed and each.agent.id in staffed.agents]
    return [each.agent.name or each.agent.username for each in there]


async def _webhook(premises: Premises, channel: Examined, admin: RocketChatAdmin, desk: Desk) -> None:
    try:
        page = await admin.webhook()
    except ChannelError as error:
        desk.findings += tuple(hook.unseen(check, f"the login may not see it: {error.message}") for check in HIDDEN[1:])
        return
    desk.timeout = page.timeout
    ours = f"{premises.url}/workspaces/{channel.workspace}/webhook"
    desk.findings += (
        hook.url(page.url, ours),
        hook.secret(
            is_there=bool(page.secret),
            is_ours=is_one_of(page.secret, channel.secret_hashes),
            is_newest=channel.is_newest_secret(page.secret),
            workspace=str(channel.workspace),
        ),
        hook.events(_on(page)),
        hook.timeout(page.timeout),
        await _test(premises, channel, admin, is_set=bool(page.url)),
    )


def _on(page: WebhookSettings) -> set[str]:
    return {each.name for each in fields(page) if each.name.startswith("on_") and getattr(page, each.name)}


async def _test(premises: Premises, channel: Examined, admin: RocketChatAdmin, *, is_set: bool) -> Finding:
    """Have Rocket.Chat press its own test button: only so is it known that it reaches us."""
    began = await premises.now()
    try:
        passed = is_set and await admin.test_webhook()
    except ChannelError as error:
        return hook.unseen(Check.WEBHOOK_TEST, f"the login may not do it: {error.message}")
    return hook.test(passed=passed and bool(await examining.samples(premises.pool, channel.workspace, began)))


async def _if_shown(asking: Awaitable[T]) -> T | None:
    """What the login may see; None of what it may not."""
    try:
        return await asking
    except ChannelError:
        return None
