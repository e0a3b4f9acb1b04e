"""What is to be changed in a peer's settings, what was there before, and how that is had back. Settings by name."""

from collections.abc import Iterable, Mapping
from dataclasses import field, fields
from typing import TypeAlias

from channel.core.errors import ProtocolError
from channel.core.values import dataclass

Value: TypeAlias = str | int | bool
Values: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Change:
    """One setting, from what it is to what it is to be. Either may be a secret."""

    name: str
    before: Value = field(repr=False)
    after: Value = field(repr=False)

    @property
    def backwards(self) -> "Change":
        return Change(self.name, self.after, self.before)


@dataclass(frozen=True, slots=True)
class Undoing:
    """How what was there before is had back."""

    changes: tuple[Change, ...]
    left: tuple[str, ...]  #: what somebody else has changed since, and stays as it is


def differences(now: Values, wanted: Values) -> tuple[Change, ...]:
    """What has to be changed, in the order in which it is wanted. What is not there cannot be."""
    return tuple(Change(name, now[name], value) for name, value in wanted.items() if name in now and now[name] != value)


def remembered(before: Iterable[Change], made: Iterable[Change]) -> tuple[Change, ...]:
    """What is remembered once these changes are made, too.

    Of a setting that stands as we left it, what was there before us; of one that somebody has changed since, theirs.
    """
    known = {change.name: change for change in before}
    for change in made:
        last = known.get(change.name)
        ours = last is not None and last.after == change.before
        known[change.name] = Change(change.name, last.before if last and ours else change.before, change.after)
    return tuple(known.values())


def undoing(made: Iterable[Change], now: Values) -> Undoing:
    """What would undo these changes; what stands neither as we left it nor as it was is somebody else's."""
    changes, left = [], []
    for change in made:
        if change.name in now and now[change.name] == change.after:
            changes.append(change.backwards)
        elif now.get(change.name) != change.before:
            left.append(change.name)
    return Undoing(tuple(each for each in changes if each.before != each.after), tuple(left))


def to_json(changes: Iterable[Change]) -> list[list[Value]]:
    return [[change.name, change.before, change.after] for change in changes]


def from_json(document: object) -> tuple[Change, ...]:
    """What `to_json` gave; ProtocolError if it is something else."""
    changes = document if isinstance(document, list) else [document]
    whole = [change for change in changes if isinstance(change, list) and len(change) == len(fields(Change))]
    if len(whole) != len(changes):
        raise ProtocolError("no_changes", "what was remembered cannot be read")
    return tuple(Change(*change) for change in whole)
