"""Was anything lost, invented, doubled or put out of order? It knows only what the peers wrote down.

Messages are compared as multisets, as Jepsen's total-queue checker does; order is looked at within a conversation.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

#: conversation and words: equal words of one conversation are counted, not told apart
Word: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody wrote. Times are seconds of one clock."""

    conversation: str
    words: str
    began: float  #: when it was first brought to us
    accepted: float | None  #: when we first answered 2xx; None: never, and nothing was promised


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came out at the other side. Where these are listed, they are listed in their order there."""

    conversation: str
    words: str
    at: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong. Nothing is, if all four are empty."""

    lost: tuple[Word, ...]  #: accepted, and not there
    unexpected: tuple[Word, ...]  #: there, and never sent in this conversation
    duplicated: tuple[Word, ...]  #: there more often than sent, once for each time too many
    reordered: tuple[tuple[Word, Word], ...]  #: the second was accepted before the first was sent, and came after it
    sent: int
    accepted: int
    arrived: int
    recovered: int  #: not accepted as far as the sender knows, and there all the same
    slowest: float  #: seconds from our 2xx to the arrival, of whatever took longest

    @property
    def holds(self) -> bool:
        return not (self.lost or self.unexpected or self.duplicated or self.reordered)

    def __str__(self) -> str:
        counts = f"lost {len(self.lost)}, unexpected {len(self.unexpected)}, duplicated {len(self.duplicated)}"
        lines = [
            f"{counts}, reordered {len(self.reordered)} (of {self.sent} sent, {self.accepted} accepted; "
            f"{self.arrived} arrived, {self.recovered} of them not known as accepted; slowest {self.slowest:.1f} s)"
        ]
        for name, words in (("lost", self.lost), ("unexpected", self.unexpected), ("duplicated", self.duplicated)):
            lines += [f"  {name}: {text!r} of {conversation}" for conversation, text in words]
        lines += [f"  reordered: {first[1]!r} before {second[1]!r} of {first[0]}" for first, second in self.reordered]
        return "\n".join(lines)


def verify(sent: Sequence[Sent], arrived: Sequence[Arrived]) -> Verdict:
    """The verdict on one direction, after everything that was to arrive has."""
    written = Counter((s.conversation, s.words) for s in sent)
    promised = Counter((s.conversation, s.words) for s in sent if s.accepted is not None)
    there = Counter((a.conversation, a.words) for a in arrived)
    found = {word: count for word, count in there.items() if word in written}
    return Verdict(
        lost=tuple((promised - there).elements()),
        unexpected=tuple(Counter({w: c for w, c in there.items() if w not in written}).elements()),
        duplicated=tuple((Counter(found) - written).elements()),
        reordered=tuple(_reordered(sent, arrived)),
        sent=len(sent),
        accepted=promised.total(),
        arrived=len(arrived),
        recovered=(Counter({w: min(c, written[w]) for w, c in found.items()}) - promised).total(),
        slowest=max(seconds_each(sent, arrived), default=0.0),
    )


def seconds_each(sent: Sequence[Sent], arrived: Sequence[Arrived]) -> list[float]:
    """From our 2xx to the arrival, of whatever was accepted and arrived."""
    return [a.at - s.accepted for s, a in _paired(sent, arrived) if s.accepted is not None]


def _reordered(sent: Sequence[Sent], arrived: Sequence[Arrived]) -> list[tuple[Word, Word]]:
    """Pairs that arrived the wrong way round: one for each message that something older came after.

    Two that were under way at the same time have no order; of a message that came twice, the first time counts.
    """
    by_conversation: defaultdict[str, list[Sent]] = defaultdict(list)
    for one, _ in _paired(sent, arrived):
        by_conversation[one.conversation].append(one)
    wrong = []
    for came in by_conversation.values():
        oldest: Sent | None = None
        for one in reversed(came):
            if oldest and (oldest.accepted or inf) < one.began:
                wrong.append(((one.conversation, one.words), (oldest.conversation, oldest.words)))
            if one.accepted is not None and (oldest is None or one.accepted < (oldest.accepted or inf)):
                oldest = one
    return wrong


def _paired(sent: Sequence[Sent], arrived: Sequence[Arrived]) -> list[tuple[Sent, Arrived]]:
    """Each arrival with what was sent, the first with the first of equal words; in the order of arrival."""
    waiting: defaultdict[Word, list[Sent]] = defaultdict(list)
    for one in sent:
        waiting[one.conversation, one.words].append(one)
    pairs = []
    for came in arrived:
        if candidates := waiting[came.conversation, came.words]:
            pairs.append((candidates.pop(0), came))
    return pairs
