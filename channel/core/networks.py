"""To which addresses a connection may be made. Asked of the address itself, after names are resolved.

Whoever may name a peer must not get at what only this machine or its network can reach.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network
_Address: TypeAlias = IPv4Address | IPv6Address

#: the code of an attempt for which no connection may be made from here
DENIED: Final = "address_denied"

THIS_MACHINE: Final[tuple[Network, ...]] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

#: Where clouds tell a machine its secrets; nobody's peer is there.
METADATA: Final = tuple(
    ip_network(each)
    for each in (
        "169.254.169.254", "169.254.169.253", "169.254.169.123", "169.254.170.2", "169.254.170.23", "168.63.129.16",
        "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd00:ec2::253", "fd00:ec2::23", "fd20:ce::254",
        "fe80::a9fe:a9fe",
    )
)  # fmt: skip

#: Not public, whatever the standard library makes of them.
_NOT_PUBLIC: Final = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10",
        "ff00::/8",
        # in these is an address of IPv4, which a translator on the way may reach
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16",
    )
)  # fmt: skip
#: of those, by where the address of IPv4 begins, in bits from the right
_CARRIERS: Final = tuple(
    (ip_network(network), shift)
    for network, shift in (
        ("::/96", 0), ("::ffff:0:0/96", 0), ("::ffff:0:0:0/96", 0), ("64:ff9b::/96", 0), ("64:ff9b:1::/48", 0),
        ("2002::/16", 80),
    )
)  # fmt: skip


def may_connect(address: str, private: Sequence[Network]) -> bool:
    """Is it public, or in one of the `private` networks that an operator has named? To metadata, never."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        found = IPv6Address(int(found))
    if any(_is_in(each, METADATA) for each in (found, *_carried(found))):
        return False
    return _is_in(found, private) or not (_is_in(found, _NOT_PUBLIC) or not found.is_global or found.is_multicast)


def _is_in(address: _Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _carried(address: _Address) -> list[_Address]:
    """The addresses of IPv4 that this one of IPv6 may stand for."""
    if isinstance(address, IPv4Address):
        return []
    found = [IPv4Address(int(address) >> shift & 0xFFFFFFFF) for network, shift in _CARRIERS if address in network]
    return [*found, *(address.teredo or ())]
