"""What a bot user or an administrator may do in one Rocket.Chat: its settings, its staff, its queue."""

from collections.abc import Mapping
from typing import TypeVar

from channel.core.exchange import Exchange
from channel.core.people import Bot
from channel.rocketchat.wire import admin, lists
from channel.rocketchat.wire.admin_results import (
    Account,
    CustomField,
    Inquiry,
    ListedAgent,
    ListedDepartment,
    ListedRoom,
    StaffedDepartment,
    WebhookSettings,
)
from channel.transport import Transport

T = TypeVar("T")


class RocketChatAdmin:
    """One Rocket.Chat, asked with one login. Every method raises ChannelError; `channel.rocketchat.wire.admin` says
    which code means that the login is wrong, that it may not, or that the release has no such route."""

    def __init__(self, transport: Transport, url: str, bot: Bot) -> None:
        self._transport = transport
        self._url = url
        self._bot = bot

    async def version(self) -> str:
        """In full, as the login is right."""
        return await self._have(admin.version(self._bot))

    async def me(self) -> Account:
        return await self._have(admin.me(self._bot))

    async def user(self, id: str) -> Account:
        return await self._have(admin.user(self._bot, id))

    async def webhook(self) -> WebhookSettings:
        return await self._have(admin.webhook(self._bot))

    async def write_webhook(self, changes: Mapping[str, object], factor: admin.SecondFactor | None = None) -> None:
        """Change these fields of WebhookSettings. SecondFactorWanted where Rocket.Chat wants one."""
        await self._have(admin.write_webhook(self._bot, changes, factor))

    async def test_webhook(self) -> bool:
        """Was Rocket.Chat's sample answered as it wants, at the URL that is set?"""
        return await self._have(admin.test_webhook(self._bot))

    async def setting(self, id: admin.Setting | str) -> object:
        """A setting's value, None where there is none; `http_403` where the login is no administrator's."""
        return await self._have(admin.setting(self._bot, id))

    async def write_setting(self, id: str, value: object, factor: admin.SecondFactor | None = None) -> None:
        await self._have(admin.write_setting(self._bot, id, value, factor))

    async def roles_with(self, permission: str = admin.BYPASS) -> frozenset[str] | None:
        """Which roles have a permission; None where it is not listed."""
        return await self._have(admin.roles_with(self._bot, permission))

    async def add_role(self, username: str, role: str) -> None:
        await self._have(admin.add_role(self._bot, username, role))

    async def remove_role(self, username: str, role: str) -> None:
        await self._have(admin.remove_role(self._bot, username, role))

    async def departments(self) -> tuple[ListedDepartment, ...]:
        return await self._have(lists.departments(self._bot))

    async def department(self, id: str) -> StaffedDepartment | None:
        return await self._have(lists.department(self._bot, id))

    async def agents(self) -> tuple[ListedAgent, ...]:
        return await self._have(lists.agents(self._bot))

    async def inquiries(self) -> tuple[Inquiry, ...]:
        """The queue."""
        return await self._have(lists.inquiries(self._bot))

    async def open_rooms(self) -> tuple[ListedRoom, ...]:
        return await self._have(lists.open_rooms(self._bot))

    async def custom_fields(self) -> tuple[CustomField, ...]:
        return await self._have(lists.custom_fields(self._bot))

    async def add_custom_field(self, id: str) -> None:
        await self._have(admin.add_custom_field(self._bot, id))

    async def remove_custom_field(self, id: str) -> None:
        await self._have(admin.remove_custom_field(self._bot, id))

    async def _have(self, exchange: Exchange[T]) -> T:
        return await self._transport.perform(self._url, exchange)


async def server_version(transport: Transport, url: str) -> str:
    """Which version is at this URL, without a login: `major.minor` of a newer one. ChannelError if it is none."""
    return await transport.perform(url, admin.version())
