"""Workspaces and channels as an operator makes, lists, changes and removes them. Through Tortoise's models."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import field
from datetime import datetime
from uuid import UUID, uuid4

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError, DoesNotExist, IntegrityError, OperationalError
from tortoise.transactions import in_transaction

from channel.core import limits
from channel.core.errors import StoreRefused, StoreUnavailable, Unknown
from channel.core.people import Bot
from channel.core.secrets import token_hash
from channel.core.values import dataclass
from channel.store.database import translated
from channel.store.queries import query
from channel.store.tortoise import tortoise_config
from channel.store.vault import Sealed, Vault
from models.channel import Channel
from models.workspace import Workspace

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Wanted:
    """A channel to be made, checked by whoever asks for it."""

    name: str
    rocketchat_url: str
    rapidpro_url: str
    rapidpro_channel: str | None
    scheme: str
    set_up: str
    department: str
    reply_via: str
    rapidpro_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Connected:
    """What was made, with the secrets that are shown this once; the webhook's can be shown again."""

    channel: UUID
    workspace: UUID
    max_length: int
    send_token: str = field(repr=False)
    live_agents_token: str = field(repr=False)
    webhook_secret: str = field(repr=False)


class Admin:
    """The operator's hand on workspaces and channels."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def connect(self, wanted: Wanted) -> Connected:
        """Make a channel, and a workspace unless there is one of this URL. All of it, or nothing."""
        async with in_transaction() as connection:
            workspace, secret = await self._workspace(wanted.rocketchat_url, connection)
            send_token, live_agents_token = _token(), _token()
            number = uuid4()
            await Channel.create(
                using_db=connection,
                id=number,
                workspace=workspace,
                name=wanted.name,
                rapidpro_url=wanted.rapidpro_url,
                rapidpro_channel=wanted.rapidpro_channel,
                scheme=wanted.scheme,
                set_up=wanted.set_up,
                department=wanted.department,
                reply_via=wanted.reply_via,
                max_length=limits.COURIER_LENGTH,
                send_token_hash=token_hash(send_token),
                live_agents_token_hash=token_hash(live_agents_token),
                rapidpro_token=self._sealed_token(number, wanted.rapidpro_token),
                created_at=await _now(connection),
            )
        return Connected(number, workspace.id, limits.COURIER_LENGTH, send_token, live_agents_token, secret)

    async def channels(self) -> list[Channel]:
        return await Channel.filter(removed_at=None).prefetch_related("workspace").order_by("name", "id")

    async def channel(self, number: UUID) -> Channel:
        try:
            return await Channel.get(id=number, removed_at=None).prefetch_related("workspace")
        except DoesNotExist:
            raise Unknown(f"there is no channel {number}") from None

    async def edit_channel(self, number: UUID, changes: dict[str, str | None]) -> Channel:
        """Change these fields; `rapidpro_token` is sealed."""
        channel = await self.channel(number)
        values: dict[str, object] = dict(changes)
        if "rapidpro_token" in changes:
            values["rapidpro_token"] = self._sealed_token(number, changes["rapidpro_token"])
        async with in_transaction() as connection:
            await channel.update_from_dict(values).save(update_fields=list(values), using_db=connection)
            if "rapidpro_url" in changes:
                await connection.execute_query(query("lose_peer"), [number])
        return channel

    async def set_options(self, number: UUID, options: dict[str, object]) -> None:
        """What the channel's conversations are treated by from now on (`channel.core.options`, as JSON)."""
        channel = await self.channel(number)
        await channel.update_from_dict({"options": options}).save(update_fields=["options"])

    async def set_hours(self, number: UUID, hours: dict[str, object] | None) -> None:
        """When somebody is there (`channel.core.hours`, as JSON); None: always."""
        channel = await self.channel(number)
        await channel.update_from_dict({"hours": hours}).save(update_fields=["hours"])

    async def rotate_channel(self, number: UUID, which: str) -> str:
        """A new `send_token` or `live_agents_token`; the one before stays valid until `finish_rotation`.

        Rotated again before that, the new one is replaced: the one that the peer has is still the one before.
        """
        channel, token = await self.channel(number), _token()
        before = getattr(channel, f"previous_{which}_hash") or getattr(channel, f"{which}_hash")
        changes = {f"{which}_hash": token_hash(token), f"previous_{which}_hash": before}
        await channel.update_from_dict(changes).save(update_fields=list(changes))
        return token

    async def finish_rotation(self, number: UUID) -> None:
        """The tokens before are valid no more."""
        channel = await self.channel(number)
        changes = {"previous_send_token_hash": None, "previous_live_agents_token_hash": None}
        await channel.update_from_dict(changes).save(update_fields=list(changes))

    async def remove_channel(self, number: UUID) -> None:
        """Refuse its callers from now on; its record stays."""
        channel = await self.channel(number)
        async with in_transaction() as connection:
            await channel.update_from_dict({"removed_at": await _now(connection)}).save(
                using_db=connection, update_fields=["removed_at"]
            )

    async def workspaces(self) -> list[Workspace]:
        return await Workspace.all().prefetch_related("channels").order_by("base_url")

    async def workspace(self, number: UUID) -> Workspace:
        try:
            return await Workspace.get(id=number).prefetch_related("channels")
        except DoesNotExist:
            raise Unknown(f"there is no workspace {number}") from None

    async def edit_workspace(self, number: UUID, changes: dict[str, str]) -> Workspace:
        workspace = await self.workspace(number)
        async with in_transaction() as connection:
            await workspace.update_from_dict(dict(changes)).save(update_fields=list(changes), using_db=connection)
            if "base_url" in changes:
                await connection.execute_query(query("lose_peers_of_workspace"), [number])
        return workspace

    async def webhook_secret(self, number: UUID) -> str:
        workspace = await self.workspace(number)
        return self._vault.open(_secret_place(number), workspace.webhook_secret).decode()

    async def rotate_workspace(self, number: UUID) -> str:
        """A new webhook secret; the one before stays valid until `finish_workspace_rotation`, rotated again or not."""
        workspace, secret = await self.workspace(number), _token()
        changes = {
            "webhook_secret": self._vault.seal(_secret_place(number), secret.encode()),
            "webhook_secret_hash": token_hash(secret),
            "previous_secret_hash": workspace.previous_secret_hash or workspace.webhook_secret_hash,
        }
        await workspace.update_from_dict(changes).save(update_fields=list(changes))
        return secret

    async def finish_workspace_rotation(self, number: UUID) -> None:
        workspace = await self.workspace(number)
        await workspace.update_from_dict({"previous_secret_hash": None}).save(update_fields=["previous_secret_hash"])

    async def set_bot(self, number: UUID, user: str, token: str) -> None:
        """The Rocket.Chat account that acts for us there; its token is sealed."""
        workspace = await self.workspace(number)
        sealed = self._vault.seal(f"bot_token:{number}", token.encode())
        changes = {"bot_user_id": user, "bot_token": sealed}
        await workspace.update_from_dict(changes).save(update_fields=list(changes))

    async def remove_workspace(self, number: UUID) -> None:
        """Unknown if there is none; ValueError while channels lead to it, or led to it and left a record."""
        workspace = await self.workspace(number)
        if await Channel.filter(workspace_id=number).exists():
            raise ValueError("channels lead to this workspace, or led to it and left a record")
        await workspace.delete()

    async def _workspace(self, url: str, connection: BaseDBAsyncClient) -> tuple[Workspace, str]:
        found = await Workspace.filter(base_url=url).using_db(connection).first()
        if found:
            return found, self._vault.open(_secret_place(found.id), found.webhook_secret).decode()
        number, secret = uuid4(), _token()
        made = await Workspace.create(
            using_db=connection,
            id=number,
            name=url.partition("://")[2],
            base_url=url,
            webhook_secret=self._vault.seal(_secret_place(number), secret.encode()),
            webhook_secret_hash=token_hash(secret),
            created_at=await _now(connection),
        )
        return made, secret

    def bot(self, workspace: Workspace) -> Bot | None:
        """The Rocket.Chat account that acts for us there, with its token; None where there is none."""
        if not workspace.bot_user_id or workspace.bot_token is None:
            return None
        return Bot(workspace.bot_user_id, self._vault.open(f"bot_token:{workspace.id}", workspace.bot_token).decode())

    def rapidpro_token(self, channel: Channel) -> str | None:
        """What opens RapidPro's API for the channel, where there is one."""
        sealed = channel.rapidpro_token
        return self._vault.open(f"rapidpro_token:{channel.id}", sealed).decode() if sealed is not None else None

    def _sealed_token(self, channel: UUID, token: str | None) -> Sealed | None:
        return self._vault.seal(f"rapidpro_token:{channel}", token.encode()) if token else None


@asynccontextmanager
async def administering(url: str, vault: Vault) -> AsyncIterator[Admin]:
    """Open Tortoise on the database for as long as the block lasts: in a context of its own, beside any others."""
    with translated():
        try:
            async with TortoiseContext() as tortoise:
                await tortoise.init(config=tortoise_config(url))
                yield Admin(vault)
        except IntegrityError as error:
            raise StoreRefused("there is one like this already") from error
        except (OperationalError, DBConnectionError) as error:
            raise StoreUnavailable(f"the database did not do it: {error}") from error


async def _now(connection: BaseDBAsyncClient) -> datetime:
    rows = await connection.execute_query_dict("SELECT live_agents_now() AS now")
    now: datetime = rows[0]["now"]
    return now


def _token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def _secret_place(workspace: UUID) -> str:
    return f"webhook_secret:{workspace}"
