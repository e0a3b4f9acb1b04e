"""One HTTP conversation with a peer, described without having it: requests are yielded, replies are sent back in."""

from collections.abc import Generator, Mapping
from dataclasses import field
from typing import TypeAlias, TypeVar

from channel.core.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask of a peer. At most one of `json`, `form` and `content` is given."""

    method: str
    path: str = field(repr=False)  #: below the peer's base URL, with a leading slash, already percent-encoded
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Mapping[str, object] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)  #: as it stands, where each byte matters


@dataclass(frozen=True, slots=True)
class Reply:
    """What a peer answered: any status, and a body that may be anything."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  #: names in lower case


#: Yields requests, is sent each one's reply, returns what was learned. Raises `errors.ChannelError`.
Exchange: TypeAlias = Generator[Request, Reply, T]
