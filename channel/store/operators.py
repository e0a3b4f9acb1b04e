"""Operators' accounts: who may sign in at the console, with which password and in which role."""

import asyncio
import secrets
from dataclasses import field
from datetime import datetime
from functools import cache

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from channel.core import limits
from channel.core.operators import Role, is_locked
from channel.core.values import dataclass
from channel.store.database import Pool, borrowed
from channel.store.queries import query

SALT_BYTES = 16
HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    role: Role
    created_at: datetime
    is_locked: bool  #: too many sign-ins have failed lately


@dataclass(frozen=True, slots=True)
class Verified:
    """Somebody whose password was right."""

    role: Role
    password_hash: str = field(repr=False)


async def add(pool: Pool, name: str, role: Role, password: str) -> bool:
    """Make an account; False if there is one of this name."""
    hashed = await asyncio.to_thread(hash_of, password)
    async with borrowed(pool) as connection:
        return await connection.fetchval(query("add_operator"), name, role.value, hashed) is not None


async def set_password(pool: Pool, name: str, password: str) -> bool:
    """From now on it is this one, the account is closed no more, and its sessions are over; False if there is none."""
    hashed = await asyncio.to_thread(hash_of, password)
    async with borrowed(pool) as connection, connection.transaction():
        operator = await connection.fetchval(query("set_password"), name, hashed)
        await connection.execute(query("end_sessions"), operator)
    return operator is not None


async def remove(pool: Pool, name: str) -> bool:
    """False if there is no such account."""
    async with borrowed(pool) as connection:
        return await connection.fetchval(query("remove_operator"), name) is not None


async def listed(pool: Pool) -> list[Account]:
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("list_operators"), limits.SIGN_IN_FAILURES, limits.SIGN_IN_WINDOW)
    return [Account(row["name"], Role(row["role"]), row["created_at"], row["locked"]) for row in rows]


async def sign_in(pool: Pool, name: str, password: str) -> Role | None:
    """The role, if it is their password. None says nothing of why not, and takes as long for a name that nobody has."""
    verified = await verify(pool, name, password)
    return verified.role if verified else None


async def verify(pool: Pool, name: str, password: str) -> Verified | None:
    """The same, with what the password was compared with: whoever goes on can ask whether it is the password still."""
    async with borrowed(pool) as connection:
        found = await connection.fetchrow(query("count_sign_in"), name, limits.SIGN_IN_WINDOW)
    hashed = found["password_hash"] if found else _nobodys()
    is_right = await asyncio.to_thread(is_password, password, hashed)
    if found is None or not is_right or is_locked(found["failures"]):
        return None
    async with borrowed(pool) as connection:
        await connection.execute(query("clear_failures"), name)
    return Verified(Role(found["role"]), hashed)


def hash_of(password: str) -> str:
    """Argon2id of it, with a salt of its own and the costs, as one text."""
    argon = Argon2id(
        salt=secrets.token_bytes(SALT_BYTES),
        length=HASH_BYTES,
        iterations=limits.PASSWORD_PASSES,
        lanes=1,
        memory_cost=limits.PASSWORD_MEMORY,
    )
    return argon.derive_phc_encoded(password.encode())


def is_password(password: str, hashed: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode(errors="replace")[: 4 * limits.PASSWORD_LONGEST], hashed)
    except InvalidKey:
        return False
    return True


@cache
def _nobodys() -> str:
    """What is compared where there is no account: no password is this one."""
    return hash_of(secrets.token_urlsafe(HASH_BYTES))
