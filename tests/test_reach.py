"""To whom the service connects: checked when it connects, whatever the peer is called, and never on a redirect."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest

from channel.core.errors import DeliveryError, Unavailable
from channel.core.exchange import Exchange, Reply, Request
from channel.core.networks import THIS_MACHINE, Network
from channel.opening import open_runtime
from channel.state import open_database
from channel.transport import Transport, open_http
from tests.bridge import Bridge, counted, working
from tests.certificates import certified

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Peer:
    """Counts its connections."""

    def __init__(self, answer: bytes, context: ssl.SSLContext | None) -> None:
        self.connections = 0
        self.port = 0
        self._answer = answer
        self.context = context

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self._answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(answer: bytes = OK, context: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    peer = Peer(answer, context)
    server = await asyncio.start_server(peer.talk, "127.0.0.1", 0, ssl=context)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        await server.wait_closed()


def ask() -> Exchange[Reply]:
    return (yield Request("GET", "/path"))


async def asked(url: str, private: tuple[Network, ...], ca_file: Path | None = None) -> Reply | DeliveryError:
    async with open_http(private, ca_file=ca_file) as http:
        try:
            return await Transport(http).perform(url, ask())
        except DeliveryError as error:
            return error


NAMES = (
    "127.0.0.1", "127.0.0.2", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0",
    "0.0.0.0",  # noqa: S104 - nothing is bound
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "localhost.", "LOCALHOST", "127.0.0.1.",
    "\u2460\u2461\u2466.0.0.1", "\uff11\uff12\uff17.0.0.1",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
async def test_whatever_it_is_called_nobody_connects_to_this_machine(name: str) -> None:
    async with listening() as peer:
        error = await asked(f"http://{name}:{peer.port}", ())
        assert isinstance(error, DeliveryError)
        assert peer.connections == 0


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "0x7f.0.0.1"])
async def test_the_refusal_says_what_to_set_and_is_counted(name: str) -> None:
    before = counted("ssrf_blocked")
    async with listening() as peer:
        error = await asked(f"http://{name}:{peer.port}", (ip_network("10.0.0.0/8"),))
        assert isinstance(error, Unavailable)
        assert error.code == "address_denied"
        assert "LIVE_AGENTS_PRIVATE_PEERS" in error.message
        assert isinstance(await asked(f"http://{name}:{peer.port}", THIS_MACHINE), Reply)
    assert counted("ssrf_blocked") > before


@pytest.mark.parametrize("address", ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200"])
async def test_metadata_is_refused_whatever_is_named(address: str) -> None:
    error = await asked(f"http://{address}", (ip_network("0.0.0.0/0"), ip_network("::/0")))
    assert isinstance(error, Unavailable)
    assert error.code == "address_denied"


async def test_a_name_that_leads_elsewhere_the_next_time_is_looked_at_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The connection that is made is the one that was looked at: names are not resolved in between."""
    answers = ["127.0.0.1", "127.0.0.2"]
    resolved = socket.getaddrinfo

    def rebinding(host: str | bytes | None, *arguments: object, **named: object) -> object:
        return resolved(answers.pop(0) if host in {"rebinding.test", b"rebinding.test"} else host, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    only = (ip_network("127.0.0.1/32"),)
    async with listening() as peer:
        first = await asked(f"http://rebinding.test:{peer.port}", only)
        second = await asked(f"http://rebinding.test:{peer.port}", only)
        assert isinstance(first, Reply)
        assert isinstance(second, Unavailable)
        assert second.code == "address_denied"
        assert (answers, peer.connections) == ([], 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    async with listening() as other:
        to = f"http://127.0.0.1:{other.port}/"
        answer = f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()
        async with listening(answer) as peer:
            reply = await asked(f"http://127.0.0.1:{peer.port}", THIS_MACHINE)
        assert isinstance(reply, Reply)
        assert (reply.status, other.connections) == (status, 0)


@pytest.mark.parametrize(
    "scheme", ["file:///etc/passwd", "gopher://127.0.0.1:70", "unix:///tmp/x.sock", "ftp://127.0.0.1"]
)
async def test_other_schemes_lead_nowhere(scheme: str) -> None:
    assert isinstance(await asked(scheme, THIS_MACHINE), DeliveryError)


# Certificates


async def test_a_certificate_of_nobody_known_is_refused_unless_its_authority_is_named(tmp_path: Path) -> None:
    pem, context = certified(tmp_path)
    async with listening(context=context) as peer:
        url = f"https://127.0.0.1:{peer.port}"
        assert isinstance(await asked(url, THIS_MACHINE), Unavailable)
        assert isinstance(await asked(url, THIS_MACHINE, pem), Reply)
        other = await asked(f"https://localhost:{peer.port}", THIS_MACHINE, pem)
        assert isinstance(other, Unavailable)


# Through everything


async def test_words_for_a_peer_that_may_not_be_reached_wait_and_say_why(bridge: Bridge) -> None:
    settings = bridge.runtime.settings.model_copy(update={"private_peers": (ip_network("10.0.0.0/8"),)})
    bridge.runtime.worker.stop()
    async with open_database(settings) as database, open_runtime(settings, database) as runtime, working(runtime):
        assert (await bridge.send("Hello")).status_code == 200
        runtime.worker.wake()
        rows = await bridge.until_rows("SELECT 1 FROM attempt WHERE answered LIKE '%LIVE_AGENTS_PRIVATE_PEERS%'")
        assert rows
        waiting = await bridge.query("SELECT state FROM delivery WHERE kind = 'PostToRoom'")
    assert [row["state"] for row in waiting] == ["waiting"]
    assert not bridge.rocketchat.requests
