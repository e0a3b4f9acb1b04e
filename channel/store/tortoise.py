"""Tortoise's configuration for a Postgres URL, the embedded one's socket included."""

from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from channel.store.database import PREPARED
from models.tables import config

#: an operator's change may concern every contact of a channel
SILENCE: Final = 60.0


def tortoise_config(url: str, *, patient: bool = False) -> dict[str, object]:
    """Tortoise reads URLs its own way: it is given the parts. A `host` in the query is a socket's folder.

    A connection is to who takes commits, and given up when it is silent; not by who is `patient`, as a migration is.
    """
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    credentials: dict[str, object] = {
        "host": options.pop("host", None) or parts.hostname,
        "port": parts.port or 5432,
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password or "") or None,
        "database": parts.path.removeprefix("/") or "postgres",
        "minsize": 1,
        "maxsize": 2,
        "timeout": 10,
        "command_timeout": None if patient else SILENCE,
        "target_session_attrs": "read-write",
    }
    if options.get(PREPARED) == "off":
        credentials["statement_cache_size"] = 0
    if "sslmode" in options:
        credentials["ssl"] = options["sslmode"]
    return config({"engine": "tortoise.backends.asyncpg", "credentials": credentials})
