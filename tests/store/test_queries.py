"""The named queries: each is used, each that is used exists, and Postgres understands it."""

import ast
import re
from pathlib import Path

import asyncpg
import pytest

from channel.store import queries

STORE = Path(queries.__file__).parent
TREES = [ast.parse(path.read_text()) for path in STORE.glob("*.py")]


_OTHER_CLOCK = re.compile(
    r"(?<![a-z_])(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)|(?<![a-z_])(current|local)_?time(stamp)?\b",
    re.IGNORECASE,
)


def _texts() -> set[str]:
    return {
        node.value
        for tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) is str
    }


def _asked() -> set[str]:
    """What stands in `query("…")`."""
    calls = [
        node
        for tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "query"
    ]
    return {
        arg.value for call in calls for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    }


def test_every_query_is_used() -> None:
    assert set(queries.names()) - _texts() == set()


def test_every_query_that_is_used_exists() -> None:
    assert len(_asked()) > 20
    assert _asked() - set(queries.names()) == set()


def test_names_are_given_once() -> None:
    text = (STORE / "queries.sql").read_text()
    assert all(text.count(f"-- {name} --\n") == 1 for name in queries.names())


@pytest.mark.parametrize("name", queries.names())
def test_a_query_says_what_it_is_for(name: str) -> None:
    assert queries.query(name).startswith("-- ")


@pytest.mark.parametrize("name", queries.names())
async def test_postgres_understands(name: str, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        assert (await connection.prepare(queries.query(name))).get_query() == queries.query(name)
    finally:
        await connection.close()


def test_a_name_that_is_unknown_is_an_error() -> None:
    with pytest.raises(KeyError):
        queries.query("no_such_query")


def test_no_query_asks_for_any_other_time() -> None:
    hot = " ".join(queries.query(name).lower() for name in queries.names()).replace("live_agents_now()", "")
    assert [clock for clock in ("now()", "current_timestamp", "clock_timestamp") if clock in hot] == []


def test_no_statement_in_the_code_asks_for_any_other_time_either() -> None:
    """SQL that stands where it is used; the sandbox has none, and a migration makes the one clock."""
    said = {
        f"{path.name}: {node.value}"
        for path in STORE.parent.rglob("*.py")
        if "sandbox" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _OTHER_CLOCK.search(node.value)
    }
    assert said == set()


@pytest.mark.parametrize("sql", ["SELECT now()", "due_at < CURRENT_TIMESTAMP", "clock_timestamp()", "localtimestamp"])
def test_another_clock_would_be_noticed(sql: str) -> None:
    assert _OTHER_CLOCK.search(sql)


def test_the_one_clock_is_not_another() -> None:
    assert not _OTHER_CLOCK.search("SELECT live_agents_now()")


def test_whoever_asks_the_pool_borrows_a_connection() -> None:
    """The pool's own short ways know nothing of a line that goes dead (`channel.store.database`)."""
    asked = {
        f"{path.name}: {node.func.attr}"
        for path in STORE.parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_pool(node.func.value)
    }
    assert asked == {
        *(f"database.py: {own}" for own in ("acquire", "release", "expire_connections")),
        "opening.py: close",
    }


def _is_pool(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id == "pool"
