"""R2: a replica that is killed at every named point, one after the other, in both directions."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.campaign import a_seed, pick, row
from tests.faults.crash_points import TO_AGENT, TO_CONTACT, Point
from tests.faults.rig import Rig, running_rig
from tests.faults.talk import talking
from tests.faults.wounds import Wounds

pytestmark = pytest.mark.anyio

#: at which point, and on the way of whose words ("": anybody's)
PLACES = [
    (point, direction) for point in Point for direction in (("",) if point is Point.CLAIMED else (TO_AGENT, TO_CONTACT))
]
#: of them in a sample
SAMPLED = 4
#: so long a replica that is to die is waited for
DIES_SECONDS = 60.0
_IN_DOUBT = "SELECT count(*) FROM delivery WHERE kind = 'ReplyToContact' AND ambiguous > 0"
#: of which nobody knows whether either of two attempts arrived: a dead letter, which an operator may send again
_GIVEN_UP = (
    "SELECT body ->> 'text' AS text FROM delivery"
    " WHERE kind = 'ReplyToContact' AND state = 'dead' AND reason = 'ambiguous'"
)
#: without a token for RapidPro's API there is one repeat at most of each message that was under way
WITHOUT_TOKEN = [Point.ATTEMPT_COUNTED, Point.HTTP_SENT, Point.HTTP_ANSWERED, Point.SETTLE_UNCOMMITTED]


async def test_r2_a_replica_is_killed_at_every_named_point(database_url: str, tmp_path: Path) -> None:
    seed = a_seed()
    some = random.Random(seed).sample(PLACES, SAMPLED)
    places, rounds = pick(short=(PLACES, 1), long=(PLACES, 12), sample=(some, 1))
    ran = f"kill -9 at each of {len(places)} points, {rounds} times each, with a token for RapidPro's API"
    with row("R2", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed, replicas=2, keeps_alive=False) as rig:
            async with talking(rig, contacts=10, rate=10):
                await _killed(rig, places * rounds)
            await rig.drained(hurrying=pick(short=False, long=False, sample=True))
            verdicts = figures.judge(rig)
            figures.note("slowest from 2xx to arrival", max(verdict.slowest for verdict in verdicts))


async def test_r2_without_a_token_rapidpro_gets_one_repeat_at_most(database_url: str, tmp_path: Path) -> None:
    rounds = pick(short=1, long=25)
    seed = a_seed()
    places = [(point, TO_CONTACT) for point in WITHOUT_TOKEN] * rounds
    with row("R2", f"kill -9 at {len(WITHOUT_TOKEN)} points, {rounds} times each, without a token", seed) as figures:
        async with running_rig(database_url, tmp_path, seed, replicas=2, api_token=False, keeps_alive=False) as rig:
            async with talking(rig, contacts=10, rate=10):
                await _killed(rig, places)
            await rig.drained()
            to_agents, to_contacts = rig.verdicts()
            figures.figures["to RapidPro"] = (
                f"{to_contacts.accepted} accepted, lost {len(to_contacts.lost)}, "
                f"duplicated {len(to_contacts.duplicated)}, reordered {len(to_contacts.reordered)}"
            )
            print(to_agents, to_contacts)
            assert to_agents.holds
            assert not (to_contacts.unexpected or to_contacts.reordered)
            given_up = {row["text"] for row in await rig.query(_GIVEN_UP)}
            figures.figures["killed under twice, and given up for an operator to decide"] = str(len(given_up))
            assert {words for _, words in to_contacts.lost} <= given_up
            in_doubt = (await rig.query(_IN_DOUBT))[0]["count"]
            figures.figures["in doubt, as the bridge counted"] = str(in_doubt)
            assert len(set(to_contacts.duplicated)) == len(to_contacts.duplicated) <= in_doubt


async def _killed(rig: Rig, places: Sequence[tuple[Point, str]]) -> None:
    """A third replica comes for each place, and dies there."""
    dice = rig.dice
    coming = asyncio.create_task(rig.replicas.start(_wounds(rig, *places[0], dice.randint(1, 3))))
    for number, (point, direction) in enumerate(places):
        replica = await coming
        if number + 1 < len(places):
            following = places[number + 1]
            coming = asyncio.create_task(rig.replicas.start(_wounds(rig, *following, dice.randint(1, 3))))
        replica.arm()
        assert await replica.service.ended(DIES_SECONDS) == -9, (point, direction)
        print(f"killed: {point}, {direction}")
        assert any(f"killed: {point}" in line for line in replica.service.seen[-3:]), replica.service.seen[-3:]


def _wounds(rig: Rig, point: Point, direction: str, passes: int) -> Wounds:
    return Wounds(seed=rig.seed, crash=point.value, direction=direction, passes=passes)
