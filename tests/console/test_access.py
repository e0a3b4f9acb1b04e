"""Who may: every route by every role, and what a browser may be made to do by others."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import httpx
import pytest

from channel.app import create_internal_app, internal_routes
from channel.console.access import ConsoleRoute
from channel.core import limits
from channel.core.operators import Role, may
from channel.store import operators
from channel.web.auth import Caller, RuledRoute
from tests.bridge import Bridge
from tests.console.desk import PASSWORD, Browser, Desk, open_desk, token, words

#: what a path names in this test: nothing that is there
NOTHING = {"{number}": "1", "{message}": "nobody", "{channel}": str(UUID(int=0)), "{workspace}": str(UUID(int=0))}


def console_routes(bridge: Bridge) -> list[ConsoleRoute]:
    return [route for route in internal_routes(bridge.runtime) if isinstance(route, ConsoleRoute)]


def path_of(route: RuledRoute) -> str:
    path = route.path
    for name, value in NOTHING.items():
        path = path.replace(name, value)
    assert "{" not in path, f"this test does not know what {path} names"
    return path


async def tables(desk: Desk) -> dict[str, list[Any]]:
    """Everything there is, but the audit and what is written of a refused sign-in."""
    listed = await desk.bridge.query(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    names = [row["relname"] for row in listed if row["relname"] not in {"peer", "lane"}]
    return {name: await desk.bridge.query(f"SELECT t::text FROM {name} t ORDER BY 1") for name in names}  # noqa: S608


async def test_every_route_of_the_internal_port_has_a_rule_and_every_change_a_verb_for_the_audit(desk: Desk) -> None:
    rules = {(route.path, *sorted(route.methods or ())): rule(route) for route in internal_routes(desk.bridge.runtime)}
    open_to_all = {path for (path, *_), caller in rules.items() if caller is not Caller.OPERATOR}
    assert open_to_all == {
        "/metrics", "/openapi.json", "/healthz", "/readyz", "/static/console.css", "/static/console.js",
        "/static/icon.svg", "/sign-in", "/sign-out",
    }  # fmt: skip
    for route in console_routes(desk.bridge):
        is_change = "GET" not in (route.methods or ())
        assert (route.takes is not None, bool(route.verb)) == (is_change, is_change and not route.is_trial), route.path
        assert route.role is not None or route.path in {"/sign-in", "/sign-out"}


def rule(route: Any) -> Caller:
    assert isinstance(route, RuledRoute), f"nobody says who may call {route.path}"
    return route.caller


async def test_every_route_is_refused_to_every_role_that_may_not_and_to_whoever_shows_no_session_or_no_token(
    desk: Desk, browsers: dict[Role, Browser]
) -> None:
    """The matrix: every route, every role and nobody, with a right, a wrong and no form token."""
    nobody = await desk.browser()
    tried = 0
    before = await tables(desk)
    for route in console_routes(desk.bridge):
        path = path_of(route)
        for role, browser in [*browsers.items(), (None, nobody)]:
            for csrf in csrfs(route, browser, browsers):
                answer = await ask(browser, route, path, csrf)
                tried += 1
                assert_refused_or_let_in(route, role, csrf, answer, browser)
                assert answer.headers["cache-control"] == "no-store", path
                assert "default-src 'none'" in answer.headers["content-security-policy"], path
    assert await tables(desk) == before
    print(f"{tried} attempts at {len(console_routes(desk.bridge))} routes")


def csrfs(route: ConsoleRoute, browser: Browser, browsers: dict[Role, Browser]) -> Iterator[str]:
    """Form tokens that are not to be taken, and, of a change that is for the role, none that is: nothing is changed."""
    yield ""
    if route.takes is not None:
        yield "0" * 64
        yield next(other.csrf for other in browsers.values() if other is not browser)


async def ask(browser: Browser, route: ConsoleRoute, path: str, csrf: str) -> httpx.Response:
    if route.takes is None:
        return await browser.get(path)
    return await browser.http.post(path, data={"csrf": csrf})


def assert_refused_or_let_in(
    route: ConsoleRoute, role: Role | None, csrf: str, answer: httpx.Response, browser: Browser
) -> None:
    case = f"{route.methods} {route.path} as {role} with {csrf!r}: {answer.status_code}"
    if route.takes is not None:
        wanted = 403 if route.role is None or role is not None else 401
        assert answer.status_code == wanted, case
    elif route.role is None:
        assert answer.status_code == (303 if role else 200), case
    elif role is None:
        assert answer.status_code == 303, case
        assert answer.headers["location"].startswith("/sign-in?next="), case
    elif may(role, route.role):
        assert answer.status_code in {200, 400, 404}, case
    else:
        assert answer.status_code == 403, case


async def test_a_change_that_is_for_another_role_is_refused_with_the_right_token_too(
    desk: Desk, browsers: dict[Role, Browser]
) -> None:
    before = await tables(desk)
    for route in console_routes(desk.bridge):
        for role, browser in browsers.items():
            if route.takes is not None and route.role is not None and not may(role, route.role):
                answer = await browser.post(path_of(route))
                assert (answer.status_code, "This is for those" in answer.text) == (403, True), route.path
    assert await tables(desk) == before


async def test_a_field_that_a_form_has_not_is_refused_at_every_route_that_changes_something(
    desk: Desk, browsers: dict[Role, Browser]
) -> None:
    before = await tables(desk)
    browser = browsers[Role.ADMINISTER]
    for route in console_routes(desk.bridge):
        if route.takes is None or route.role is None:
            continue
        once = next(iter(route.takes.once), "csrf")
        for extra in ({"role": "administer"}, {"is_admin": "1"}, {once: ["a", "b"]}):
            answer = await browser.post(path_of(route), extra)
            wanted = 403 if "csrf" in extra else 400
            assert answer.status_code == wanted, (route.path, extra)
    assert await tables(desk) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_what_another_site_sends_is_refused_with_the_right_token_too(
    headers: dict[str, str], browsers: dict[Role, Browser]
) -> None:
    answer = await browsers[Role.ADMINISTER].post("/sign-out", {}, **headers)
    assert answer.status_code == 403
    assert (await browsers[Role.ADMINISTER].get("/")).status_code == 200


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"csrf=x", "text/plain", 415),
        (b"csrf=%ff&&&=\xff", "application/x-www-form-urlencoded", 400),
        (b"a&" * (limits.FORM_FIELDS + 1), "application/x-www-form-urlencoded", 400),
        (b"a" * (limits.FORM_BYTES + 1), "application/x-www-form-urlencoded", 413),
    ],
)
async def test_what_is_no_form_of_ours_is_refused_in_a_page(
    content: bytes, media_type: str, status: int, browsers: dict[Role, Browser]
) -> None:
    http = browsers[Role.LOOK].http
    answer = await http.post("/sign-out", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == status
    assert words(answer).startswith("That did not work")


async def test_a_session_has_a_new_token_at_each_sign_in_and_the_one_before_is_over(desk: Desk) -> None:
    browser = await desk.operator(Role.LOOK, "fixed")
    before = dict(browser.http.cookies)["live_agents"]
    fixed = await desk.browser()
    fixed.http.cookies.set("live_agents", "chosen-by-somebody-else", domain="127.0.0.1", path="/")
    await fixed.sign_in("fixed")
    assert dict(fixed.http.cookies)["live_agents"] not in {"chosen-by-somebody-else", before}
    shown = await browser.get("/sign-in")
    assert (shown.status_code, shown.headers["location"]) == (303, "/")
    assert (await browser.post("/sign-out")).status_code == 303
    stolen = await desk.browser()
    stolen.http.cookies.set("live_agents", before, domain="127.0.0.1", path="/")
    assert (await stolen.get("/")).status_code == 303


async def test_a_cookie_is_read_by_no_script_and_sent_by_no_other_site(desk: Desk) -> None:
    await desk.add("cook", Role.LOOK)
    (cookie, gone) = (await (await desk.browser()).sign_in("cook")).headers.get_list("set-cookie")
    name, *attributes = cookie.split("; ")
    assert name.startswith("live_agents=")
    assert {each.lower() for each in attributes} == {"httponly", "path=/", "samesite=strict"}
    assert "Max-Age=0" in gone


async def test_behind_https_the_cookie_is_for_https_only_and_others_are_not_believed_that_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.add("secure", Role.LOOK)
    said = {"X-Forwarded-Proto": "https"}
    assert "__Host-" not in (await (await desk.browser()).sign_in("secure", **said)).headers["set-cookie"]
    premises = replace(desk.bridge.runtime.console, trusted=(ip_network("127.0.0.0/8"),))
    monkeypatch.setattr(desk.bridge.runtime, "console", premises)
    transport = httpx.ASGITransport(create_internal_app(desk.bridge.runtime), client=("127.0.0.1", 9))
    async with httpx.AsyncClient(transport=transport, base_url="https://console.test") as http:
        answer = await Browser(http).sign_in("secure", **said, Origin="https://console.test")
        cookie, _ = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-live_agents=")
        assert "secure" in cookie.lower().split("; ")
        assert (await http.get("/", headers=said)).status_code == 200
        assert (await http.get("/")).status_code == 303


async def test_whoever_has_asked_for_nothing_for_half_an_hour_or_is_in_for_twelve_is_out(desk: Desk) -> None:
    browser = await desk.operator(Role.LOOK, "idle")
    await desk.bridge.shift_clock(limits.SESSION_IDLE - 60)
    assert (await browser.get("/", **{"X-Live": "1"})).status_code == 200
    await desk.bridge.shift_clock(120)
    assert (await browser.get("/")).status_code == 303  # a page that reads itself again keeps nobody in
    assert (await browser.sign_in("idle")).status_code == 303
    while_in = limits.SESSION_IDLE - 120
    for _ in range(int(limits.SESSION_LONGEST / while_in)):
        assert (await browser.get("/")).status_code == 200
        await desk.bridge.shift_clock(while_in)
    assert (await browser.get("/")).status_code == 200
    await desk.bridge.shift_clock(limits.SESSION_LONGEST % while_in + 1)
    assert (await browser.get("/")).status_code == 303


async def test_another_password_another_role_and_the_end_of_an_account_are_known_at_once(desk: Desk) -> None:
    pool = desk.bridge.runtime.console.pool
    browser = await desk.operator(Role.ADMINISTER, "changed")
    await operators.set_password(pool, "changed", "another long password")
    assert (await browser.get("/")).status_code == 303
    assert (await browser.sign_in("changed")).status_code == 403
    assert (await browser.sign_in("changed", "another long password")).status_code == 303
    await operators.remove(pool, "changed")
    assert (await browser.get("/")).status_code == 303
    assert (
        await desk.bridge.query("SELECT FROM session s JOIN operator o ON o.id = s.operator_id AND o.name = 'changed'")
        == []
    )


async def test_after_the_sign_in_one_goes_nowhere_else(desk: Desk) -> None:
    browser = await desk.operator(Role.LOOK, "led")
    for wanted in (
        "//evil.test/",
        "https://evil.test/",
        "/\\evil.test",
        "/\n/evil.test",
        "javascript:alert(1)",
        "//[::1",
        "",
    ):
        answer = await browser.http.get("/sign-in", params={"next": wanted})
        assert answer.headers["location"] == "/", wanted
    answer = await browser.http.get("/sign-in", params={"next": "/audit?last=5"})
    assert answer.headers["location"] == "/audit?last=5"


async def test_what_is_typed_is_shown_as_text(desk: Desk) -> None:
    shown = await (await desk.browser()).get("/sign-in?next=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in shown.text
    assert shown.text.count("<script") == 1


async def test_of_eleven_wrong_passwords_the_last_closes_the_account_and_tells_nobody_which_it_was(desk: Desk) -> None:
    await desk.add("guessed", Role.ADMINISTER)
    guesser = await desk.browser()
    told = set()
    for name in ("guessed", "nobody", "", "no name at all", "' OR 1=1 --"):
        answer = await guesser.sign_in(name, "wrong")
        told.add((answer.status_code, words(answer)))
    assert len(told) == 1
    await forget_sources(desk)
    for _ in range(limits.SIGN_IN_FAILURES - 1):
        assert (await guesser.sign_in("guessed", "wrong")).status_code == 403
    await forget_sources(desk)
    answer = await guesser.sign_in("guessed", "wrong")
    assert (answer.status_code, words(answer)) in told
    assert (await guesser.sign_in("guessed")).status_code == 403  # the right one is not looked at
    await desk.bridge.shift_clock(limits.SIGN_IN_WINDOW + 1)
    assert (await guesser.sign_in("guessed")).status_code == 303


async def test_ten_wrong_passwords_from_one_source_close_it_whatever_the_accounts(desk: Desk) -> None:
    await desk.bridge.shift_clock(limits.SIGN_IN_WINDOW + 1)
    await desk.add("sprayed", Role.LOOK)
    sprayer = await desk.browser()
    for number in range(limits.SIGN_IN_FAILURES):
        assert (await sprayer.sign_in(f"name{number}", "wrong")).status_code == 403
    async with open_desk(desk.bridge) as replica:
        closed = await (await replica.browser()).sign_in("sprayed")
        assert (closed.status_code, closed.headers["retry-after"]) == (429, "900")
        assert "Too many sign-ins from here" in words(closed)
    await desk.bridge.shift_clock(limits.SIGN_IN_WINDOW + 1)
    assert (await sprayer.sign_in("sprayed")).status_code == 303


async def forget_sources(desk: Desk) -> None:
    await desk.bridge.query("DELETE FROM sign_in_source")


async def test_signing_in_and_out_stands_in_the_audit(desk: Desk) -> None:
    browser = await desk.operator(Role.LOOK, "written")
    assert (await browser.post("/sign-out")).status_code == 303
    lines = await desk.bridge.query("SELECT what, outcome FROM audit WHERE who = 'operator:written' ORDER BY id")
    assert [tuple(line) for line in lines] == [("sign in", "done"), ("sign out", "done")]


async def test_no_password_and_no_session_is_in_the_database_or_on_a_page(desk: Desk) -> None:
    browser = await desk.operator(Role.LOOK, "hidden")
    secrets = [PASSWORD, dict(browser.http.cookies)["live_agents"], browser.csrf]
    kept = str(await tables(desk))
    assert not [secret for secret in secrets if secret in kept]
    shown = (await browser.get("/")).text
    assert [secret in shown for secret in secrets] == [False, False, True]


async def test_a_console_in_which_nobody_can_sign_in_is_off_and_says_how_it_is_made_on(bridge: Bridge) -> None:
    async with open_desk(bridge) as empty:
        browser = await empty.browser()
        for path in ("/", "/sign-in", "/?next=1"):
            said = await browser.read(path, 404)
            assert "live-agents operators add NAME --role administer" in said
        answer = await browser.http.post("/sign-in", data={"csrf": "0" * 64})
        assert answer.status_code == 403
        assert (await browser.get("/healthz")).status_code == 200
        assert (await bridge.http.get(f"{bridge.url}/sign-in")).status_code == 404


async def test_what_is_no_page_is_a_page_for_who_reads_pages_and_an_error_for_all_others(desk: Desk) -> None:
    browser = await desk.browser()
    for method, path, status in (("GET", "/nowhere", 404), ("PUT", "/sign-in", 405), ("POST", "/healthz", 405)):
        answer = await browser.http.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
        shown = await browser.http.request(method, path, headers={"Accept": "text/html,*/*"})
        assert (shown.status_code, words(shown).startswith("That did not work")) == (status, True)
        assert "default-src 'none'" in shown.headers["content-security-policy"]


async def test_an_error_of_our_own_is_a_page_too_that_tells_nothing_of_it(bridge: Bridge) -> None:
    async with open_desk(bridge) as desk:
        browser = await desk.operator(Role.LOOK)
        await bridge.query("ALTER TABLE operator DROP CONSTRAINT operator_role")
        await bridge.query("UPDATE operator SET role = 'nonsense'")
        shown = await browser.get("/", Accept="text/html")
        assert (shown.status_code, "An error of our own" in words(shown)) == (503, True)
        assert (await browser.get("/")).json()["error"]["code"] == "internal"
        assert "nonsense" not in shown.text


async def test_a_database_that_is_away_is_a_page_that_says_so(bridge: Bridge) -> None:
    async with open_desk(bridge) as desk:
        browser = await desk.operator(Role.LOOK)
        async with bridge.database_away():
            assert "The database does not answer" in await browser.read("/", 503)
            shown = await browser.get("/sign-in")
            assert (shown.status_code, "csrf" in shown.text) == (503, False)
        assert (await browser.get("/")).status_code == 200


def test_a_form_without_a_token_says_so() -> None:
    with pytest.raises(AssertionError):
        token(httpx.Response(200, text="<form>"))
