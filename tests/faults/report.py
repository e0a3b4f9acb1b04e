"""The table of `make faults`: a line for each of R1 to R24, from the figures that the rows left behind."""

import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

#: what is to be endured, in the order of the table
FAULTS = {
    "R1": "a replica is killed again and again",
    "R2": "a replica is killed at every named point",
    "R3": "rolling restart",
    "R4": "Postgres is restarted",
    "R5": "Postgres is away for long",
    "R6": "it happened and then timed out, at the database and at both peers",
    "R7": "lines go dead without a word",
    "R8": "Postgres fails over to a standby",
    "R9": "Rocket.Chat answers 5xx for a day",
    "R10": "Rocket.Chat hangs or trickles",
    "R11": "Rocket.Chat's limiter",
    "R12": "rooms close under queued words",
    "R13": "RapidPro is away, and flaps",
    "R14": "all of us are away",
    "R15": "webhooks and sends are repeated, however late",
    "R16": "one id, several parts",
    "R17": "the same words twice",
    "R18": "webhooks overtake each other, or are lost",
    "R19": "clocks are wrong",
    "R20": "poison",
    "R21": "a backlog of 200,000",
    "R22": "an old transaction is held open",
    "R23": "steady load, then ten times as much",
    "R24": "a soak with faults at random",
    "all": "each that comes and goes, in turn",
}

HEAD = """# Reliability

Each line is a fault that the rig in `tests/faults` makes, between three real processes, a real Postgres and simulated
peers that write down what they saw. The verdict is made of the peers' records alone: what was accepted, by our 2xx, and
what arrived. *Reordered* is said of two messages of one conversation of which the later one was sent after the earlier
one had been accepted, and arrived before it. Of two times, the second is what passes. Where load is what matters (R21,
R23) the peers are others, which cost next to nothing.

Measured with `make faults`, on {cores} cores. A row can be made anew by itself (`make faults ARGS="-k r7_"`), or in its
small form (`FORM=short`). Each line says which form it was, and what the load of the machine was when it began.

| row | fault | what was run | held | measured |
|---|---|---|---|---|
"""
NOT_RUN = "Not run in this measurement."


def main(directory: str, page: str) -> int:
    """Print the table, and write it to `page`. Returns how many rows did not hold."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(Path(directory).glob("*.json")):
        row = json.loads(path.read_text())
        found[row["name"]].append(row)
    lines = [_line(name, fault, found[name]) for name, fault in FAULTS.items()]
    Path(page).write_text(HEAD.format(cores=os.cpu_count()) + "\n".join(lines) + "\n")
    print("\n".join(lines))
    return sum(not row["held"] for rows in found.values() for row in rows)


def _line(name: str, fault: str, rows: list[dict[str, Any]]) -> str:
    if not rows:
        return f"| {name} | {fault} | {NOT_RUN} | - | |"
    ran = "; ".join(f"{row['ran']} ({_how(row)})" for row in rows)
    held = "; ".join(dict.fromkeys(_held(row) for row in rows))
    measured = "; ".join(f"{what}: {value}" for row in rows for what, value in row["figures"].items())
    return f"| {name} | {fault} | {ran} | {held} | {measured} |".replace("\n", " ")


def _how(row: dict[str, Any]) -> str:
    return f"{row['form']} form, {row['seconds']:.0f} s, seed {row['seed']}, load {row['load']:.1f}"


def _held(row: dict[str, Any]) -> str:
    """Only what was in time too is a plain yes."""
    if not row["held"]:
        return f"no: {row['why']}"
    return f"yes, but late: {', '.join(row['late'])}" if row["late"] else "yes"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
