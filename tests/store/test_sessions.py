"""No statement relies on what an earlier one left on its connection: behind a pool each may go on another one."""

import ast
import re
from pathlib import Path

import pytest

from channel.store import queries

CHANNEL = Path(queries.__file__).parents[1]

_OF_A_SESSION = re.compile(
    r"\A(set (?!local\b)|(prepare|execute|discard|reset|listen|unlisten|notify) )"
    r"|\bpg_(try_)?advisory_lock\b|\bpg_notify\b|\bcreate temp|\bwith hold\b|\b(currval|lastval)\(",
    re.IGNORECASE,
)
#: makes the tables, and hears hints, on connections of their own: docs/scaling.md says that they go past a pool
DIRECT = {"migrations.py", "listening.py"}


def said() -> list[tuple[str, str]]:
    """What may be SQL, by the file in which it stands."""
    found = [("queries.sql", queries.query(name)) for name in queries.names()]
    for path in CHANNEL.rglob("*.py"):
        if "sandbox" not in path.parts:
            nodes = ast.walk(ast.parse(path.read_text()))
            found += [(path.name, n.value) for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return found


def test_nothing_is_left_on_a_connection() -> None:
    shouted = {name for name, text in said() if _is_sql(name, text) and _OF_A_SESSION.search(_code(text))}
    assert shouted == DIRECT


def _is_sql(name: str, text: str) -> bool:
    """Prose says *set* and *execute* too, but never in capitals at a beginning."""
    return name == "queries.sql" or re.match(r"\s*[A-Z]{3,} ", text) is not None


def _code(text: str) -> str:
    return re.sub(r"^--.*$", "", text, flags=re.MULTILINE).strip()


@pytest.mark.parametrize(
    "sql",
    [
        "LISTEN channel",
        "SELECT pg_advisory_lock($1)",
        "SET synchronous_commit = off",
        "SET SESSION statement_timeout TO 1",
        "CREATE TEMP TABLE x (n int)",
        "SELECT currval('x')",
    ],
)
def test_what_a_session_keeps_would_be_noticed(sql: str) -> None:
    assert _is_sql("x.py", sql)
    assert _OF_A_SESSION.search(_code(sql))


@pytest.mark.parametrize("sql", ["SET LOCAL synchronous_commit = off", "SELECT pg_try_advisory_xact_lock($1)"])
def test_what_ends_with_its_transaction_is_fine(sql: str) -> None:
    assert not _OF_A_SESSION.search(_code(sql))
