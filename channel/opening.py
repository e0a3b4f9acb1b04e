"""Everything open while the process lives: the pools, the client, and what is made of them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from channel.runtime import Runtime
from channel.settings import Settings
from channel.state import Database
from channel.store.database import Pool, open_pool
from channel.store.keyring import hash_key
from channel.transport import open_http

#: connections of the edge, and of delivery: neither can starve the other
POOL_SIZE: Final = 5
#: and of the console, made when somebody looks at it
CONSOLE_POOL_SIZE: Final = 3


@asynccontextmanager
async def open_runtime(settings: Settings, database: Database) -> AsyncIterator[Runtime]:
    """Open the pools and the client, and close them again."""
    async with AsyncExitStack() as stack:
        edge, delivery = [
            await stack.enter_async_context(
                _closing(await open_pool(database.url, size=POOL_SIZE, name=name, plans_once=True))
            )
            for name in ("edge", "delivery")
        ]
        console = await stack.enter_async_context(
            _closing(await open_pool(database.url, size=CONSOLE_POOL_SIZE, name="console", least=0))
        )
        http = await stack.enter_async_context(open_http(settings.reachable, ca_file=settings.ca_file))
        key = await hash_key(edge, database.vault)
        runtime = Runtime(
            settings,
            edge=edge,
            delivery=delivery,
            console=console,
            database=database,
            key=key,
            http=http,
        )
        stack.push_async_callback(runtime.desk.aclose)
        yield runtime


@asynccontextmanager
async def _closing(pool: Pool) -> AsyncIterator[Pool]:
    try:
        yield pool
    finally:
        await pool.close()
