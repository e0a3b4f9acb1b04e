"""To which addresses a connection may be made: what is public, what an operator names, and never a cloud's metadata."""

from ipaddress import ip_network

import pytest

from channel.core.networks import METADATA, THIS_MACHINE, Network, may_connect

EVERYTHING = (ip_network("0.0.0.0/0"), ip_network("::/0"))

PUBLIC = (
    "1.1.1.1", "8.8.8.8", "93.184.215.14", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1", "11.0.0.1",
    "192.167.255.255", "169.253.0.1", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001:830::200e",
)  # fmt: skip

DENIED = (
    # this machine
    "127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.255", "0.0.0.1", "0.255.255.255", "::1", "::",
    "0.0.0.0",  # noqa: S104 - nothing is bound
    # private, and shared by the customers of a provider
    "10.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255",
    "100.64.0.1", "100.100.100.100", "100.127.255.255", "fc00::1", "fd00::1", "fdff:ffff::1", "fec0::1",
    # of one link
    "169.254.0.1", "169.254.1.1", "169.254.255.255", "fe80::1", "fe80::1%eth0", "fe80::a9fe:a9fe", "febf::1",
    # to many
    "224.0.0.1", "239.255.255.250", "255.255.255.255", "ff02::1", "ff0e::1",
    # for protocols, examples, measurements, and nobody yet
    "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.1",
    "240.0.0.1", "254.255.255.255", "100::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1",
    "5f00::1",
    # of IPv4, in the clothes of IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "::127.0.0.1",
    "::7f00:1", "::10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::8.8.8.8",
    "64:ff9b:1::127.0.0.1", "64:ff9b:1:a00::1", "2002:7f00:1::", "2002:7f00:1::1", "2002:a00:1::1", "2002:a9fe:a9fe::1",
    "2002:808:808::1", "2001:0:808:808::1", "2001:0:7f00:1::", "2001::80ff:fffe",
    # no address
    "", "localhost", "0x7f000001", "0177.0.0.1", "127.1", "2130706433", "127.0.0.1.", "[::1]", "127.0.0.1:80",
    "1.1.1.1/32",
)  # fmt: skip

SECRETS = (
    "169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254",
    "fd20:ce::254",
    "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::169.254.169.254", "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254", "64:ff9b:1::169.254.169.254", "2002:a9fe:a9fe::", "2002:a83f:8110::1",
    "2001:0:a9fe:a9fe::", "2001:0:808:808::5601:5601", "::ffff:168.63.129.16", "64:ff9b::100.100.100.200",
    "fd00:ec2::254%eth0",
)  # fmt: skip


def test_there_are_enough_of_them() -> None:
    assert len({*DENIED, *SECRETS}) >= 100


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_may_be_connected_to(address: str) -> None:
    assert may_connect(address, ())


@pytest.mark.parametrize("address", [*DENIED, *SECRETS])
def test_what_is_not_may_not(address: str) -> None:
    assert not may_connect(address, ())


@pytest.mark.parametrize("address", SECRETS)
def test_metadata_may_not_whatever_an_operator_names(address: str) -> None:
    assert not may_connect(address, EVERYTHING)


def test_every_metadata_address_is_of_one_machine() -> None:
    assert all(network.num_addresses == 1 for network in METADATA)


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("127.0.0.1", THIS_MACHINE),
        ("::1", THIS_MACHINE),
        ("10.1.2.3", (ip_network("10.1.0.0/16"),)),
        ("fd00::1", (ip_network("fd00::/64"),)),
        ("169.254.1.1", (ip_network("169.254.0.0/16"),)),
        ("64:ff9b::808:808", (ip_network("64:ff9b::/96"),)),
        ("100.64.0.1", EVERYTHING),
    ],
)
def test_what_an_operator_names_may(address: str, networks: tuple[Network, ...]) -> None:
    assert may_connect(address, networks)


@pytest.mark.parametrize("address", ["10.2.0.1", "::ffff:10.1.2.3", "127.0.0.1", "64:ff9b::10.1.2.3"])
def test_and_nothing_beside_it(address: str) -> None:
    assert not may_connect(address, (ip_network("10.1.0.0/16"),))
