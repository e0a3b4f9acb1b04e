"""How long a row of the table is run, and where its figures go."""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil, inf
from pathlib import Path
from time import monotonic
from typing import TypeVar

from tests.faults.records import Answer
from tests.faults.rig import Rig
from tests.faults.verifier import Verdict

T = TypeVar("T")

#: `long` or `short` for `make faults`, else it is a sample for `make test`
FORM = "FAULTS"
#: the directory for the figures, and the seed to play again
REPORT, SEED = "FAULTS_REPORT", "FAULTS_SEED"


def pick(*, short: T, long: T, sample: T | None = None) -> T:
    """What this form takes; a sample takes what the short form does, unless told."""
    form = os.environ.get(FORM)
    if form == "long":
        return long
    return short if form or sample is None else sample


def a_seed() -> int:
    """The one that is to be played again, or a new one. It is printed, and shown when a test fails."""
    seed = int(os.environ.get(SEED) or random.randrange(10**6))
    print(f"seed {seed}: play it again with {SEED}={seed}")
    return seed


@dataclass
class Row:
    """One line of the table: what was run, and what was measured."""

    name: str
    ran: str
    seed: int
    figures: dict[str, str] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)  #: what took longer than passes
    held: bool = False
    why: str = ""
    seconds: float = 0.0
    form: str = field(default_factory=lambda: os.environ.get(FORM, "sample"))
    load: float = field(default_factory=lambda: os.getloadavg()[1])  #: of the machine, when it began

    def note(self, what: str, seconds: float) -> None:
        self.figures[what] = f"{seconds:.2f} s"

    def within(self, what: str, seconds: float, limit: float) -> None:
        """Note how long it took, and fail if that is too long.

        The short form shares its cores with other tests, and is given three times as long; it would still notice
        what waits for something that never comes.
        """
        self.figures[what] = f"{seconds:.2f} s of {limit:g} s"
        if seconds > limit:
            self.late.append(what)
        assert seconds <= pick(short=3 * limit, long=limit), f"{what}: {seconds:.2f} s, at most {limit:g} s pass"

    def measured(self, what: str, seconds: float, limit: float) -> None:
        """The same of what a busy machine makes many times as long: only the long form, which has it alone, fails."""
        self.figures[what] = f"{seconds:.3f} s of {limit:g} s"
        if seconds > limit:
            self.late.append(what)
        assert seconds <= pick(short=inf, long=limit), f"{what}: {seconds:.3f} s, at most {limit:g} s pass"

    def answers(self, answers: Sequence[Answer]) -> None:
        """How requests to us were answered, by status, and how soon; fail for any but 200, 503, and hardly none."""
        counted = Counter("no answer" if a.status is None else str(a.status) for a in answers)
        self.figures["answers"] = ", ".join(f"{count} × {status}" for status, count in sorted(counted.items()))
        accepted = [a.seconds for a in answers if a.status == HTTPStatus.OK]
        self.figures["200 within"] = f"p99 {percentile(accepted, 99):.2f} s, at most {max(accepted):.2f} s"
        self.note("slowest answer", max(a.seconds for a in answers))
        assert set(counted) <= {"200", "503", "no answer"}
        # a machine that is busy with other tests may keep somebody waiting
        assert counted["no answer"] <= pick(short=len(answers) // 50, long=0)

    def judge(self, rig: Rig) -> tuple[Verdict, Verdict]:
        """Print the verdict on both directions, note it, and fail unless it holds."""
        verdicts = rig.verdicts()
        for direction, verdict in zip(("to agents", "to contacts"), verdicts, strict=True):
            print(f"{self.name} {direction}: {verdict}")
            self.figures[direction] = (
                f"{verdict.accepted} accepted, lost {len(verdict.lost)}, unexpected {len(verdict.unexpected)}, "
                f"duplicated {len(verdict.duplicated)}, reordered {len(verdict.reordered)}"
            )
        assert verdicts[0].accepted and verdicts[1].accepted, "nothing was said"
        assert all(verdict.holds for verdict in verdicts), "the verdict does not hold: see above"
        return verdicts


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that so many percent of them do not exceed."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


@contextmanager
def row(name: str, ran: str, seed: int) -> Iterator[Row]:
    """A row while it runs; its figures are kept, however it ends."""
    found = Row(name, ran, seed)
    began = monotonic()
    try:
        yield found
        found.held = True
    except BaseException as error:
        found.why = (str(error) or type(error).__name__).splitlines()[0]
        raise
    finally:
        found.seconds = monotonic() - began
        print(found.name, found.ran, found.figures)
        if directory := os.environ.get(REPORT):
            test = os.environ.get("PYTEST_CURRENT_TEST", name).partition("::")[2].partition(" ")[0]
            path = Path(directory) / f"{name}-{''.join(c if c.isalnum() else '_' for c in test)}.json"
            path.write_text(json.dumps(vars(found)))
