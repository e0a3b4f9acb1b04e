"""channels hours: what is set is shown again; what is wrong is refused with its line and changes nothing."""

import json
from pathlib import Path

import asyncpg
import pytest

from tests.cli.test_bad_input import NOBODY, PEERS, said
from tests.processes import run

DESK = """# our hours
zone = "Africa/Nairobi"
closed = [2026-12-25]
monday-friday = "08:00-17:00"

[departments."Night line"]
monday-sunday = "20:00-06:00"
"""


async def connected(env: dict[str, str], name: str = "Helpline") -> str:
    """A channel's UUID."""
    made = await run(env, "connect", "--json", *PEERS, "--name", name)
    uuid: str = json.loads(made.out)["channel"]["uuid"]
    return uuid


async def stored(database_url: str) -> list[str | None]:
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("SELECT hours::text FROM channel ORDER BY name")
    await connection.close()
    return [row["hours"] for row in rows]


async def test_hours_are_set_shown_set_again_and_cleared(
    env: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    await connected(env)
    file = tmp_path / "hours.toml"
    file.write_text(DESK)
    assert "nobody" not in (await run(env, "channels", "hours", "show")).out
    assert (await run(env, "channels", "hours", "set", str(file))).code == 0
    shown = await run(env, "channels", "hours", "show")
    assert shown.code == 0
    assert 'monday = ["08:00-17:00"]' in shown.out
    before = await stored(database_url)
    assert (await run(env, "channels", "hours", "set", "-", given=shown.out)).code == 0
    assert await stored(database_url) == before
    as_json = json.loads((await run(env, "channels", "hours", "show", "--json")).out)
    assert as_json["departments"]["Night line"]["sunday"] == ["20:00-06:00"]
    assert (await run(env, "channels", "hours", "clear")).code == 0
    assert await stored(database_url) == [None]
    assert "somebody is always there" in (await run(env, "channels", "hours", "show")).out


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (DESK.replace("17:00", "25:00"), "hours.toml: line 4: monday-friday: 25:00 is no time"),
        (DESK.replace("= [2026", "[2026"), "hours.toml: line 3: this is no TOML"),
        ("", "hours.toml: line 1: zone is missing"),
        (b"zone = '\xff'", "is no text in UTF-8"),
        (b"#" * 300_000, "is larger than 262144 bytes"),
        (None, "cannot be read"),
    ],
)
async def test_a_wrong_file_changes_nothing(
    written: str | bytes | None, sentence: str, env: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    await connected(env)
    assert (await run(env, "channels", "hours", "set", "-", given=DESK)).code == 0
    before = await stored(database_url)
    file = tmp_path / "hours.toml"
    if written is not None:
        file.write_bytes(written if isinstance(written, bytes) else written.encode())
    said(await run(env, "channels", "hours", "set", str(file)), sentence)
    assert await stored(database_url) == before != [None]


async def test_of_several_channels_one_must_be_named(env: dict[str, str], database_url: str) -> None:
    said(await run(env, "channels", "hours", "set", "-", given=DESK), "there is no channel: `live-agents connect`")
    first, second = await connected(env, "Aid"), await connected(env, "Birth")
    refused = await run(env, "channels", "hours", "set", "-", given=DESK)
    said(refused, f"name one with --channel: {first} (Aid), {second} (Birth)")
    said(await run(env, "channels", "hours", "show", "--channel", NOBODY), f"there is no channel {NOBODY}")
    said(await run(env, "channels", "hours", "show", "--channel", "x"), "--channel is no UUID")
    assert (await run(env, "channels", "hours", "set", "-", "--channel", second, given=DESK)).code == 0
    assert [each is None for each in await stored(database_url)] == [True, False]
