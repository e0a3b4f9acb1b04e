"""Words that are found late have their place among those that wait, many at once as one by one."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from channel.core import order
from channel.core.addresses import ByRoom
from channel.core.decision import Due
from channel.core.events import AgentWrote
from channel.core.owed import Lane, OpenRoom, ReplyToContact
from channel.core.people import Agent
from channel.store.placing import apart, runs
from tests.store.premises import Premises

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
JOAO = Agent("aJoao", "João", "joao")
WAITING = """
    SELECT d.body ->> 'text' FROM delivery d JOIN lane l ON l.id = d.lane_id
    WHERE l.conversation_id = $1 AND l.kind = 'to_contact' AND d.state = 'waiting' ORDER BY d.seq, d.id
"""


def at(second: int) -> str:
    return (BEGAN + timedelta(seconds=second)).isoformat()


async def room_of(premises: Premises, contact: str) -> tuple[int, ByRoom]:
    """A room of ours that is open: of which conversation, and where."""
    await premises.ready_room(contact)
    ((number, room),) = await premises.rows(
        "INSERT INTO room (workspace_id, conversation_id, rid, first_seen_at)"
        " SELECT $1, id, room, live_agents_now() FROM conversation ORDER BY id DESC LIMIT 1"
        " RETURNING conversation_id, rid",
        premises.workspace,
    )
    return number, ByRoom(premises.workspace, room, None)


def said(here: ByRoom, second: int, *, found: bool = False) -> AgentWrote:
    """`found`: in the room's history, some time later."""
    by = order.moment(at(1000)) if found else None
    return AgentWrote(here, f"{here.room}-{second}", str(second), b"raw", JOAO, said_at=at(second), found_by=by)


@pytest.mark.parametrize("seed", range(4))
async def test_many_have_the_places_that_they_have_one_by_one(premises: Premises, seed: int) -> None:
    chance = Random(seed)  # noqa: S311
    seconds = list(range(1, 31))
    chance.shuffle(seconds)
    told, found = sorted(seconds[:12]), sorted(seconds[12:27])
    begun = chance.choice(told)
    lanes = []
    for contact, turns in (("ana", [found]), ("rui", [[second] for second in found])):
        number, here = await room_of(premises, contact)
        await premises.handle(*(said(here, second) for second in told))
        await premises.pool.execute(
            "UPDATE delivery SET attempt_open = true FROM lane"
            " WHERE lane.id = lane_id AND conversation_id = $1 AND body ->> 'text' = $2",
            number,
            str(begun),
        )
        for turn in turns:
            await premises.handle(*(said(here, second, found=True) for second in turn))
        lanes.append(await premises.column(WAITING, number))
    assert lanes[0] == lanes[1]
    among = [int(text) for text in lanes[0] if int(text) != begun]
    assert among == sorted({*told, *found} - {begun})


def reply(said_at: str, *, by_place: bool = True) -> tuple[int, Due]:
    return 1, Due(ReplyToContact(said_at, said_at, said_at), said_at, BEGAN, by_place=by_place)


def test_what_goes_to_the_ends_of_other_lanes_parts_no_run() -> None:
    room = (1, Due(OpenRoom(), None, BEGAN))
    others, placed = apart([reply("1"), room, reply("2"), (2, reply("3", by_place=False)[1])])
    assert others == [room, (2, reply("3", by_place=False)[1])]
    assert [[list(run) for run in runs(lane)] for lane in placed] == [[[reply("1"), reply("2")]]]


def test_a_run_ends_before_earlier_words_and_before_what_goes_to_the_end() -> None:
    owed = [reply("2"), reply("2"), reply("1"), reply("", by_place=False), reply("5", by_place=False), reply("3")]
    assert [[due.message for _, due in run] for run in runs(owed)] == [["2", "2"], ["1"], ["", "5"], ["3"]]
    assert {due.owed.lane for _, due in owed} == {Lane.TO_CONTACT}
