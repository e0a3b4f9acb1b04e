"""Where the state is: the configured Postgres or the embedded one, and the keys to the secrets in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from channel.embedded import embedded_postgres, key_file
from channel.settings import Settings, WrongSettings
from channel.store.keyring import check_keys
from channel.store.migrations import check_migrated, migrate
from channel.store.vault import Vault


@dataclass(slots=True)
class Database:
    """Where the state is, and the keys to its secrets."""

    url: str = field(repr=False)
    vault: Vault


@asynccontextmanager
async def open_database(settings: Settings, *, migrating: bool = False) -> AsyncIterator[Database]:
    """The configured Postgres, or the embedded one, started if need be and brought up to date.

    A configured one is changed only if `migrating`. WrongSettings without a key; StoreUnavailable if it is away or not
    migrated.
    """
    async with AsyncExitStack() as stack:
        if settings.database_url is None:
            url = await asyncio.to_thread(stack.enter_context, embedded_postgres(settings.data_dir))
            migrating = True
        else:
            url = settings.database_url.get_secret_value()
        vault = Vault(secret_keys(settings))
        await (migrate(url) if migrating else check_migrated(url))
        await check_keys(url, vault)
        yield Database(url, vault)


def secret_keys(settings: Settings) -> list[str]:
    """The keys for secrets at rest, newest first."""
    if settings.secret_keys:
        return [key.get_secret_value() for key in settings.secret_keys]
    if settings.embedded:
        return key_file(settings.data_dir)
    raise WrongSettings(
        "LIVE_AGENTS_SECRET_KEYS is missing: `live-agents keys generate` makes a key, and all replicas share it"
    )
