"""We are watched rightly: what is asked is measured, and each alert fires in time, ends, and says what to do."""

import copy
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.k8s import alarms, monitoring
from tests.k8s.overlays import overlay
from tests.k8s.rendering import Object, rendered
from tests.k8s.test_manifests import complaints
from tests.k8s.test_wrong_manifests import GONE, put

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def wrong(objects: list[Object]) -> Iterator[str]:
    yield from complaints(objects)
    yield from monitoring.expressions(objects)
    yield from monitoring.runbooks(objects, headings())
    yield from monitoring.times(objects)
    yield from monitoring.scraping(objects)


def headings() -> set[str]:
    return {heading.lower() for heading in re.findall(r"^### (\w+)$", OPERATIONS.read_text(), re.MULTILINE)}


@pytest.fixture
def objects() -> list[Object]:
    return copy.deepcopy(rendered(overlay("overlays/production")) + rendered(overlay("monitoring")))


def test_nothing_is_wrong_with_how_we_are_watched(objects: list[Object]) -> None:
    assert list(wrong(objects)) == []


RULES, MONITOR, BOARD = "PrometheusRule/live-agents", "ServiceMonitor/live-agents", "ConfigMap/live-agents-dashboard"
FIRST = "spec.groups.0.rules.0"
WRONG: dict[str, tuple[str, str, Any, str]] = {
    "a metric that is none": (
        RULES,
        f"{FIRST}.expr",
        "live_agents_head_age > 90",
        "live_agents_head_age, which nobody",
    ),
    "somebody else's": (RULES, f"{FIRST}.expr", "up == 0", "asks for nothing of ours"),
    "a label that is none": (
        RULES,
        f"{FIRST}.expr",
        "max by (dest) (live_agents_lane_head_age_seconds) > 90",
        "LiveAgentsHeadOld tells apart by dest",
    ),
    "a match that is none": (
        RULES,
        f"{FIRST}.expr",
        'sum(live_agents_accept_total{path="/send"}) > 90',
        "LiveAgentsHeadOld tells apart by path",
    ),
    "no severity": (RULES, f"{FIRST}.labels", {}, "does not say how urgent it is"),
    "no summary": (RULES, f"{FIRST}.annotations.summary", GONE, "does not say what has happened"),
    "no runbook": (RULES, f"{FIRST}.annotations.runbook", GONE, "leads to no heading"),
    "a heading that is none": (RULES, f"{FIRST}.annotations.runbook", "docs/operations.md#help", "to no heading"),
    "another's heading": (
        RULES,
        f"{FIRST}.annotations.runbook",
        "docs/operations.md#liveagentssilent",
        "leads to the heading of another",
    ),
    "two of one name": (RULES, f"{FIRST}.alert", "LiveAgentsSilent", "LiveAgentsSilent is there twice"),
    "a page that comes late": (RULES, f"{FIRST}.for", "1m", "LiveAgentsHeadOld takes 176 s"),
    "a slow scrape": (MONITOR, "spec.endpoints.0.interval", "30s", "LiveAgentsHeadOld takes 136 s"),
    "a slow rule": (RULES, "spec.groups.0.interval", "1m", "LiveAgentsHeadOld takes 166 s"),
    "no Service": (MONITOR, "spec.selector.matchLabels:app.kubernetes.io/name", "x", "nobody scrapes live-agents-edge"),
    "another path": (MONITOR, "spec.endpoints.0.path", "/healthz", "/healthz is not where metrics are"),
    "another port": (MONITOR, "spec.endpoints.0.port", "http", "nobody scrapes live-agents-deliver"),
    "the public port": (
        "Service/live-agents-edge-metrics",
        "spec.ports.0.targetPort",
        "public",
        "nobody scrapes live-agents-edge",
    ),
    "open to the outside": ("Service/live-agents-edge-metrics", "spec.type", "NodePort", "is open to the outside"),
    "a panel of nothing": (
        BOARD,
        "data:dashboard.json",
        '{"panels": [{"title": "x", "targets": [{"expr": "live_agents_x"}]}]}',
        "x asks for live_agents_x, which nobody measures",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said(case: str, objects: list[Object]) -> None:
    whose, where, value, complaint = WRONG[case]
    put(objects, whose, where, value)
    said = list(wrong(objects))
    assert any(complaint in each for each in said), said


def test_each_alert_has_a_case_and_each_case_an_alert(objects: list[Object]) -> None:
    assert set(alarms.CASES) == {rule["alert"] for rule in monitoring.alerts(objects)}


def test_each_case_asks_what_its_alert_asks(objects: list[Object]) -> None:
    for rule in monitoring.alerts(objects):
        named = {series.partition("{")[0] for series in alarms.CASES[rule["alert"]].series}
        assert named == set(re.findall(r"\blive_agents_\w+", rule["expr"]))


def test_what_pages_is_to_fire_within_two_minutes(objects: list[Object]) -> None:
    paged = [r["alert"] for r in monitoring.alerts(objects) if r["labels"]["severity"] == "page"]
    assert len(paged) == 6
    for alert in paged:
        assert alarms.CASES[alert].fires - alarms.FAULT <= monitoring.PAGED_SECONDS


def test_each_alert_fires_in_time_and_ends(objects: list[Object], tmp_path: Path) -> None:
    checked = _promtool("test", "rules", alarms.write(objects, tmp_path).name, at=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_promtool_notices_an_alert_that_does_not_fire(objects: list[Object], tmp_path: Path) -> None:
    put(objects, RULES, f"{FIRST}.expr", "max by (namespace) (live_agents_lane_head_age_seconds) > 900")
    checked = _promtool("test", "rules", alarms.write(objects, tmp_path).name, at=tmp_path)
    assert checked.returncode != 0
    assert "LiveAgentsHeadOld" in checked.stdout + checked.stderr


def test_promtool_finds_nothing_wrong_with_the_rules(objects: list[Object], tmp_path: Path) -> None:
    alarms.write(objects, tmp_path)
    checked = _promtool("check", "rules", "rules.yaml", at=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _promtool(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("there is no promtool here; on Debian: apt-get install -y prometheus")
    return subprocess.run([found, *arguments], cwd=at, capture_output=True, text=True, check=False)
