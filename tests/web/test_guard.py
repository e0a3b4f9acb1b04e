"""Who may call: every route says it, strangers learn nothing, and try again and again more slowly."""

import asyncio
import json
from ipaddress import ip_network
from statistics import median
from time import monotonic, perf_counter

import httpx
import pytest
from starlette.routing import Route

from channel.app import create_app, internal_routes, public_routes
from channel.core import limits
from channel.web.auth import Caller, RuledRoute
from channel.web.throttle import Throttle
from tests.bridge import Bridge, counted
from tests.web.slow import listening

#: what of the database a request may write to
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
STRANGER = "00000000-0000-4000-8000-000000000000"


async def test_of_the_public_routes_only_the_probes_are_for_anybody(bridge: Bridge) -> None:
    rules = {route.path: rule(route) for route in public_routes(bridge.runtime)}
    assert {path for path, caller in rules.items() if caller is Caller.ANYBODY} == {"/healthz", "/readyz"}
    assert Caller.INSIDE not in rules.values()


async def test_every_route_inside_has_a_rule(bridge: Bridge) -> None:
    rules = {rule(route) for route in internal_routes(bridge.runtime)}
    assert rules == {Caller.INSIDE, Caller.ANYBODY, Caller.SIGNING_IN, Caller.OPERATOR}


def test_a_route_without_a_rule_is_refused() -> None:
    with pytest.raises(AssertionError, match="nobody says who may call /new"):
        rule(Route("/new", lambda request: request))


def rule(route: Route) -> Caller:
    assert isinstance(route, RuledRoute), f"nobody says who may call {route.path}"
    return route.caller


async def test_whoever_shows_no_secret_gets_one_answer_at_every_route_and_leaves_nothing(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FAILURES", 10**9)
    before = await rows(bridge)
    for route in public_routes(bridge.runtime):
        path = route.path.replace("{channel_uuid}", bridge.connected["channel"]["uuid"])
        path = path.replace("{workspace_uuid}", bridge.connected["workspace"]["uuid"])
        for method in sorted((route.methods or set()) - {"HEAD"}):
            answers = [
                await bridge.http.request(method, bridge.url + path, headers=list(headers), content=b'{"text":"x"}')
                for headers in headers_of_strangers(bridge)
            ]
            statuses = {answer.status_code for answer in answers}
            assert statuses == ({200} if rule(route) is Caller.ANYBODY else {401}), path
            assert len({answer.text for answer in answers}) == 1, path
    assert await rows(bridge) == before


def headers_of_strangers(bridge: Bridge) -> list[list[tuple[bytes, bytes]]]:
    """Absent, wrong, of another kind, twice, no text, and as long as a header may be."""
    secrets = {
        b"authorization": [
            bridge.connected["channel"]["send_authorization"].encode(),
            bridge.connected["live_agents"]["authorization"].encode(),
        ],
        b"x-rocketchat-livechat-token": [bridge.connected["workspace"]["webhook_secret"].encode()],
    }
    strange: list[list[tuple[bytes, bytes]]] = [[]]
    for name, right in secrets.items():
        values = [b"", b"Token", b"Token x", b"Token \xff\xfe\x80", b"Token " + b"x" * 60_000, b"Basic eDp4"]
        strange += [[(name, value)] for value in values]
        strange += [[(name, value), (name, value)] for value in right]
        strange += [[(name, value[:-1])] for value in right]
    return strange


async def rows(bridge: Bridge) -> dict[str, int]:
    tables = [row["relname"] for row in await bridge.query(TABLES)]
    return {table: (await bridge.query(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in tables}  # noqa: S608


# Again and again


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_after_twenty_in_a_minute_it_is_one_too_many_until_the_minute_is_over() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    assert [throttle.failed("s", "n") for _ in range(22)] == [False] * 20 + [True] * 2
    clock.now = limits.FAILURES_WINDOW - 1
    assert throttle.failed("s", "n")
    clock.now = limits.FAILURES_WINDOW
    assert not throttle.failed("s", "n")


def test_another_source_and_another_name_are_counted_by_themselves() -> None:
    throttle = Throttle(Clock())
    for _ in range(21):
        throttle.failed("s", "n")
    assert not throttle.failed("s", "m")
    assert not throttle.failed("t", "n")


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FAILURES_KNOWN", 100)
    throttle = Throttle(Clock())
    for _ in range(21):
        throttle.failed("s", "n")
    for number in range(99):
        throttle.failed(str(number), "x" * 100_000)
    assert throttle.failed("s", "n")
    for number in range(100):
        throttle.failed(str(number), "another")
    assert not throttle.failed("s", "n")


async def test_only_so_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FAILURES_WAITING", 3)
    monkeypatch.setattr(limits, "FAILURES_WAIT", 60.0)
    throttle = Throttle(Clock())
    waiting = [asyncio.create_task(throttle.slow_down()) for _ in range(3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await throttle.slow_down()
    assert not any(task.done() for task in waiting)
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    waiting[0] = asyncio.create_task(throttle.slow_down())
    await asyncio.sleep(0)
    assert not waiting[0].done()
    for task in waiting:
        task.cancel()


async def test_a_wrong_token_is_answered_the_same_and_later_and_a_right_one_at_once(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FAILURES_WAIT", 1.0)
    before = counted("auth_failures", reason="wrong")
    first = await bridge.send("Hello", token="Token wrong")
    for _ in range(19):
        await bridge.send("Hello", token="Token wrong")
    later = asyncio.create_task(timed(bridge, "Token wrong"))
    await bridge.http.get(f"{bridge.url}/healthz")
    right = await bridge.send("Hello")
    assert (right.status_code, later.done()) == (200, False)
    seconds, answer = await later
    assert seconds >= limits.FAILURES_WAIT
    assert (answer.status_code, answer.text) == (401, first.text)
    assert counted("auth_failures", reason="wrong") == before + 21


async def timed(bridge: Bridge, token: str) -> tuple[float, httpx.Response]:
    began = monotonic()
    answer = await bridge.send("Hello", token=token)
    return monotonic() - began, answer


async def test_behind_our_proxy_each_source_is_counted_by_itself(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FAILURES", 1)
    monkeypatch.setattr(limits, "FAILURES_WAIT", 1.0)
    settings = bridge.runtime.settings.model_copy(update={"trusted_proxies": (ip_network("127.0.0.0/8"),)})
    monkeypatch.setattr(bridge.runtime, "settings", settings)
    async with listening(create_app(bridge.runtime)) as port:
        url = f"http://127.0.0.1:{port}/channels/{STRANGER}/send"
        seconds = []
        for source in ("198.51.100.1", "198.51.100.1", "198.51.100.2"):
            began = monotonic()
            assert (await bridge.http.post(url, headers={"X-Forwarded-For": source})).status_code == 401
            seconds.append(monotonic() - began)
    assert seconds[1] >= 1.0
    assert max(seconds[0], seconds[2]) < seconds[1]


# What a stranger could measure

ATTEMPTS = 5000


async def test_a_wrong_token_takes_as_long_as_an_unknown_channel(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FAILURES", 10**9)
    names = {"wrong": bridge.connected["channel"]["uuid"], "unknown": STRANGER}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    async with listening(create_app(bridge.runtime)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        bodies = set()
        for _ in range(ATTEMPTS // len(names)):
            for name, channel in names.items():
                began = perf_counter()
                writer.write(b"GET /channels/%s/send HTTP/1.1\r\nAuthorization: Token x\r\n\r\n" % channel.encode())
                answer = await reader.readuntil(b"}}")
                seconds[name].append(perf_counter() - began)
                bodies.add(json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"])
        writer.close()
    medians = {name: 1000 * median(each) for name, each in seconds.items()}
    print(f"{ATTEMPTS} attempts, medians: {', '.join(f'{name} {each:.3f} ms' for name, each in medians.items())}")
    assert bodies == {"unauthorized"}
    assert abs(medians["wrong"] - medians["unknown"]) < 1


async def test_a_new_token_is_good_at_once(bridge: Bridge) -> None:
    assert (await bridge.send("Hello", id="1")).status_code == 200
    await bridge.query("UPDATE channel SET send_token_hash = encode(sha256('new'), 'hex')")
    assert (await bridge.send("Hello", id="2", token="Token new")).status_code == 200
