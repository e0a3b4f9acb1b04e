"""For each alert, series that break what it watches: `python -m tests.k8s.alarms DIRECTORY` writes them for promtool.

A fault begins after a minute. Samples are 10 seconds apart.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.k8s import monitoring
from tests.k8s.overlays import overlay
from tests.k8s.rendering import Object, rendered

INTERVAL: Final = "10s"
FAULT: Final = 60
#: so soon after a fault is over, its alert is
CLEARED_SECONDS: Final = 300

#: a minute in which all is well
WELL: Final = "0x5"
ROCKETCHAT: Final = 'live_agents_accept_seconds_bucket{namespace="a", pod="p", route="webhook", le='


@dataclass(frozen=True, slots=True)
class Case:
    """Times are seconds from the beginning."""

    series: dict[str, str]
    not_yet: int  #: the fault is there, and does not count as one
    fires: int
    ends: int  #: the fault is over
    labels: dict[str, str]


def gauge(name: str, **labels: str) -> str:
    told = {"namespace": "a", "pod": "p", **labels}
    said = ", ".join(f'{key}="{value}"' for key, value in told.items())
    return f"live_agents_{name}{{{said}}}"


def counter(name: str, values: str, *, not_yet: int, fires: int, ends: int, **labels: str) -> Case:
    return Case({gauge(f"{name}_total", **labels): values}, not_yet, fires, ends, {"namespace": "a"})


A = {"namespace": "a"}
CASES: Final[dict[str, Case]] = {
    "LiveAgentsHeadOld": Case(
        # a process that knows no better does not hide it
        {
            gauge("lane_head_age_seconds"): f"{WELL} 10+10x19 0x40",
            gauge("lane_head_age_seconds", pod="new"): " ".join(["NaN"] * 60),
        },
        not_yet=140,
        fires=170,
        ends=260,
        labels=A,
    ),
    "LiveAgentsDeadLetters": Case(
        # there were some, a process begins to look, one is replayed: none of that is new
        {
            gauge("dead_letters"): "17x2 16x2 17x10 17x40",
            gauge("dead_letters", pod="new"): "NaN NaN NaN 16x2 17x10 17x40",
        },
        not_yet=50,
        fires=70,
        ends=70,
        labels=A,
    ),
    "LiveAgentsBreakerOpen": Case(
        {
            gauge("breaker_state", dest="rocketchat"): f"{WELL} 2x20 1x1 0x40",
            gauge("breaker_state", dest="rapidpro"): "0x60",
        },
        not_yet=110,
        fires=150,
        ends=270,
        labels={**A, "dest": "rocketchat"},
    ),
    "LiveAgentsSnapshotOld": Case(
        {gauge("xmin_age_seconds"): f"{WELL} 10+10x19 0x40"}, not_yet=140, fires=170, ends=260, labels=A
    ),
    "LiveAgentsAcceptSlow": Case(
        {
            f'{ROCKETCHAT}"2"}}': "0+10x5 60+9x20 240+10x40",
            f'{ROCKETCHAT}"3"}}': "0+10x5 60+9x20 240+10x40",
            f'{ROCKETCHAT}"4"}}': "0+10x5 60+10x20 261+10x40",
            f'{ROCKETCHAT}"+Inf"}}': "0+10x5 60+10x20 261+10x40",
        },
        not_yet=60,
        fires=120,
        ends=280,
        labels=A,
    ),
    "LiveAgentsDatabaseAway": Case(
        {gauge("db_up"): "1x5 0x20 1x40", gauge("db_up", pod="other"): "1x60"},
        not_yet=110,
        fires=140,
        ends=270,
        labels=A,
    ),
    "LiveAgentsSilent": Case({gauge("db_up"): "1x5 _x100 1x40"}, not_yet=350, fires=680, ends=1070, labels={}),
    "LiveAgentsDuplicates": counter("duplicates", "0x5 0+20x100 2000x40", not_yet=600, fires=800, ends=1070),
    "LiveAgentsAmbiguous": counter("ambiguous", "0x5 1x50", not_yet=50, fires=80, ends=60),
    "LiveAgentsConflicts": counter("conflict", "0x5 1x50", not_yet=50, fires=80, ends=60),
    "LiveAgentsLeasesLost": counter("lease_lost", "0x5 0+1x20 20x40", not_yet=70, fires=180, ends=270),
    "LiveAgentsAuthFailures": counter(
        "auth_failures", "0x5 0+5x20 100x40", not_yet=80, fires=180, ends=270, reason="wrong"
    ),
}


def promtool(objects: list[Object]) -> tuple[Object, Object]:
    """The rules and the tests of them, as promtool reads them."""
    rules = {each["alert"]: each for each in monitoring.alerts(objects)}
    tests = [_test(rules[alert], case) for alert, case in CASES.items() if alert in rules]
    told = {"rule_files": ["rules.yaml"], "evaluation_interval": INTERVAL, "tests": tests}
    return {"groups": list(monitoring.groups(objects))}, told


def _test(rule: Object, case: Case) -> Object:
    fired = {"exp_labels": {**rule["labels"], **case.labels}, "exp_annotations": rule["annotations"]}
    times: list[tuple[int, list[Any]]] = [(case.not_yet, []), (case.fires, [fired]), (case.ends + CLEARED_SECONDS, [])]
    return {
        "name": rule["alert"],
        "interval": INTERVAL,
        "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
        "alert_rule_test": [
            {"eval_time": f"{at}s", "alertname": rule["alert"], "exp_alerts": expected} for at, expected in times
        ],
    }


def write(objects: list[Object], directory: Path) -> Path:
    """Both files; returns that of the tests."""
    rules, tests = promtool(objects)
    (directory / "rules.yaml").write_text(yaml.safe_dump(rules, sort_keys=False))
    (directory / "tests.yaml").write_text(yaml.safe_dump(tests, sort_keys=False))
    return directory / "tests.yaml"


if __name__ == "__main__":
    print(write(rendered(overlay("monitoring")), Path(sys.argv[1])))
