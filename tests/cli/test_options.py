"""channels options: the file that is shown can be edited and set; a wrong one changes nothing."""

import json
from pathlib import Path

import asyncpg

from tests.cli.test_bad_input import said
from tests.cli.test_hours import connected
from tests.processes import run


async def stored(database_url: str) -> str:
    connection = await asyncpg.connect(database_url)
    options: str = await connection.fetchval("SELECT options::text FROM channel")
    await connection.close()
    return options


async def test_the_file_that_is_shown_is_edited_and_set(env: dict[str, str], database_url: str, tmp_path: Path) -> None:
    await connected(env)
    file = tmp_path / "options.toml"
    file.write_text((await run(env, "channels", "options", "show")).out)
    assert (await run(env, "channels", "options", "set", str(file))).code == 0
    assert json.loads(await stored(database_url)) == {}
    edited = (
        file.read_text().replace('# leave_word = ""', 'leave_word = "stop"').replace("# queued = true", "queued=false")
    )
    file.write_text(edited)
    assert (await run(env, "channels", "options", "set", str(file))).code == 0
    chosen = json.loads((await run(env, "channels", "options", "show", "--json")).out)
    assert chosen == json.loads(await stored(database_url)) == {"leave_word": "stop", "notices": {"queued": False}}
    shown = (await run(env, "channels", "options", "show")).out
    assert 'leave_word = "stop"' in shown.splitlines()
    assert "queued = false" in shown.splitlines()


async def test_a_wrong_file_changes_nothing(env: dict[str, str], database_url: str) -> None:
    channel = await connected(env)
    right = ("channels", "options", "set", "-", "--channel", channel)
    assert (await run(env, *right, given='leave_word = "stop"')).code == 0
    wrong = await run(env, *right, given='leave_word = "go"\n[templates.taken]\neng = "{nam}"\n')
    said(wrong, "-: line 3: templates.taken.eng: {nam} is no placeholder of taken: it has {agent}")
    assert json.loads(await stored(database_url)) == {"leave_word": "stop"}
