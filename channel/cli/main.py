"""The command line: verbs over the runtime and the store. Whatever is wrong is said in one sentence."""

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import typer

from channel.cli.saying import Wrong
from channel.core.errors import StoreError, Unknown
from channel.embedded import NoEmbeddedPostgres
from channel.settings import WrongSettings
from channel.store.vault import UnreadableSecret

#: each verb, and the module that has it: a function of its name, or an `app` of verbs of its own
VERBS: Final = {
    "serve": "serve",
    "demo": "demo",
    "connect": "connect",
    "provision": "provision",
    "migrate": "migrate",
    "backlog": "deliveries",
    "trace": "deliveries",
    "replay": "deliveries",
    "discard": "deliveries",
    "repair": "repair",
    "forget": "forget",
    "channels": "channels",
    "flow": "flow",
    "doctor": "doctor",
    "workspaces": "workspaces",
    "keys": "keys",
    "operators": "operators",
    "audit": "audit",
}

_SAID = (Wrong, WrongSettings, StoreError, NoEmbeddedPostgres, Unknown, UnreadableSecret)


def app(arguments: Sequence[str] = ()) -> typer.Typer:
    """The command line with the verb that these arguments begin with, or with all of them.

    What one verb needs is not loaded for another: together they take a second.
    """
    made = typer.Typer(
        name="live-agents",
        help="A human agent in Rocket.Chat on the other end of a RapidPro conversation.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    made.callback()(_no_verb)
    asked = arguments[0] if arguments else ""
    for verb in [asked] if asked in VERBS else VERBS:
        _add(made, verb)
    return made


def _add(made: typer.Typer, verb: str) -> None:
    module: Any = import_module(f"channel.cli.{VERBS[verb]}")
    if hasattr(module, "app"):
        made.add_typer(module.app, name=verb)
    else:
        made.command(verb)(getattr(module, verb))


def _no_verb() -> None:
    """Without it the one verb that is there would be none."""


def main() -> None:
    """Run the verb; exit 1 with one sentence on standard error if it could not be done, 2 if it was misused."""
    try:
        verb = app(sys.argv[1:])
        gc.freeze()  # what is loaded stays
        gc.enable()
        verb()
    except _SAID as error:
        sys.exit(f"live-agents: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
