"""`docs/doctor.md` names each check once, in its order, and each verdict."""

from channel.core.checks.finding import Check, Verdict
from tests.test_docs import section, table, text

HEAD = ("check", "what is looked at", "what it can say, and what to do")


def test_every_check_is_described() -> None:
    rows = [line.split(" | ")[0].strip("| `") for line in text("doctor.md").splitlines() if line.startswith("| `")]
    assert [row for row in rows if row in set(Check)] == [check.value for check in _told()]


def _told() -> list[Check]:
    """By whom they are about; within that, as they are told."""
    hook = {Check.WEBHOOK, Check.ANSWER_TIME}
    between = [each for each in Check if each in hook or (each.value.startswith("webhook_"))]
    first = list(Check)[: list(Check).index(Check.WEBHOOK)]
    return [*first, *between, *(each for each in Check if each not in {*first, *between})]


def test_every_verdict_is_described() -> None:
    rows = table("doctor.md", "verdict", "means", "exit code")
    assert {row[0].split(" ")[0].strip("`") for row in rows} == {verdict.value for verdict in Verdict}


def test_its_tables_have_one_head() -> None:
    for heading in ("Here", "Between Rocket.Chat and us", "Rocket.Chat", "RapidPro", "A test message"):
        assert f"| {' | '.join(HEAD)} |" in section("doctor.md", heading)
