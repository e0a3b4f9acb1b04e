"""How a hand-off ends, and what follows: the notice, the actions in RapidPro, the words that nobody will get."""

from dataclasses import replace
from typing import Any

import pytest

from channel.core.addresses import ByRoom
from channel.core.conversation import Author, Conversation, State
from channel.core.decide import decide
from channel.core.decision import Decision
from channel.core.events import Event, RoomClosed, RoomForwarded, RoomQueued, Timer
from channel.core.handoff import Ending, Handoff
from channel.core.held import Held
from channel.core.learned import Closed, Posted
from channel.core.notices import Notice
from channel.core.owed import CloseRoom, LeaveGroup, ReplyToContact, ReportStatus, StartFlow, Status
from channel.core.people import Agent
from tests.core.building import (
    JOAO,
    KEY,
    NOON,
    ROOM,
    WORKSPACE,
    after,
    arrived,
    at,
    close_asked,
    delivery,
    ended,
    handed,
    held,
    message,
    options,
    owed,
    passed,
    said,
    standing,
    taken,
    told,
    woke,
    wrote,
)

CLOSED, QUEUED, SERVED = State.CLOSED, State.QUEUED, State.SERVED
EVERY = options(*Notice, leave_word="exit", closing_comment=True, idle_close_minutes=5)
ACTIONS = replace(EVERY, leave_group="With agents", start_flow="f1")
HERE = ByRoom(WORKSPACE, ROOM, "token")


def ends(by: Ending | str, comment: str = "") -> RoomClosed:
    closer = "visitor" if by == "visitor" else "user"
    return RoomClosed(HERE, closer, "closed:1", b"raw", comment, by_system=by is Ending.ROCKETCHAT)


def closes(known: Conversation, event: Event, now: float = 90.0, **more: Any) -> Decision:
    """The event, and, where it only makes us close the room, that close's end."""
    before = held(known, now=now, **more)
    first = decide(before, event)
    if CloseRoom(ROOM) not in owed(first):
        return first
    second = ended(before.after(first), arrived(Closed(ROOM)), delivery(CloseRoom(ROOM), message=None))
    return replace(second, owed=(*first.owed, *second.owed), messages=(*first.messages, *second.messages))


def actions(decision: Decision) -> list[object]:
    return [each for each in owed(decision) if isinstance(each, LeaveGroup | StartFlow)]


ENDINGS = [
    pytest.param(SERVED, ends(Ending.AGENT), Ending.AGENT, ["closed"], id="by the agent"),
    pytest.param(QUEUED, ends(Ending.AGENT), Ending.AGENT, ["closed"], id="by an agent who did not take it"),
    pytest.param(SERVED, ends("visitor"), Ending.CONTACT, [], id="by the contact"),
    pytest.param(QUEUED, passed("exit"), Ending.CONTACT, [], id="by the leave word"),
    pytest.param(SERVED, close_asked(), Ending.FLOW, [], id="by the flow"),
    pytest.param(QUEUED, close_asked(), Ending.FLOW, [], id="by the flow, in the queue"),
    pytest.param(SERVED, woke(Timer.IDLE), Ending.IDLE, ["closed"], id="for idleness"),
    pytest.param(QUEUED, woke(Timer.MAX_WAIT), Ending.MAX_WAIT, ["gave_up"], id="for waiting"),
    pytest.param(SERVED, ends(Ending.ROCKETCHAT), Ending.ROCKETCHAT, ["closed"], id="by rocket.cat"),
]
EVENTS = [pytest.param(*each.values[:2], id=each.id) for each in ENDINGS]
DUE = frozenset({Timer.IDLE, Timer.MAX_WAIT})


@pytest.mark.parametrize(("state", "event", "ending", "notices"), ENDINGS)
def test_every_end_is_told_unless_the_contact_knows_and_does_what_the_channel_wants(
    state: State, event: Event, ending: Ending, notices: list[str]
) -> None:
    decision = closes(handed(state, options=ACTIONS), event, 600, due=DUE)
    assert (standing(decision), decision.room_closed) == ((CLOSED, None, None), ROOM)
    assert told(decision) == notices
    assert after(decision).handoff.closed_at == at(600)
    group, flow = actions(decision)
    assert group == LeaveGroup("With agents")
    assert isinstance(flow, StartFlow)
    assert (flow.flow, dict(flow.params)["reason"]) == ("f1", ending.value)


@pytest.mark.parametrize(("state", "event"), EVENTS)
def test_after_an_end_no_time_is_waited_for(state: State, event: Event) -> None:
    decision = closes(handed(state, options=EVERY), event, 600, due=DUE)
    assert {timer.why for timer in decision.timers if timer.at is None} == set(Timer)


@pytest.mark.parametrize(("state", "event"), EVENTS)
def test_a_channel_that_wants_nothing_told_or_done_has_its_way(state: State, event: Event) -> None:
    quiet = options(leave_word="exit", idle_close_minutes=5)
    decision = closes(handed(state, options=quiet), event, 600, due=DUE)
    assert (standing(decision)[0], told(decision), actions(decision)) == (CLOSED, [], [])


def test_a_close_told_twice_is_told_once() -> None:
    known = held(handed(SERVED, options=ACTIONS))
    known = known.after(decide(known, ends(Ending.AGENT)))
    again = decide(known, replace(ends(Ending.AGENT), key="closed:2"))
    assert (again.owed, again.messages) == ((), ())


def test_a_room_that_we_close_is_closed_once_whichever_news_comes_first() -> None:
    known = held(handed(SERVED, options=ACTIONS))
    known = known.after(decide(known, close_asked()))
    by_webhook = decide(known, ends("visitor"))
    assert len(actions(by_webhook)) == 2
    late = ended(known.after(by_webhook), arrived(Closed(ROOM)), delivery(CloseRoom(ROOM), message=None))
    assert late.owed == ()


# The closing comment


@pytest.mark.parametrize(
    ("opts", "comment", "shown"),
    [
        (EVERY, "Glad to help", True),
        (EVERY, "  ", False),
        (EVERY, "", False),
        (options(*Notice), "Glad to help", False),
    ],
)
def test_an_agents_comment_goes_inside_the_notice_where_the_channel_lets_it(
    opts: Any, comment: str, *, shown: bool
) -> None:
    decision = decide(held(handed(SERVED, options=opts)), ends(Ending.AGENT, comment))
    (notice,) = owed(decision)
    assert isinstance(notice, ReplyToContact)
    assert notice.text.startswith("Glad to help\n") is shown
    assert notice.text.endswith("The chat has ended. Thank you for writing.")


END = "The chat has ended. Thank you for writing."


@pytest.mark.parametrize(
    ("comment", "policy", "read", "reason"),
    [
        ("w" * 620, {}, ["w" * 620, END], None),
        ("w" * 700, {}, [END], "too_long"),
        (f"{'w' * 400} {'v' * 300}", {"agent_too_long": "split"}, ["w" * 400, "v" * 300, END], None),
        ("*Bye* 👋 :wave:", {}, [f"Bye\n\n{END}"], None),
        ("👋", {}, [END], "emoji"),
        ("Bye 👋", {"emoji": "refuse"}, [END], "emoji"),
        ("// she will call again", {}, [END], None),
    ],
)
def test_a_comment_is_text_like_any_of_an_agents(
    comment: str, policy: dict[str, Any], read: list[str], reason: str | None
) -> None:
    decision = decide(held(handed(SERVED, options=replace(EVERY, **policy))), ends(Ending.AGENT, comment))
    assert [each.text for each in owed(decision) if isinstance(each, ReplyToContact)] == read
    kept = [(message.texts, message.reason) for message in decision.messages if message.author is Author.AGENT]
    assert kept == ([((comment,), reason)] if reason else [])


def test_an_emoji_of_the_workspaces_own_is_one_in_a_comment_too() -> None:
    event = replace(ends(Ending.AGENT, "Bye :acme:"), custom_emoji=frozenset({"acme"}))
    decision = decide(held(handed(SERVED, options=EVERY)), event)
    assert [each.text for each in owed(decision) if isinstance(each, ReplyToContact)] == [f"Bye\n\n{END}"]


# What the flow learns


@pytest.mark.parametrize(
    ("handoff", "name", "params"),
    [
        (
            Handoff("Help", began_at=NOON, room=ROOM, taken_at=at(40), agent=Agent("a", "ana.r", "Ana Ruiz")),
            "full",
            {"agent": "Ana Ruiz", "department": "Help", "waited": "40", "duration": "90"},
        ),
        (
            Handoff("Help", began_at=NOON, room=ROOM, taken_at=at(40), agent=Agent("a", "ana.r", "Ana Ruiz")),
            "first",
            {"agent": "Ana", "department": "Help", "waited": "40", "duration": "90"},
        ),
        (
            Handoff("Help", began_at=NOON, room=ROOM, taken_at=at(40), agent=Agent("a", "ana.r", "Ana Ruiz")),
            "none",
            {"agent": "", "department": "Help", "waited": "40", "duration": "90"},
        ),
        (Handoff(began_at=NOON, room=ROOM), "full", {"agent": "", "department": "", "waited": "90", "duration": "90"}),
        (Handoff(room=ROOM), "full", {"agent": "", "department": "", "waited": "0", "duration": "0"}),
    ],
)
def test_the_flow_that_is_started_learns_how_it_went(handoff: Handoff, name: str, params: dict[str, str]) -> None:
    known = replace(handed(QUEUED, handoff), state=SERVED, agent="a", options=replace(ACTIONS, agent_name=name))
    (_, flow) = actions(decide(held(known, now=90.5), ends(Ending.AGENT)))
    assert isinstance(flow, StartFlow)
    assert dict(flow.params) == {"reason": "agent", **params}


def test_the_actions_go_behind_the_notice_each_as_a_message_that_can_be_followed() -> None:
    decision = decide(held(handed(SERVED, options=ACTIONS)), ends(Ending.AGENT))
    assert [type(each).__name__ for each in owed(decision)] == ["ReplyToContact", "LeaveGroup", "StartFlow"]
    assert [(m.author, m.external_id) for m in decision.messages] == [
        (Author.BRIDGE, "closed"),
        (Author.BRIDGE, "leave_group"),
        (Author.BRIDGE, "flow"),
    ]
    assert len({m.key for m in decision.messages}) == 3


# Words that nobody will get


def test_words_that_wait_for_a_room_which_never_comes_are_failed() -> None:
    flows = message(key="passed:9", external_id="9", pending=1)
    gone = message(key="send:8", external_id="8", pending=1, dead=1, status=Status.FAILED)
    waiting = {m.key: m for m in (message(pending=2), flows, gone)}
    decision = decide(held(handed(QUEUED, room=None), waiting=waiting, now=60), close_asked())
    assert decision.abandoned == "flow"
    assert owed(decision) == [ReportStatus("1001", Status.FAILED)]
    assert [(m.key, m.status, m.reason) for m in decision.messages] == [
        (KEY, Status.FAILED, "flow"),
        ("passed:9", Status.FAILED, "flow"),
    ]
    assert decide(held(handed(QUEUED, room=None)).after(decision), close_asked()).owed == ()


def test_words_said_before_a_close_of_ours_are_in_the_room_before_it_is_closed() -> None:
    known = held(handed(SERVED))
    words = decide(known, passed("Bye"))
    close = decide(known.after(words), close_asked())
    assert [type(each).__name__ for each in (*owed(words), *owed(close))] == ["PostToRoom", "CloseRoom"]
    assert close.abandoned is None


@pytest.mark.parametrize(
    "event", [taken(), said("Hi"), RoomQueued(HERE, "q", b""), RoomForwarded(HERE, JOAO, "f", b"")]
)
def test_what_happens_in_the_room_while_we_close_it_does_not_stop_the_close(event: Event) -> None:
    known = held(handed(QUEUED), due=DUE)
    known = known.after(decide(known, close_asked()))
    known = known.after(decide(known, event))
    decision = ended(known, arrived(Closed(ROOM)), delivery(CloseRoom(ROOM), message=None))
    assert standing(decision) == (CLOSED, None, None)


def test_words_that_rocketchat_put_into_a_new_room_go_on_there() -> None:
    known: Held = held(handed(SERVED), message(pending=1))
    moved = ended(known, arrived(Posted("rNew")))
    late = decide(known.after(moved), ends(Ending.AGENT))
    assert (standing(late), late.owed) == ((QUEUED, "rNew", None), ())


def test_an_agents_words_after_the_close_still_go() -> None:
    known = held(handed(SERVED))
    known = known.after(decide(known, ends(Ending.AGENT)))
    assert owed(decide(known, said("One more thing"))) == [ReplyToContact("One more thing")]
    assert decide(known, wrote("Thanks")).reason == "kept"
