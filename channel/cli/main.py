"""The command line: verbs over the runtime and the store. Whatever is wrong is said in one sentence."""

import sys

import typer

from channel.cli import channels, connect, deliveries, demo, flow, forget, keys, migrate, repair, serve, workspaces
from channel.cli.saying import Wrong
from channel.core.errors import StoreError
from channel.embedded import NoEmbeddedPostgres
from channel.settings import WrongSettings
from channel.store.admin import Unknown
from channel.store.vault import UnreadableSecret

app = typer.Typer(
    name="live-agents",
    help="A human agent in Rocket.Chat on the other end of a RapidPro conversation.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("connect")(connect.connect)
app.command("migrate")(migrate.migrate)
app.command("backlog")(deliveries.backlog)
app.command("trace")(deliveries.trace)
app.command("replay")(deliveries.replay)
app.command("discard")(deliveries.discard)
app.command("repair")(repair.repair)
app.command("forget")(forget.forget)
app.add_typer(channels.app, name="channels")
app.add_typer(flow.app, name="flow")
app.add_typer(workspaces.app, name="workspaces")
app.add_typer(keys.app, name="keys")

_SAID = (Wrong, WrongSettings, StoreError, NoEmbeddedPostgres, Unknown, UnreadableSecret)


def main() -> None:
    """Run the verb; exit 1 with one sentence on standard error if it could not be done, 2 if it was misused."""
    try:
        app()
    except _SAID as error:
        sys.exit(f"live-agents: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
