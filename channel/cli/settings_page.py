"""Rocket.Chat's settings in words, as its pages name them; a secret is never among the words."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from channel.cli.saying import table
from channel.core.provisioning import Change, Value

#: by the names of `channel.rocketchat.provisioning`: what the page of webhooks calls them
NAMES: Final = {
    "url": "Webhook URL",
    "secret": "Secret Token",
    "timeout": "HTTP Timeout",
    "on_start": "Chat Start",
    "on_close": "Chat Close",
    "on_taken": "Chat Taken",
    "on_queued": "Chat Queued",
    "on_forward": "Forwarding",
    "on_offline_message": "Offline Messages",
    "on_visitor_message": "Visitor Messages",
    "on_agent_message": "Agent Messages",
}


def called(name: str) -> str:
    return NAMES.get(name, name)


def compared(changes: Sequence[Change]) -> str:
    """What is and what is to be, a setting a line."""
    return table(("setting", "is", "is to be"), [(called(each.name), *_sides(each)) for each in changes])


def without_secrets(url: str) -> str:
    """Of somebody else's URL what may be said: not its query, and not a password in it."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "something that is no URL"
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}" if url else "none"


def _sides(change: Change) -> tuple[str, str]:
    if change.name == "secret":
        return "set" if change.before else "none", _secret(change)
    return _said(change.name, change.before), _said(change.name, change.after)


def _secret(change: Change) -> str:
    if not change.after:
        return "none"
    return "changed" if change.before else "set"


def _said(name: str, value: Value) -> str:
    if isinstance(value, bool):
        on, off = ("on", "off") if name in NAMES else ("there", "not there")
        return on if value else off
    return without_secrets(value) if name == "url" and isinstance(value, str) else str(value)
