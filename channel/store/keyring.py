"""The key by which visitor tokens are found: made once, sealed with the operator's keys."""

import secrets
from typing import Final

from channel.store.database import Pool, borrowed, connected
from channel.store.vault import Vault

VISITOR_HASH: Final = "visitor_hash"


async def hash_key(pool: Pool, vault: Vault) -> bytes:
    """The key of this database; the first caller makes it. UnreadableSecret if our keys are not this database's."""
    made = vault.seal(_place(VISITOR_HASH), secrets.token_bytes(32))
    async with borrowed(pool) as connection:
        await connection.execute(
            "INSERT INTO keyring (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", VISITOR_HASH, made
        )
        sealed = await connection.fetchval("SELECT value FROM keyring WHERE name = $1", VISITOR_HASH)
    return vault.open(_place(VISITOR_HASH), sealed)


async def check_keys(url: str, vault: Vault) -> None:
    """UnreadableSecret unless our keys are this database's, or it has none yet."""
    async with connected(url) as connection:
        sealed = await connection.fetchval("SELECT value FROM keyring WHERE name = $1", VISITOR_HASH)
    if sealed is not None:
        vault.open(_place(VISITOR_HASH), sealed)


def _place(name: str) -> str:
    return f"keyring:{name}"
