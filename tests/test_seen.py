"""What docs/security.md says is seen of each attempt and each fault is measured, and the alerts are there."""

import re
from typing import Final

from tests.faults.report import FAULTS
from tests.k8s import monitoring
from tests.k8s.overlays import overlay
from tests.k8s.rendering import rendered
from tests.test_docs import table

ROWS: Final = table("security.md", "row", "what", "shown by", "alert")
NO_METRIC: Final = "no metric: "


def test_each_attempt_and_each_fault_has_a_row() -> None:
    attempts = [f"S{number}" for number in range(1, 13)]
    assert [row for row, *_ in ROWS] == [*attempts, *(name for name in FAULTS if name != "all")]


def test_each_is_shown_by_a_metric_that_is_measured_or_it_is_said_why_by_none() -> None:
    # a histogram is called by what it is of
    measured = {re.sub(r"_(bucket|sum|count)$", "", name.removeprefix("live_agents_")) for name in monitoring.series()}
    for row, _, shown, _ in ROWS:
        named = re.findall(r"`(\w+_(?:total|seconds|up|state|letters)|backlog)`", shown)
        assert bool(named) != shown.startswith(NO_METRIC), row
        assert set(named) <= measured, row


def test_no_value_of_a_label_is_named_that_there_is_not() -> None:
    """What an attempt comes to, why something is ignored."""
    outcomes = {"done", "unavailable", "ambiguous", "waiting", "rejected", "refused", "roomgone", "visitorgone"}
    for _, _, shown, _ in ROWS:
        assert set(re.findall(r"`attempts_total` with `(\w+)`", shown)) <= outcomes
        assert set(re.findall(r"`ignored_total` with `(\w+)`", shown)) <= {"foreign_room", "unreadable", "forgotten"}


def test_each_alert_is_one_of_ours_and_each_of_ours_is_named() -> None:
    ours = {rule["alert"] for rule in monitoring.alerts(rendered(overlay("monitoring")))}
    named = {alert for *_, said in ROWS for alert in re.findall(r"`(LiveAgents\w+)`", said)}
    assert named == ours
    assert all(said.startswith(("none", "`LiveAgents")) for *_, said in ROWS)
