"""Where a request comes from, behind proxies that can be believed and before those that cannot."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, TypeAlias

from starlette.requests import Request

from channel.core.networks import Network

_Address: TypeAlias = IPv4Address | IPv6Address

#: of `X-Forwarded-For`; no chain of proxies is longer
_HOPS: Final = 20
#: who has one address of IPv6 has as many as this
_OWN: Final = 64


def source_of(request: Request, trusted: Sequence[Network]) -> str:
    """The address of whoever asks; of IPv6, its network."""
    return source(request.client.host if request.client else "", request.headers.getlist("x-forwarded-for"), trusted)


def is_https(request: Request, trusted: Sequence[Network]) -> bool:
    """Did it come to a proxy of ours by https? Nobody else is believed; we ourselves speak http."""
    peer = _address(request.client.host if request.client else "")
    if peer is None or not _is_in(peer, trusted):
        return False
    return request.headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower() == "https"


def source(peer: str, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """The last one who is no proxy of ours: each of those says by whom it was asked, and nobody else is believed.

    `forwarded`: the values of `X-Forwarded-For`, to which each proxy adds at the end.
    """
    found = _address(peer)
    hops = [hop.strip() for value in forwarded for hop in value.split(",")]
    for hop in reversed(hops[-_HOPS:]):
        before = _address(hop)
        if found is None or before is None or not _is_in(found, trusted):
            break
        found = before
    return _named(found)


def _is_in(address: _Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _address(text: str) -> _Address | None:
    """An address, as proxies write it: perhaps in brackets, perhaps with a port."""
    host, colon, port = text.rpartition(":")
    bare = host if colon and port.isdigit() and (host.endswith("]") or host.count(":") == 0) else text
    try:
        address = ip_address(bare.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _named(address: _Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), _OWN), strict=False))
    return str(address) if address else ""
