"""operators: the accounts of the console."""

import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Annotated, TypeVar

import typer

from channel.cli.auditing import audited
from channel.cli.saying import Wrong, one_of, run, say, say_json, table
from channel.core import limits
from channel.core.operators import Role, is_name, why_not
from channel.settings import Settings
from channel.state import open_database
from channel.store import operators
from channel.store.database import Pool, open_pool
from channel.store.operators import Account

T = TypeVar("T")

app = typer.Typer(help="Who may sign in at the console.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="by which they sign in")]


@app.command("add")
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="look, operate or administer")] = Role.LOOK.value,
) -> None:
    """Make an account. The password is read from standard input."""
    named, wanted = _named(name), Role(one_of("--role", role, Role))
    password = _password(named)
    _change(
        "add", named, lambda pool: operators.add(pool, named, wanted, password), f"there is an operator {named} already"
    )
    say(f"Operator {named} may {wanted}.")


@app.command("list")
def list_operators(as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False) -> None:
    """Every account, and whether it is closed because sign-ins failed."""
    found = _with_pool(operators.listed)
    if as_json:
        say_json([_described(each) for each in found])
    elif not found:
        say("There is no operator: `live-agents operators add` makes one.")
    else:
        say(table(list(_described(found[0])), [list(_described(each).values()) for each in found]))


@app.command("remove")
def remove(name: Name) -> None:
    """Remove an account. What its operator did stays in the audit."""
    named = _named(name)
    _change("remove", named, lambda pool: operators.remove(pool, named), f"there is no operator {named}")
    say(f"Operator {named} is removed.")


@app.command("password")
def password(name: Name) -> None:
    """Set another password, read from standard input. An account that was closed is open again."""
    named = _named(name)
    given = _password(named)
    _change("password", named, lambda pool: operators.set_password(pool, named, given), f"there is no operator {named}")
    say(f"Operator {named} has another password.")


def _change(verb: str, name: str, work: Callable[[Pool], Awaitable[bool]], refusal: str) -> None:
    """Do it, and have it in the audit; Wrong, with the refusal, if it could not be done."""

    async def changing(pool: Pool) -> None:
        if not await work(pool):
            raise Wrong(refusal)

    _with_pool(changing, f"operators {verb}", name)


def _with_pool(work: Callable[[Pool], Awaitable[T]], changing: str = "", about: str = "") -> T:
    async def working(settings: Settings) -> T:
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(open_database(settings))
            await stack.enter_async_context(audited(database.url, changing, about))
            pool = await open_pool(database.url, size=1, name="operators")
            stack.push_async_callback(pool.close)
            return await work(pool)

    return run(working(Settings.from_env()))


def _named(name: str) -> str:
    named = name.strip().lower()
    if not is_name(named):
        raise Wrong("the name is none: up to 100 letters, digits and . _ @ -, beginning with a letter or a digit")
    return named


def _password(name: str) -> str:
    """Asked for twice at a terminal; else the first line of standard input. Never an argument, which others can see."""
    if sys.stdin.isatty():
        given = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    else:
        given = sys.stdin.readline(2 * limits.PASSWORD_LONGEST).rstrip("\r\n")
    if wrong := why_not(name, given):
        raise Wrong(wrong)
    return given


def _described(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "role": account.role.value,
        "since": f"{account.created_at:%Y-%m-%d %H:%M}",
        "closed": "yes" if account.is_locked else "no",
    }
