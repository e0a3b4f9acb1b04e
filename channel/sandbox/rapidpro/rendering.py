"""The request courier makes for one part of a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from .records import External, Message
from .routing import Route
from .templates import URLENCODED, fill, header_for


@dataclass(frozen=True)
class Outgoing:
    """A request to a send URL."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def variables(message: Message, route: Route, part: str, name: str, *, uuid_ids: bool) -> dict[str, str]:
    """What the templates may name. Before courier 10.3.21 there is no `uuid`: the braces stay."""
    values = {
        "text": part,
        "id": name,
        "to": route.urn.path,
        "to_no_plus": route.urn.path.removeprefix("+"),
        "from": route.channel.address,
        "from_no_plus": route.channel.address.removeprefix("+"),
        "channel": route.channel.uuid,
        "session_status": message.session_status,
    }
    return values | ({"uuid": message.uuid} if uuid_ids else {})


def render(
    external: External, values: Mapping[str, str], replies: tuple[str, ...], *, agent: str, random: Random
) -> Outgoing:
    """The request for one part. The URL is always URL-encoded; a GET has no body but keeps its Content-Type."""
    body = ""
    if external.method in {"POST", "PUT"}:
        body = fill(external.body, values, replies, external.content_type, random)
    return Outgoing(
        method=external.method,
        url=fill(external.send_url, values, replies, URLENCODED, random),
        headers=_headers(external, agent),
        body=body.encode(errors="replace"),
    )


def _headers(external: External, agent: str) -> dict[str, str]:
    headers = {"user-agent": agent, "accept-encoding": "gzip", "content-type": header_for(external.content_type)}
    if external.send_authorization:
        headers["authorization"] = external.send_authorization
    return headers | {name.lower(): value for name, value in external.headers.items()}
