"""What is open when the schema is brought up to date goes on as if nothing had happened."""

from importlib import import_module

from channel.core.addresses import ByRoom
from channel.core.events import RoomTaken
from channel.core.people import Agent
from tests.store.premises import Premises

STEPS = import_module("models.migrations.0003_hand_offs").OPEN_CHATS


async def before_the_upgrade(premises: Premises, state: str, agent: str | None) -> None:
    await premises.ready_room("ana")
    await premises.pool.execute("DELETE FROM timer")
    await premises.pool.execute("UPDATE conversation SET handoff = '{}', state = $1, agent = $2", state, agent)
    for step in STEPS:
        await premises.pool.execute(step)


async def test_nobody_is_told_again_who_attends_them(premises: Premises) -> None:
    await before_the_upgrade(premises, "served", "aJoao")
    (room,) = await premises.column("SELECT room FROM conversation")
    joao = Agent("aJoao", "joao.agent", "Joao Lima")
    decision = await premises.decide(RoomTaken(ByRoom(premises.workspace, room, None), joao, told_by="m1"))
    assert decision is not None
    assert decision.owed == ()
    assert await premises.column("SELECT count(*) FROM timer") == [0]


async def test_nobody_waits_for_ever(premises: Premises) -> None:
    await before_the_upgrade(premises, "queued", None)
    assert await premises.column("SELECT why FROM timer") == ["max_wait"]
