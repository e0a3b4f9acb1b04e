"""The audit: who changed what, about what, and when. The line is written first, so that no change is without one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channel.core import limits
from channel.core.errors import StoreError
from channel.store.database import Pool, connected
from channel.store.queries import query

#: of what a line is about
LONGEST = 500


@dataclass
class Line:
    """One that is being written. `about` may become known only while it is done."""

    about: str


@asynccontextmanager
async def audited(where: str | Pool, who: str, what: str, about: str = "") -> AsyncIterator[Line]:
    """What is done in the block stands in the audit, and how it ended. A line without an end is of who was stopped."""
    line = Line(about)
    number = await _value(where, "begin_audit", who, what, about[:LONGEST])
    try:
        yield line
    except Exception:
        await _ended(where, number, "failed", line)
        raise
    await _value(where, "end_audit", number, "done", line.about[:LONGEST])


async def lines(where: str | Pool, since: datetime | None, about: str | None, most: int) -> list[dict[str, Any]]:
    """The latest lines, the oldest of them first."""
    async with connected(where) as connection:
        return [dict(row) for row in await connection.fetch(query("read_audit"), since, about, most)]


async def page(pool: Pool, about: str | None, who: str | None, before: int | None) -> list[dict[str, Any]]:
    """The latest lines before one, the latest first; one more than are shown, where there are more."""
    async with connected(pool) as connection:
        values = about, who, before, limits.SHOWN_AUDIT + 1
        return [dict(row) for row in await connection.fetch(query("audit_page"), *values)]


async def _ended(where: str | Pool, number: Any, outcome: str, line: Line) -> None:
    """What went wrong is told, and not that this could not be written either: then the line has no end."""
    try:
        await _value(where, "end_audit", number, outcome, line.about[:LONGEST])
    except StoreError:
        return


async def _value(where: str | Pool, name: str, *values: object) -> Any:
    async with connected(where) as connection:
        return await connection.fetchval(query(name), *values)
