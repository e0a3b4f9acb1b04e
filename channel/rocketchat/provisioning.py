"""Rocket.Chat's side of a connection, through its API: how it stands, and what is changed there.

Neither two-factor nor routing is ever touched.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Final

from channel.core.errors import ChannelError
from channel.core.provisioning import Change, Value
from channel.core.values import dataclass
from channel.rocketchat.admin import RocketChatAdmin
from channel.rocketchat.wire.admin import SecondFactor, SecondFactorWanted
from channel.rocketchat.wire.admin_results import Account, WebhookSettings

#: what Rocket.Chat is to tell, and how long it is to wait for our answer
EVENTS: Final = ("on_start", "on_close", "on_taken", "on_queued", "on_forward", "on_agent_message")
UNWANTED: Final = ("on_offline_message", "on_visitor_message")
TIMEOUT: Final = 5000  #: milliseconds; four times as long it waits before it tries again

_BOT: Final = "bot"  #: the role that passes the limiter
_FIELD: Final = "custom field "  #: with its id, the name of the setting that says whether there is one
_ROLE: Final = "role bot of "  #: with a username, the same of who has it
_WRITTEN_BY_ROUTE: Final = (6, 2)
_FIELDS_BY_ROUTE: Final = (7, 11)


@dataclass(frozen=True, slots=True)
class Standing:
    """How Rocket.Chat stands: its settings by name, and what of all this has to be done by hand there."""

    version: str
    account: Account
    values: dict[str, Value]
    by_hand: tuple[str, ...]
    may_write: bool  #: the webhook page


def wanted(url: str, secret: str, fields: Iterable[str], standing: Standing) -> dict[str, Value]:
    """What everything that can be set is to be."""
    values: dict[str, Value] = {"url": url, "secret": secret, "timeout": TIMEOUT}
    values.update(dict.fromkeys(EVENTS, True))
    values.update(dict.fromkeys(UNWANTED, False))
    values.update({f"{_FIELD}{field}": True for field in fields})
    values.update({name: True for name in standing.values if name.startswith(_ROLE)})
    return values


async def look(admin: RocketChatAdmin, bot_user: str, fields: Sequence[str]) -> Standing:
    """How it stands; the workspace's bot user, if it has one, is among it.

    Raises ChannelError where the login is wrong, or may not even look.
    """
    account = await admin.me()
    version = await admin.version()
    values: dict[str, Value] = {
        name: value for name, value in asdict(await admin.webhook()).items() if value is not None
    }
    by_hand: list[str] = []
    await _look_at_fields(admin, _numbers(version), fields, values, by_hand)
    await _look_at_limiter(admin, account, bot_user, values, by_hand)
    may_write = _numbers(version) >= _WRITTEN_BY_ROUTE or "admin" in account.roles
    return Standing(version, account, values, tuple(by_hand), may_write)


async def change(admin: RocketChatAdmin, changes: Sequence[Change], second: str = "") -> None:
    """Make them: the webhook page first, all of it or nothing where the release can. Raises ChannelError.

    `second`: the second factor, should one be wanted: the account's password, or a code. SecondFactorWanted without.
    """
    page = {each.name: each.after for each in changes if each.name in WebhookSettings.__dataclass_fields__}
    if page:
        try:
            await admin.write_webhook(page)
        except SecondFactorWanted as asked:
            if not second:
                raise
            by_password = asked.method == "password"
            factor = SecondFactor.password(second) if by_password else SecondFactor(asked.method, second)
            await admin.write_webhook(page, factor)
    for each in changes:
        if each.name.startswith(_FIELD):
            field = each.name.removeprefix(_FIELD)
            await (admin.add_custom_field(field) if each.after else admin.remove_custom_field(field))
        elif each.name.startswith(_ROLE):
            username = each.name.removeprefix(_ROLE)
            await (admin.add_role(username, _BOT) if each.after else admin.remove_role(username, _BOT))


async def _look_at_fields(
    admin: RocketChatAdmin,
    version: tuple[int, ...],
    fields: Sequence[str],
    values: dict[str, Value],
    by_hand: list[str],
) -> None:
    known = {each.id for each in await admin.custom_fields() if each.scope == "visitor"}
    if version >= _FIELDS_BY_ROUTE:
        values.update({f"{_FIELD}{field}": field in known for field in fields})
    elif missing := [field for field in fields if field not in known]:
        by_hand.append(f"make these custom fields of visitors (Omnichannel, Custom Fields): {', '.join(missing)}")


async def _look_at_limiter(
    admin: RocketChatAdmin, account: Account, bot_user: str, values: dict[str, Value], by_hand: list[str]
) -> None:
    """May the bot user pass the limiter? By the role bot, which one who serves chats must not have."""
    is_admin = "admin" in account.roles
    if not bot_user and is_admin:
        by_hand.append("there is no bot user to look at: `live-agents workspaces edit` stores one")
        return
    try:
        bot = account if bot_user in {"", account.id} else await admin.user(bot_user)
        passing = await admin.roles_with() or frozenset()
    except ChannelError as error:
        by_hand.append(f"see that the bot user passes the rate limiter: it could not be looked at ({error})")
        return
    name = f"{_ROLE}{bot.username}"
    if bot.roles & passing:
        if _BOT in bot.roles:
            values[name] = True
    elif bot.is_agent:
        by_hand.append(
            f"{bot.username} serves chats and cannot be a bot, who counts as online always: take another account"
        )
    elif not is_admin or _BOT not in passing:
        by_hand.append(f"give {bot.username} a role with the permission api-bypass-rate-limit, such as bot")
    else:
        values[name] = False


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
