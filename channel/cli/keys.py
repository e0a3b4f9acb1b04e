"""keys: the keys that seal secrets at rest."""

import typer
from cryptography.fernet import Fernet

from channel.cli.auditing import audited
from channel.cli.saying import Wrong, run, say
from channel.settings import Settings
from channel.state import open_database
from channel.store.resealing import Resealed, reseal

app = typer.Typer(help="Keys for secrets at rest.", no_args_is_help=True)


@app.command("generate")
def generate() -> None:
    """Print a new key, for LIVE_AGENTS_SECRET_KEYS."""
    say(Fernet.generate_key().decode())


@app.command("rotate")
def rotate() -> None:
    """Seal everything with the newest key. The older ones can be removed once nothing is left on them."""
    done = run(_rotate(Settings.from_env()))
    if done.otherwise and not done.sealed:
        raise Wrong(f"{_who(done)}. Nothing was sealed anew")
    say(f"{done.sealed} secrets were sealed anew; {done.left} are left on older keys.")
    if done.left:
        raise Wrong("keep the older keys, see that every process has the newest one first, and rotate again")
    if done.otherwise:
        raise Wrong(_who(done))
    if done.unreadable:
        where = ", ".join(f"{count} in {table}" for table, count in done.unreadable.items())
        raise Wrong(f"none of the keys opens {where}: if there was another key, name it last, and rotate again")


def _who(done: Resealed) -> str:
    roles = ", ".join(sorted(replica.role for replica in done.otherwise))
    return (
        f"processes run that seal with another key than the first one here ({roles}): let all have that one first, wait"
        " a minute for any that was killed, and rotate again"
    )


async def _rotate(settings: Settings) -> Resealed:
    async with open_database(settings) as database, audited(database.url, "keys rotate"):
        return await reseal(database.url, database.vault)
