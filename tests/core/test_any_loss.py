"""Whatever a webhook loses, repeats and mixes up: what an agent wrote arrives once, in order where it still can."""

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.addresses import ByRoom
from channel.core.conversation import State
from channel.core.decide import decide
from channel.core.decision import Decision
from channel.core.events import AgentWrote, Event
from channel.core.held import Held
from channel.core.missing import merged
from channel.core.owed import ReadHistory, ReplyToContact
from tests.core.building import ROOM, WORKSPACE, agents, conversation, held, said
from tests.core.test_missing import moment


@dataclass
class Site:
    """A room in which an agent writes, one message a minute, and what is told of it."""

    written: list[AgentWrote] = field(default_factory=list)
    untold: list[AgentWrote] = field(default_factory=list)  #: webhooks on their way
    lane: list[ReplyToContact] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  #: what the contact has read
    steps: int = 0
    decided: dict[str, int] = field(default_factory=dict)  #: when the words came to us,
    went: dict[str, int] = field(default_factory=dict)  #: and when they went
    reads: int = 0  #: that are owed
    known: Held = field(default_factory=lambda: held(conversation(State.SERVED), since={ROOM: ""}))

    def write(self) -> None:
        """The webhook says when the message before was written."""
        minute = len(self.written) + 1
        last = moment(minute - 1) if self.written else None
        here = ByRoom(WORKSPACE, ROOM, "token", last_at=last, began_at=moment(0))
        event = replace(said(f"words {minute}", f"m{minute}"), address=here, said_at=moment(minute))
        self.written.append(event)
        self.untold.append(event)

    def tell(self, event: Event) -> None:
        decision = decide(self.known, event)
        self.known = self.known.after(decision)
        self._owe(decision)

    def read(self) -> None:
        """The room's history, with all that was written."""
        newest = moment(len(self.written))
        for event in self.written:
            self.tell(replace(event, found_by=newest, address=ByRoom(WORKSPACE, ROOM, "token")))
        self.reads = 0

    def send(self) -> None:
        if self.lane:
            words = self.lane.pop(0)
            self.gone.append(words.text)
            self.went[words.text] = self.steps

    def _owe(self, decision: Decision) -> None:
        for due in decision.owed:
            if isinstance(due.owed, ReadHistory):
                assert merged(due, due) == due
                self.reads += 1
            elif isinstance(due.owed, ReplyToContact):
                self.decided[due.owed.text] = self.steps
                later = (n for n, other in enumerate(self.lane) if due.by_place and other.place > due.owed.place)
                self.lane.insert(next(later, len(self.lane)), due.owed)


ACTIONS = ("write", "write", "tell", "tell last", "repeat", "lose", "send", "read")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5)), max_size=40))
def test_whatever_is_lost_arrives_once_and_nothing_overtakes_what_was_known(steps: list[tuple[str, int]]) -> None:
    site = Site()
    for site.steps, (action, number) in enumerate(steps, start=1):
        if action == "write":
            site.write()
        elif action == "tell" and site.untold:
            site.tell(site.untold.pop(number % len(site.untold)))
        elif action == "tell last" and site.untold:
            site.tell(site.untold.pop())
        elif action == "repeat" and site.written:
            site.tell(site.written[number % len(site.written)])
        elif action == "lose" and site.untold:
            site.untold.pop(number % len(site.untold))
        elif action == "send":
            site.send()
        elif action == "read" and site.written:
            site.read()
    site.steps += 1
    site.read()
    while site.lane:
        site.steps += 1
        site.send()
    assert Counter(site.gone) == Counter(event.text for event in site.written)
    for early, late in combinations([event.text for event in site.written], 2):
        if site.gone.index(early) > site.gone.index(late):
            assert site.went[late] <= site.decided[early]


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(1, 12)), st.integers(1, 12))
def test_a_lost_message_is_looked_for_at_the_next_event_and_goes_before_it(lost: set[int], last: int) -> None:
    site = Site()
    for minute in range(1, last + 1):
        site.write()
        event = site.untold.pop()
        if minute not in lost:
            had_gap = minute - 1 in lost and minute > 1
            site.tell(event)
            assert bool(site.reads) is had_gap
            if site.reads:
                site.read()
    told = [m for m in range(1, last + 1) if any(later not in lost for later in range(m, last + 1))]
    assert [reply.text for reply in site.lane] == [f"words {m}" for m in told]


def test_a_record_without_its_words_is_still_one() -> None:
    site = Site(known=held(State.SERVED, replace(agents(item="m1"), texts=()), since={ROOM: ""}))
    site.write()
    site.read()
    assert site.lane == []
