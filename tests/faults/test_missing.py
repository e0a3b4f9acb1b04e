"""What no webhook has told: R14 all of us are away, R18 webhooks overtake each other or are lost."""

import asyncio
from bisect import bisect_left
from collections import defaultdict
from pathlib import Path
from time import time

import pytest

from channel.core import limits
from channel.sandbox.rapidpro import RapidPro
from channel.sandbox.rapidpro.records import Channel
from channel.sandbox.rocketchat import Room
from channel.sandbox.rocketchat.faults import Delays, Loses, WebhookFault
from tests import processes
from tests.faults import records
from tests.faults.campaign import Row, a_seed, pick, row
from tests.faults.rig import REPLICAS, Rig, running_rig
from tests.faults.talk import AGENT, everybody_is_served, talking
from tests.faults.verifier import Word

pytestmark = pytest.mark.anyio

#: R14: what was written meanwhile has arrived this soon after the start
REPAIRED_SECONDS = 120.0
#: R18: and this soon after an event of its room
FOLLOWED_SECONDS = 5.0
#: R18: what no event names, because a contact wrote behind it, where nothing limits the looks
UNSURE_SECONDS = 60.0
#: by so much an event is overtaken: less than what it is waited for
OVERTAKEN_SECONDS = 1.0


async def test_r14_all_of_us_are_away(database_url: str, tmp_path: Path) -> None:
    away = pick(short=5.0, long=600.0)
    seed = a_seed()
    with row("R14", f"no replica for {away:g} s, until Rocket.Chat had given up too", seed) as figures:
        async with running_rig(database_url, tmp_path, seed, webhook_retry=0.3) as rig:
            async with talking(rig, contacts=5, rate=5):
                await everybody_is_served(rig, 5)
                await asyncio.gather(*(replica.kill() for replica in rig.replicas.all))
                await asyncio.sleep(away)
            await rig.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None, 60)
            never_told = sum(sent.accepted is None for sent in records.sent_by_agents(rig.rocketchat))
            assert never_told
            await asyncio.gather(*(rig.replicas.start() for _ in range(REPLICAS)))
            back = time()
            await _all_agents_were_heard(rig, REPAIRED_SECONDS)
            figures.within("all that agents wrote has arrived after", time() - back, REPAIRED_SECONDS)
            await rig.drained(hurrying=pick(short=False, long=False, sample=True))
            figures.judge(rig)
            repaired = await rig.counted("repaired_total")
            figures.figures["never told of by Rocket.Chat, and repaired"] = f"{never_told}, {repaired:g}"
            assert repaired > 0
            await _what_rapidpro_gave_up_on_is_listed(rig, figures)


async def test_r18_webhooks_overtake_each_other_or_are_lost(database_url: str, tmp_path: Path) -> None:
    rounds, contacts = pick(short=8, long=200), 5
    seed = a_seed()
    ran = (
        f"{contacts} agents' rooms, {rounds} messages each: a fifth told {OVERTAKEN_SECONDS:g} s late, a seventh never"
    )
    with row("R18", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed) as rig:
            async with talking(rig, contacts=contacts, rate=contacts):
                await everybody_is_served(rig, contacts)
            await rig.drained()
            dice = rig.dice
            rooms = list(rig.rocketchat.rooms.values())
            for number in range(rounds):
                for room in rooms:
                    fault = dice.choices((None, Delays(OVERTAKEN_SECONDS), Loses()), (1 - 1 / 5 - 1 / 7, 1 / 5, 1 / 7))[
                        0
                    ]
                    await _says(rig, room, f"tells {number}", fault)
                    await asyncio.sleep(0.1)
            for room in rooms:
                await _says(rig, room, "tells the end")
            await _all_agents_were_heard(rig, 60)
            await rig.drained()
            figures.judge(rig)
            _check_followed(rig, figures)
            _check_by_time(rig, figures, await rig.counted("late_total"))
            await _lost_behind_a_contact(rig, rooms[0], figures)


async def _says(rig: Rig, room: Room, words: str, fault: WebhookFault | None = None) -> None:
    if fault is not None:
        rig.rocketchat.faults.webhook(fault, type="Message")
    await rig.rocketchat.write(room.id, AGENT, f"{records.homes_of(rig.rocketchat)[room.token]} {words}")


async def _lost_behind_a_contact(rig: Rig, room: Room, figures: Row) -> None:
    """No event names it: the message before the next one is the contact's. The room is looked at soon after it."""
    name = records.homes_of(rig.rocketchat)[room.token]
    await _says(rig, room, "is lost", Loses())
    await rig.rapidpro.send_on(rig.channel, name, f"{name} between")
    await rig.rocketchat.until(lambda rc: f"{name} between" in {m.text for m in rc.messages.values()} or None)
    await _says(rig, room, "goes on")
    await rig.drained()
    began = time()
    await rig.later(limits.UNSURE_LOOKED_AT)
    await _all_agents_were_heard(rig, UNSURE_SECONDS)
    waited = limits.UNSURE_LOOKED_AT + time() - began
    figures.within("one behind which a contact wrote was found after", waited, UNSURE_SECONDS)


async def _what_rapidpro_gave_up_on_is_listed(rig: Rig, figures: Row) -> None:
    """For an operator to resend: nobody else has it."""
    gave_up = [message.uuid for message in rig.rapidpro.outgoing(rig.channel) if message.status == "failed"]
    assert gave_up
    listed = await processes.run(rig.replicas.env, "repair", "--rapidpro")
    assert listed.code == 0, listed.err
    assert [line.split()[1] for line in listed.out.splitlines() if line.startswith("campaign")] == gave_up
    figures.figures["RapidPro gave up on, and listed"] = str(len(gave_up))


async def _all_agents_were_heard(rig: Rig, seconds: float) -> None:
    written = {(sent.conversation, sent.words) for sent in records.sent_by_agents(rig.rocketchat)}
    try:
        await rig.rapidpro.until(lambda rp: not written - _heard(rp, rig.channel) or None, seconds)
    except TimeoutError:
        raise AssertionError(f"not heard: {sorted(written - _heard(rig.rapidpro, rig.channel))}") from None


def _heard(rapidpro: RapidPro, channel: Channel) -> set[Word]:
    return {(arrived.conversation, arrived.words) for arrived in records.heard_by_contacts(rapidpro, channel)}


def _check_followed(rig: Rig, figures: Row) -> None:
    """Each lost one against the first event of its room that was told after it."""
    sent = records.sent_by_agents(rig.rocketchat)
    heard = {(a.conversation, a.words): a.at for a in records.heard_by_contacts(rig.rapidpro, rig.channel)}
    told: defaultdict[str, list[float]] = defaultdict(list)
    for one in sent:
        if one.accepted is not None:
            told[one.conversation].append(one.accepted)
    late = []
    for one in sent:
        if one.accepted is None:
            times = sorted(told[one.conversation])
            late.append(heard[one.conversation, one.words] - times[bisect_left(times, one.began)])
    assert late, "nothing was lost"
    figures.figures["lost"] = str(len(late))
    figures.within("a lost one arrived after the next event of its room", max(late), FOLLOWED_SECONDS)


def _check_by_time(rig: Rig, figures: Row, counted: float) -> None:
    """Rocket.Chat's order of each room, but for what is counted late."""
    place = {(s.conversation, s.words): s.began for s in records.sent_by_agents(rig.rocketchat)}
    newest: defaultdict[str, float] = defaultdict(float)
    behind = 0
    for one in records.heard_by_contacts(rig.rapidpro, rig.channel):
        began = place[one.conversation, one.words]
        behind += began < newest[one.conversation]
        newest[one.conversation] = max(began, newest[one.conversation])
    figures.figures["behind later ones, and counted so"] = f"{behind}, {counted:g}"
    assert behind <= counted
