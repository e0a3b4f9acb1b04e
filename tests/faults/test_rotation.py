"""Keys and tokens are changed while people write: nobody is refused, and nothing is sealed that nobody can open."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest
from cryptography.fernet import Fernet

from channel.store.admin import administering
from channel.store.vault import Vault
from tests import processes
from tests.faults import records
from tests.faults.campaign import a_seed, pick, row
from tests.faults.rig import Rig, cancelled, running_rig
from tests.faults.talk import talking
from tests.store.test_resealing import PLACES

pytestmark = pytest.mark.anyio

#: courier and Rocket.Chat come about as often, each
CALLS_EVERY: Final = 0.05


@dataclass
class Flow:
    """A flow that asks whether anybody is there, again and again, with the token it was last given."""

    rig: Rig
    token: str
    answers: Counter[int | None] = field(default_factory=Counter)

    async def run(self) -> None:
        url = f"http://127.0.0.1:{self.rig.front.port}/live-agents/availability"
        # a connection that is kept may be closed at the moment it is used again, whoever closes it
        async with httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0)) as http:
            while True:
                answer = await http.get(url, headers={"Authorization": self.token})
                self.answers[answer.status_code] += 1
                await asyncio.sleep(CALLS_EVERY)


@asynccontextmanager
async def asking(flow: Flow) -> AsyncIterator[None]:
    task = asyncio.create_task(flow.run())
    try:
        yield
    finally:
        await cancelled(task)


async def command(rig: Rig, *arguments: str) -> str:
    """What a verb prints, which succeeds."""
    ended = await processes.run(rig.replicas.env, *arguments)
    assert (ended.code, ended.err) == (0, "")
    return ended.out.strip()


async def first_token(rig: Rig) -> str:
    """One for the live-agents API, as if no other had been before."""
    async with administering(rig.database_url, Vault([rig.key])) as admin:
        token = await admin.rotate_channel(rig.channel_id, "live_agents_token")
        await admin.finish_rotation(rig.channel_id)
    return f"Token {token}"


async def rolled_out(rig: Rig, *keys: str) -> None:
    """Every replica is replaced by one with these keys, one after the other."""
    rig.replicas.env["LIVE_AGENTS_SECRET_KEYS"] = ",".join(keys)
    for old in rig.replicas.alive:
        await rig.replicas.start()
        old.service.terminate()
        assert await old.service.ended() == 0


async def it_is_too_early(rig: Rig, *keys: str) -> None:
    """While a replica seals with the older key, nothing is sealed anew."""
    env = {**rig.replicas.env, "LIVE_AGENTS_SECRET_KEYS": ",".join(keys)}
    ended = await processes.run(env, "keys", "rotate")
    assert ended.code == 1
    assert "processes run that seal with another key than the first one here (all)" in ended.err


async def tokens_are_rotated(rig: Rig, flow: Flow) -> None:
    """Each is given to its peer as soon as it is printed, and the one before ends when no peer shows it any more."""
    channel, workspace = str(rig.channel_id), (await rig.query("SELECT id::text FROM workspace"))[0][0]
    secret = await command(rig, "workspaces", "rotate", workspace)
    rig.rocketchat.settings["Livechat_secret_token"] = secret
    flow.token = await command(rig, "channels", "rotate", channel, "--live-agents")
    send = await command(rig, "channels", "rotate", channel)
    assert rig.channel.external is not None
    rig.channel.external = replace(rig.channel.external, send_authorization=send)
    await rig.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None, 30)
    await command(rig, "workspaces", "rotate", workspace, "--finish")
    await command(rig, "channels", "rotate", channel, "--finish")


async def sealed(url: str) -> list[tuple[str, bytes]]:
    connection = await asyncpg.connect(url)
    try:
        return [(place, value) for place, value in await connection.fetch(PLACES) if value is not None]
    finally:
        await connection.close()


async def test_keys_and_tokens_are_changed_under_load_without_a_failed_request(
    database_url: str, tmp_path: Path
) -> None:
    seed, rate = a_seed(), pick(short=5.0, long=25.0)
    ran = f"a new key and new tokens of all three kinds, at {2 * rate:g} messages/s and {1 / CALLS_EVERY:g} calls/s"
    with row("S10", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed, replicas=1) as rig:
            old, new = rig.key, Fernet.generate_key().decode()
            flow = Flow(rig, await first_token(rig))
            async with talking(rig, contacts=10, rate=rate), asking(flow):
                await rolled_out(rig, old, new)
                await it_is_too_early(rig, new, old)
                await rolled_out(rig, new, old)
                figures.figures["keys rotate"] = said = await command(rig, "keys", "rotate")
                await rolled_out(rig, new)
                await tokens_are_rotated(rig, flow)
            await rig.drained()
            figures.judge(rig)
            statuses = Counter(answer.status for answer in records.answers(rig.rapidpro, rig.rocketchat))
            figures.figures["answers"] = str(dict(statuses + flow.answers))
            assert "; 0 are left on older keys." in said
            assert set(statuses) == {200}
            assert set(flow.answers) == {200}
            log = "".join(line for replica in rig.replicas.all for line in replica.service.seen)
            assert "unreadable" not in log
        values = await sealed(database_url)
        assert len([Vault([new]).open(place, value) for place, value in values]) == len(values) > 20
        figures.figures["sealed values that the new key opens alone"] = str(len(values))
