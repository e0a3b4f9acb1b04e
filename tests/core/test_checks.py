"""What is made of facts: the sentences and the advice that no command has to be run for."""

from datetime import UTC, datetime

import pytest

from channel.core.checks import clocks, database, desk, hook, limiting, rapidpro, releases, service, trying
from channel.core.checks.finding import Check, Finding, Heard, Verdict, is_all_right
from channel.core.checks.limiting import UNKNOWN, Limit
from channel.core.checks.rapidpro import Routes, Token
from channel.core.checks.trying import Followed

URL = "https://bridge.example.org"
ALIVE = Heard(200, b'{"status":"alive"}')
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LIMITED = Limit(known=True, calls=10)
WIDE = Limit(known=True, calls=600)

#: by name: what is found, its verdict, and a piece of its sentence and of its advice
FOUND: dict[str, tuple[Finding, Verdict, str, str]] = {
    "a redirect": (
        service.public_url(URL, Heard(308), peers_are_elsewhere=True),
        Verdict.WRONG,
        "answers with a redirect (308)",
        "set LIVE_AGENTS_PUBLIC_URL to the final address",
    ),
    "an address of this machine": (
        service.public_url("http://127.0.0.1:8000", ALIVE, peers_are_elsewhere=True),
        Verdict.WRONG,
        "is an address that a peer elsewhere cannot reach",
        "set LIVE_AGENTS_PUBLIC_URL to the address by which",
    ),
    "nothing is encrypted": (
        service.public_url("http://bridge.example.org", ALIVE, peers_are_elsewhere=True),
        Verdict.DOUBTFUL,
        "is not encrypted",
        "a proxy with a certificate",
    ),
    "https": (service.public_url(URL, ALIVE, peers_are_elsewhere=True), Verdict.FINE, "answers at https://", ""),
    "another installation": (
        service.webhook(Heard(401), noted=False),
        Verdict.WRONG,
        "does not know this workspace, or its secret",
        "the same DATABASE_URL and LIVE_AGENTS_PUBLIC_URL as the service",
    ),
    "another database": (
        service.webhook(Heard(200), noted=False),
        Verdict.WRONG,
        "put it in another database",
        "the same DATABASE_URL",
    ),
    "a body that is a proxy's": (
        service.webhook(Heard(200, b"ok"), noted=True),
        Verdict.DOUBTFUL,
        "it answers 200 with a body, which is not ours",
        "pass answers on as they are",
    ),
    "no secret": (
        hook.secret(is_there=False, is_ours=False, is_newest=False, workspace="W"),
        Verdict.WRONG,
        "Rocket.Chat has no secret: its events are refused",
        "live-agents workspaces show W --secret",
    ),
    "an event that is missing, but not the words": (
        hook.events({*hook.WANTED} - {"on_close", "on_taken"}),
        Verdict.WRONG,
        "does not send Chat Close, Chat Taken: some of what happens is not told",
        "switch on Chat Close, Chat Taken",
    ),
    "no such setting": (hook.timeout(None), Verdict.NOT_CHECKED, "this release has no such setting", ""),
    "no headers": (
        limiting.messages(UNKNOWN, 3, None),
        Verdict.NOT_CHECKED,
        "no answer of Rocket.Chat's says",
        "--login-file",
    ),
    "a busy minute": (
        limiting.messages(LIMITED, 12, None),
        Verdict.WRONG,
        "the busiest minute had 12: the rest waits",
        "ten times the busiest minute",
    ),
    "nearly so": (limiting.messages(LIMITED, 6, 2), Verdict.DOUBTFUL, "the busiest minute had 6", "switch it off"),
    "few are expected": (limiting.messages(LIMITED, 1, 2), Verdict.FINE, "2 are expected", ""),
    "a wide limit": (limiting.messages(WIDE, 200, None), Verdict.FINE, "the busiest minute had 200", ""),
    "closed and nobody there": (
        desk.agents(online=False, is_open=False),
        Verdict.FINE,
        "the channel is closed at this hour",
        "",
    ),
    "a limit that is wide": (desk.visitor_length(640), Verdict.FINE, "takes 640 characters", ""),
    "any department": (desk.department("", []), Verdict.FINE, "for any department", ""),
    "a release of before": (releases.version("4.1.2"), Verdict.DOUBTFUL, "for ever", "upgrade Rocket.Chat"),
    "a release that is none": (releases.version("next"), Verdict.NOT_CHECKED, "what it calls its version is none", ""),
    "a newer release": (releases.version("8.8"), Verdict.FINE, "a login lifts its limiter", ""),
    "a date that is none": (
        clocks.clock(Check.CLOCK, "the service", "noon", NOW),
        Verdict.NOT_CHECKED,
        "no answer of the service says what time it is",
        "",
    ),
    "a clock ahead": (
        clocks.clock(Check.CLOCK_RAPIDPRO, "RapidPro", "Sun, 01 Mar 2026 12:00:45 GMT", NOW),
        Verdict.WRONG,
        "the clock of RapidPro is 45 s ahead of the database's",
        "by NTP",
    ),
    "an old Postgres": (database.version(130_011), Verdict.WRONG, "Postgres 13.11 is too old", "Postgres 14 or later"),
    "a large database": (
        database.size(120 * 1000**3),
        Verdict.DOUBTFUL,
        "the database has 120 GB",
        "keep words for less time",
    ),
    "a snapshot that pages": (
        database.snapshots(200),
        Verdict.WRONG,
        "held a snapshot of the database for 200 s",
        "pg_stat_activity",
    ),
    "an older schema": (
        database.schema("0001_initial", "0007_operators"),
        Verdict.WRONG,
        "the schema is older (0001_initial)",
        "live-agents migrate",
    ),
    "a rotation that is not finished": (
        database.keys(database.Sealed(count=2, looked_at=9)),
        Verdict.DOUBTFUL,
        "2 keys, and of 9 sealed values looked at, all are on the newest",
        "take the older keys out of LIVE_AGENTS_SECRET_KEYS",
    ),
    "a head that nobody takes": (
        database.deliveries(100, 3, ""),
        Verdict.WRONG,
        "what should have gone 100 s ago waits still; 3 wait",
        "see that a process delivers",
    ),
    "a channel of another kind": (
        rapidpro.api_channel("uuid", "whatsapp"),
        Verdict.WRONG,
        "is no External API channel, but of the type whatsapp",
        "--rapidpro-channel UUID",
    ),
    "hidden addresses": (
        rapidpro.api_token(Token("Help", anonymous=True), needed=True),
        Verdict.FINE,
        "opens the RapidPro workspace Help, which shows nobody's addresses",
        "",
    ),
    "no token, and none needed": (
        rapidpro.api_token(None, needed=False),
        Verdict.NOT_CHECKED,
        "has no token for RapidPro's API, and needs none",
        "--rapidpro-token-file FILE",
    ),
    "a busy hour": (
        rapidpro.api_throttle(Token("Help"), 2000),
        Verdict.DOUBTFUL,
        "the busiest hour had 2000 replies",
        "LIVE_AGENTS_RAPIDPRO_RATE",
    ),
    "a channel of which nobody knows whether it sends": (
        rapidpro.roles(set_up="b", via_api=False, routes=Routes(3, 2, can_send=False)),
        Verdict.NOT_CHECKED,
        "RapidPro's API does not tell roles",
        "has no Send role in RapidPro",
    ),
    "words without a receipt": (
        trying.to_agent(Followed("id", arrived=True, reason="ReportStatus is waiting (channel_not_found)")),
        Verdict.WRONG,
        "RapidPro was not told: ReportStatus is waiting (channel_not_found)",
        "`live-agents trace id`",
    ),
    "words that were not taken": (
        trying.to_agent(Followed(reason="the service did not take it: it answered 503")),
        Verdict.WRONG,
        "did not reach Rocket.Chat: the service did not take it: it answered 503",
        "the service's log",
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_fact_is_judged(name: str) -> None:
    found, verdict, said, advice = FOUND[name]
    assert found.verdict is verdict
    assert said in found.said
    assert advice in found.advice
    assert bool(found.advice) == bool(advice)


def test_what_is_wrong_or_doubtful_comes_with_what_to_do() -> None:
    for found, verdict, _, _ in FOUND.values():
        assert found.advice or verdict in {Verdict.FINE, Verdict.NOT_CHECKED}


@pytest.mark.parametrize(
    ("limit", "version", "seen", "rooms"),
    [
        (LIMITED, (6, 11), UNKNOWN, LIMITED),
        (WIDE, (6, 12), UNKNOWN, Limit(known=True, calls=5)),
        (WIDE, (7, 11), WIDE, WIDE),
        (Limit(known=True), (7, 11), UNKNOWN, Limit(known=True)),
        (UNKNOWN, (7, 11), UNKNOWN, UNKNOWN),
    ],
)
def test_rooms_have_a_limit_of_their_own_from_a_release_on(
    limit: Limit, version: tuple[int, ...], seen: Limit, rooms: Limit
) -> None:
    assert limiting.of_rooms(limit, version, seen) == rooms


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://10.1.2.3", True),
        ("http://localhost", True),
        ("http://rocketchat:3000", True),
        ("http://chat.internal", True),
        ("https://chat.example.org", False),
        ("https://[2606:4700::1]/", False),
    ],
)
def test_what_an_address_says_of_itself(url: str, private: bool) -> None:
    assert service.is_private(url) is private


@pytest.mark.parametrize(
    ("text", "number"), [("7.10.4", (7, 10, 4)), ("7.10", (7, 10)), ("8.0.0-rc.1", (8, 0, 0)), ("", None)]
)
def test_a_version_is_read(text: str, number: tuple[int, ...] | None) -> None:
    assert releases.read(text) == number


def test_only_what_is_wrong_is_not_all_right_unless_all_is_wanted() -> None:
    doubtful = database.snapshots(20)
    assert is_all_right([doubtful])
    assert not is_all_right([doubtful], strict=True)
    assert not is_all_right([database.snapshots(200)])


@pytest.mark.parametrize(
    ("on", "calls", "milliseconds", "limit"),
    [
        (False, 10, 60_000, Limit(known=True)),
        (True, 10, 60_000, LIMITED),
        (True, 10, 1_000, WIDE),
        (True, None, 60_000, UNKNOWN),
        (None, 10, 0, UNKNOWN),
    ],
)
def test_settings_say_the_limit(on: object, calls: object, milliseconds: object, limit: Limit) -> None:
    assert limiting.by_settings(on=on, calls=calls, milliseconds=milliseconds) == limit


def test_an_answer_without_a_limit_says_so_up_to_a_release() -> None:
    free = Limit(known=True)
    assert [limiting.by_answers(free, version) for version in ((6, 13), (7, 0))] == [free, UNKNOWN]
    assert limiting.by_answers(LIMITED, (8,)) == LIMITED
