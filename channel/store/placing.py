"""Words that have their place among those that wait: in runs, each of which is one statement."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from channel.core.decision import Due
from channel.core.owed import Lane, ReplyToContact

#: whose conversation it is, and what is owed
Each: TypeAlias = tuple[int, Due]


def has_place(due: Due) -> bool:
    return due.by_place and isinstance(due.owed, ReplyToContact)


def apart(owed: Sequence[Each]) -> tuple[list[Each], list[list[Each]]]:
    """What all goes to the ends of its lanes; and, lane by lane, what is owed where some of it has its place."""
    placed: dict[tuple[int, Lane], list[Each]] = {(n, due.owed.lane): [] for n, due in owed if has_place(due)}
    others: list[Each] = []
    for number, due in owed:
        placed.get((number, due.owed.lane), others).append((number, due))
    return others, list(placed.values())


def runs(owed: Sequence[Each]) -> Iterator[list[Each]]:
    """Of one lane, in order: what goes to its end, and what has its place and was said one after the other."""
    run: list[Each] = []
    for number, due in owed:
        if run and not _follows(run[-1][1], due):
            yield run
            run = []
        run.append((number, due))
    if run:
        yield run


def place_of(due: Due) -> str:
    return due.owed.place if isinstance(due.owed, ReplyToContact) else ""


def _follows(before: Due, due: Due) -> bool:
    if has_place(before) is not has_place(due):
        return False
    return not has_place(due) or place_of(before) <= place_of(due)
