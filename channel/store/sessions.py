"""Who is signed in at the console, for all processes. Of what a browser shows only a hash is kept."""

import secrets
from dataclasses import field
from typing import Final

from channel.core import limits
from channel.core.operators import Role, is_locked
from channel.core.secrets import token_hash
from channel.core.values import dataclass
from channel.store import operators
from channel.store.database import Pool, borrowed
from channel.store.queries import query

TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in."""

    name: str
    role: Role
    token: str = field(repr=False)  #: what their browser shows


class TooMany(Exception):
    """So many sign-ins from this source have failed that nothing is looked at."""


async def any_operator(pool: Pool) -> bool:
    """Is there an account?"""
    async with borrowed(pool) as connection:
        found: bool = await connection.fetchval(query("any_operator"))
    return found


async def sign_in(pool: Pool, name: str, password: str, *, source: str) -> Session | None:
    """A session with a new token, if it is their password. None says nothing of why not. TooMany, from this source."""
    async with borrowed(pool) as connection:
        await connection.execute(query("forget_sources"), limits.SIGN_IN_WINDOW)
        if is_locked(await connection.fetchval(query("count_source"), source, limits.SIGN_IN_WINDOW)):
            raise TooMany
    verified = await operators.verify(pool, name, password)
    if verified is None:
        return None
    token = secrets.token_urlsafe(TOKEN_BYTES)
    async with borrowed(pool) as connection:
        await connection.execute(query("uncount_source"), source)
        await connection.execute(query("forget_sessions"), limits.SESSION_IDLE, limits.SESSION_LONGEST)
        values = name, verified.password_hash, token_hash(token)
        if await connection.fetchval(query("begin_session"), *values) is None:
            return None
    return Session(name, verified.role, token)


async def find(pool: Pool, token: str, *, seen: bool = True) -> Session | None:
    """The session of what a browser shows, unless it is over. `seen`: this keeps it from being over for longer."""
    values = token_hash(token), limits.SESSION_IDLE, limits.SESSION_LONGEST, limits.SESSION_SEEN
    async with borrowed(pool) as connection:
        found = await connection.fetchrow(query("find_session"), *values)
        if found is None:
            return None
        if seen and found["unseen"]:
            await connection.execute(query("see_session"), found["id"])
    return Session(found["name"], Role(found["role"]), token)


async def sign_out(pool: Pool, token: str) -> None:
    """It is over, if it was not."""
    async with borrowed(pool) as connection:
        await connection.execute(query("end_session"), token_hash(token))
