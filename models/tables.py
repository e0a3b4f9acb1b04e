"""Every table, for Tortoise and its migration command (`tortoise -c models.tables.TORTOISE makemigrations`)."""

from models.attempt import Attempt
from models.audit import Audit
from models.channel import Channel
from models.clock import Clock
from models.contact import Contact
from models.conversation import Conversation
from models.delivery import Delivery
from models.event import Event
from models.keyring import Keyring
from models.lane import Lane
from models.message import Message
from models.operator import Operator
from models.peer import Peer
from models.replica import Replica
from models.room import Room
from models.session import Session
from models.sign_in_source import SignInSource
from models.timer import Timer
from models.workspace import Workspace

__all__ = [
    "TORTOISE",
    "Attempt",
    "Audit",
    "Channel",
    "Clock",
    "Contact",
    "Conversation",
    "Delivery",
    "Event",
    "Keyring",
    "Lane",
    "Message",
    "Operator",
    "Peer",
    "Replica",
    "Room",
    "Session",
    "SignInSource",
    "Timer",
    "Workspace",
    "config",
]


def config(connection: str | dict[str, object]) -> dict[str, object]:
    """Tortoise's configuration for a database: its URL (`asyncpg://…`), or engine and credentials."""
    return {
        "connections": {"default": connection},
        "apps": {"models": {"models": ["models.tables"], "migrations": "models.migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


#: for Tortoise's command, which needs no database to make a migration
TORTOISE = config("asyncpg://postgres@127.0.0.1:5432/postgres")
