"""migrate: the schema."""

from channel.cli.auditing import audited
from channel.cli.saying import run, say
from channel.settings import Settings
from channel.state import open_database


def migrate() -> None:
    """Bring the database's schema up to date. Twice is fine, and so are two at once."""
    run(_migrate(Settings.from_env()))
    say("The schema is up to date.")


async def _migrate(settings: Settings) -> None:
    async with open_database(settings, migrating=True) as database, audited(database.url, "migrate"):
        pass  # the audit is a table, too: it is there now
