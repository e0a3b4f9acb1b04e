"""Who takes part in a conversation, as the peers name them."""

from dataclasses import field

from channel.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Agent:
    """Who serves a room, or wrote in it, as Rocket.Chat names them."""

    id: str
    username: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Bot:
    """The Rocket.Chat account a workspace lets us act with, where it has one."""

    id: str
    token: str = field(repr=False)
