"""The documents say what the code says, and what they name is there."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from channel import metrics
from channel.cli.main import app
from channel.core.conversation import State
from channel.core.decision import End
from channel.core.events import Timer
from channel.core.life import IGNORED, TRANSITIONS
from channel.core.limits import RETRY_WAITS
from channel.core.owed import Lane, Owed, Status
from channel.sandbox.__main__ import arguments
from channel.sandbox.page.switches import CHOICES, NAMES
from channel.settings import Settings
from tests.test_house import EVERYTHING, HOUSE

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("**/*.md")])

#: the columns of the table of lanes
LANES = ("lane", "to", "what is in it, in this order")

Row = tuple[str, ...]

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_VERB = re.compile(r"(?<![\w/-])(?:[\w./]*/)?live-agents ([a-z]+)(?: ([a-z]+))?")
_TARGET = re.compile(r"^(?:\$ )?make ([a-z][\w-]*)", re.MULTILINE)


def text(page: str) -> str:
    return (DOCS / page).read_text()


def table(page: str, *head: str) -> list[Row]:
    """The one table of a page with these column names."""
    _, mark, rest = text(page).partition(f"| {' | '.join(head)} |\n")
    assert mark, f"{page} has no table of {head}"
    lines = rest.partition("\n\n")[0].splitlines()[1:]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


def section(page: str, heading: str) -> str:
    _, mark, rest = text(page).partition(f"\n## {heading}\n")
    assert mark, f"{page} has no section {heading}"
    return rest.partition("\n## ")[0]


def code(page: Path) -> Iterator[str]:
    """What a page shows as code."""
    said = page.read_text()
    yield from _FENCE.findall(said)
    yield from _SPAN.findall(_FENCE.sub("", said))


def as_code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def test_every_setting_is_described_as_the_code_has_it() -> None:
    said = [(f"`{_variable(name)}`", _default(f.default), f.description) for name, f in Settings.model_fields.items()]
    assert table("settings.md", "variable", "default", "meaning") == said


def _variable(name: str) -> str:
    return "DATABASE_URL" if name == "database_url" else f"LIVE_AGENTS_{name.upper()}"


def _default(value: Any) -> str:
    if value in (None, "", ()):
        return "unset"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def test_who_may_import_whom_is_what_the_house_says() -> None:
    said = [
        (f"`{name}`", "everything" if room.ours == EVERYTHING else as_code(room.ours), as_code(room.outside))
        for name, room in HOUSE.items()
    ]
    assert table("architecture.md", "module", "of ours", "from outside") == said


def test_the_diagram_is_the_machine() -> None:
    drawn = re.findall(r"^ +(\w+) --> (\w+): (.+)$", text("architecture.md"), re.MULTILINE)
    assert drawn == [(before.value, after.value, turn.value) for (before, turn), after in TRANSITIONS.items()]


def test_ignored_turns_are_named_with_their_reason() -> None:
    said = [(f"`{state}`", turn.value, why) for (state, turn), why in IGNORED.items()]
    assert table("architecture.md", "state", "turn", "why") == said


def test_every_timer_is_described() -> None:
    assert [row[0] for row in table("architecture.md", "timer", "set", "when it comes")] == [
        f"`{why}`" for why in Timer
    ]


@pytest.mark.parametrize(
    ("heading", "values"),
    [("States of a conversation", State), ("Lanes", Lane), ("Statuses", Status), ("How a delivery is left", End)],
)
def test_the_glossary_knows_what_the_core_knows(heading: str, values: type[StrEnum]) -> None:
    named = re.findall(r"^\| `(\w+)` \|", section("glossary.md", heading), re.MULTILINE)
    assert named == [value.value for value in values]


def test_an_operator_reads_of_every_lane() -> None:
    assert [row[0] for row in table("operations.md", *LANES)] == [f"`{lane}`" for lane in Lane]


def test_an_operator_reads_of_everything_that_can_be_owed() -> None:
    named = {word for row in table("operations.md", *LANES) for word in re.findall(r"`([A-Z]\w+)`", row[2])}
    assert named == {kind.__name__ for kind in get_args(Owed)}


def test_an_operator_reads_of_every_table() -> None:
    made = {
        found for path in (ROOT / "models").glob("*.py") for found in re.findall(r'table = "(\w+)"', path.read_text())
    }
    assert {row[0].strip("`") for row in table("operations.md", "table", "a row is", "worth knowing")} == made


def test_the_console_says_of_every_reason_what_operations_says() -> None:
    said = tomllib.loads((ROOT / "channel/console/reasons.toml").read_text())
    dead = [f"Towards {name}" for name in ("Rocket.Chat", "RapidPro")]
    for heading, name in (*zip(dead, ("rocketchat", "rapidpro"), strict=True), ("Either way", "either")):
        _, _, rest = text("operations.md").partition(f"### {heading}\n\n")
        assert said["dead"][name] == {
            code: [_plain(means), _plain(to_do)] for code, means, to_do in _by_code(rest.partition("\n\n")[0])
        }
    for name, head in (
        ("discarded", ("reason", "it means")),
        ("message", ("reason of a message", "it means")),
        ("event", ("reason of an event", "it means")),
    ):
        rows = table("operations.md", *head)
        assert said[name] == {code: _plain(row[1]) for row in rows for code in _SPAN.findall(row[0])}


def _by_code(table: str) -> Iterator[tuple[str, str, str]]:
    for line in table.splitlines()[2:]:
        codes, means, to_do = (cell.strip() for cell in line.strip("|").split("|"))
        yield from ((code, means, to_do) for code in _SPAN.findall(codes))


def _plain(cell: str) -> str:
    """As a page has it that is no Markdown."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell).translate({ord(mark): None for mark in "`*"})


def test_the_retry_schedule_is_the_one_there_is() -> None:
    assert section("operations.md", "Retries").count(f"| longest wait, seconds | {_waits()} |") == 1


def _waits() -> str:
    return " | ".join(f"{seconds:g}" for seconds in RETRY_WAITS)


def test_every_metric_is_described() -> None:
    assert {row[:2] for row in table("operations.md", "metric", "labels", "what")} == set(_measured())


def _measured() -> Iterator[Row]:
    """The name and the labels of every metric."""
    for each in vars(metrics).values():
        if isinstance(each, MetricWrapperBase):
            name = f"{each._name}{'_total' if isinstance(each, Counter) else ''}"
            yield f"`{name}`", as_code(each._labelnames)


def test_every_event_in_the_log_is_described_with_its_fields() -> None:
    said = {
        (row[0].strip("`"), tuple(re.findall(r"`(\w+)`", row[1])))
        for row in table("operations.md", "event", "fields", "it means")
    }
    assert said == set(_logged())


def _logged() -> Iterator[tuple[str, Row]]:
    """The name and the fields of every call of the log."""
    for path in (ROOT / "channel").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(ast.Attribute(ast.Name("log")), [ast.Constant(str(name))], fields):
                    yield name, tuple(each.arg for each in fields if each.arg and each.arg != "exc_info")


def test_everything_that_can_be_broken_on_the_demos_page_is_described() -> None:
    broken = [(NAMES[name], label) for name, choices in CHOICES.items() for label in list(choices.values())[1:]]
    assert [row[:2] for row in table("demo.md", "switch", "it", "what Live Agents does")] == broken


def test_how_the_simulated_peers_are_started_is_described() -> None:
    options = {
        each.option_strings[0]: f"`{each.default}`" if each.default else ""
        for each in arguments()._actions
        if each.dest != "help"
    }
    assert {row[0].strip("`"): row[1] for row in table("demo.md", "option", "default", "what for")} == options


@pytest.mark.parametrize("picture", sorted((DOCS / "pictures").iterdir()), ids=lambda picture: picture.name)
def test_every_picture_is_small_and_shown(picture: Path) -> None:
    assert picture.stat().st_size < 150_000
    assert any(f"pictures/{picture.name})" in page.read_text() for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", page.read_text())):
        if "://" in link:
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name} links to {link}"
        assert not heading or heading in _anchors(target), f"{page.name} links to {link}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_verb_that_is_named_can_be_run(page: Path) -> None:
    verbs: Any = typer.main.get_command(app())
    for verb, further in (found for piece in code(page) for found in _VERB.findall(piece)):
        assert verb in verbs.commands, f"{page.name} names live-agents {verb}"
        below = getattr(verbs.commands[verb], "commands", None)
        assert below is None or not further or further in below, f"{page.name} names live-agents {verb} {further}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_target_that_is_named_can_be_made(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for piece in code(page) for target in _TARGET.findall(piece)}
    assert named <= targets
