"""serve: the service."""

import asyncio
from typing import Annotated, cast

import typer

from channel import logs, serving
from channel.cli.saying import one_of, run
from channel.settings import Settings
from channel.state import open_database


def serve(
    role: Annotated[str, typer.Option(help="all, edge (takes messages) or deliver (delivers them)")] = "all",
    migrate: Annotated[
        bool, typer.Option("--migrate", help="bring the schema of DATABASE_URL up to date first")
    ] = False,
) -> None:
    """Take messages from RapidPro and Rocket.Chat, and deliver them."""
    wanted = cast("serving.Role", one_of("--role", role, ("all", "edge", "deliver")))
    settings = Settings.from_env()
    logs.configure(settings.log_level, as_json=settings.log_format == "json")
    run(_serve(settings, wanted, migrating=migrate))


async def _serve(settings: Settings, role: serving.Role, *, migrating: bool) -> None:
    stop = asyncio.Event()
    serving.as_many_connections_as_allowed()
    serving.large_memory_is_given_back()
    serving.garbage_is_looked_for_seldom()
    with serving.stop_on_signals(stop):
        async with open_database(settings, migrating=migrating) as database:
            await serving.serve(settings, database, role, stop)
