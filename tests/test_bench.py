"""The benchmark says so when there is nothing to be measured, and judges what there is."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import Result, options_of
from benchmarks.figures import Figure, Options
from benchmarks.measure import check_kept, judge
from benchmarks.records import Came, Sent
from benchmarks.report import BEGINS, ENDS, filled
from benchmarks.small import fallen
from benchmarks.stage import Lost, Stage, Target
from tests import processes

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "everything"], "invalid choice: 'everything'"),
        (["--seconds", "0"], "is no number above 0"),
        (["--seconds", "ten"], "invalid _positive value: 'ten'"),
        (["--pairs", "-1"], "is no whole number above 0"),
        (["--conversations", "10001"], "at most 10,000"),
        (["--json", "/nowhere/at/all.json"], "there is no directory"),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_a_wrong_option_is_named(arguments: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        options_of(arguments)
    assert said in str(ended.value)


def test_a_wrong_option_prints_no_figure_and_ends_with_an_error() -> None:
    command = [sys.executable, "-m", "benchmarks", "--fast"]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "unrecognized arguments: --fast; no figure is printed" in ended.stderr


def sent(*rows: tuple[int, int, float, float]) -> Sent:
    conversations, numbers, began, answered = ([row[n] for row in rows] for n in range(4))
    return Sent(
        [int(n) for n in conversations],
        [int(n) for n in numbers],
        began,
        began,
        answered,
        [200 if at else 503 for at in answered],
        {},
        0.0,
    )


def came(*rows: tuple[int, int, float]) -> Came:
    return Came([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], [], [], [])


TWO = ((0, 0, 1.0, 1.1), (0, 1, 1.2, 1.3))


@pytest.mark.parametrize(
    ("arrived", "holds"),
    [
        (came((0, 0, 2.0), (0, 1, 2.1)), True),
        (came((0, 1, 2.0), (0, 0, 2.1)), False),
        (came((0, 0, 2.0)), False),
        (came((0, 0, 2.0), (0, 1, 2.1), (0, 1, 2.2)), False),
        (came((0, 0, 2.0), (0, 1, 2.1), (1, 0, 2.2)), False),
    ],
    ids=["right", "out of order", "lost", "twice", "invented"],
)
def test_what_did_not_arrive_once_and_in_order_is_no_figure(arrived: Came, holds: bool) -> None:
    assert judge(sent(*TWO), arrived).holds is holds


def test_a_ratio_may_fall_by_a_fifth_and_not_by_more() -> None:
    baseline = {"to_agent": 0.5, "to_contact": 0.5}
    assert fallen({"to_agent": [0.3, 0.41, 0.9], "to_contact": [0.5]}, baseline) == []
    assert fallen({"to_agent": [0.3, 0.39, 0.9], "to_contact": [0.5]}, baseline) == [
        "contact to agent: 0.390, and 0.500 is the baseline"
    ]


def test_the_page_gets_its_figures_and_keeps_the_words_around_them() -> None:
    figure = Figure("throughput", "contact to agent", "0.95 of the relay", "10 accepted, lost 0", "at least 0.9", True)
    result = Result("x86_64", 2, 0.1, Options(), [figure], ["latency: the peers have gone"])
    page = filled(f"before\n{BEGINS}\nold\n{ENDS}\nbehind\n", result)
    assert page.startswith("before\n")
    assert page.endswith("behind\n")
    assert "old" not in page
    assert "| throughput, contact to agent: at least 0.9 | 0.95 of the relay | yes |" in page
    assert "No figure: latency: the peers have gone." in page


async def test_peers_that_have_gone_are_said_and_no_figure_is(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "", 0, peers=processes.free_port(), peers_pid=0)
    with pytest.raises(Lost, match="the peers have gone"):
        await stage.ask("/bench/report")


async def test_a_load_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """Nobody listens where it is to go."""
    stage = Stage(tmp_path, "", 0, peers=processes.free_port(), peers_pid=0)
    job = stage.job(Target("nobody", [processes.free_port()], []), "to_agent", connections=1, seconds=0.1)
    with pytest.raises(Lost, match="the load failed: ConnectionRefusedError"):
        await stage.load(job)


def test_a_load_that_came_late_is_no_figure() -> None:
    target = Target("bridge", [], [])
    check_kept(target, sent(*TWO), rate=2, seconds=1)
    with pytest.raises(Lost, match="the load was not kept: 2 of 3 messages/s"):
        check_kept(target, sent(*TWO), rate=3, seconds=1)
    with pytest.raises(Lost, match="the load was not kept: 1 of 2 messages/s"):
        check_kept(target, sent(TWO[0], (0, 1, 1.2, 5.0)), rate=2, seconds=1)
