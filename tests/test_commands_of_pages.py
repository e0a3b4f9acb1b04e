"""Whatever the pages name besides the six steps, run as it stands there: at a bridge with talks and dead letters.

`kubectl` and `docker` need what is not here; what they are given to run is run. `pytest -s` says how long each takes.
"""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg
from cryptography.fernet import Fernet

from channel.sandbox.rapidpro.faults import FOR_EVER, answer
from tests.cli.peers import Peers, open_peers
from tests.walking import DOCS, NAMES, Walk, blocks, commands, languages, spans, talk, walker, whole, wired

#: by tests/test_start_here.py
WALKED: Final = ("start-here.md", "rocketchat.md", "rapidpro/set-ups.md")
#: by tests/faults/test_recovery.py, but for what their sentences name
REHEARSED: Final = ("restore.md", "lost-key.md", "upgrade.md")
#: what goes on until it is stopped: tests/test_start_here.py, tests/test_roles.py and tests/cli/test_demo.py start it
SERVED: Final = ("live-agents serve", "live-agents serve --role deliver", "live-agents demo")
MIGRATED: Final = "live-agents serve --migrate"
#: what needs all to be well, and what takes away what the others need
FIRST, LAST = "doctor.md", "live-agents channels remove CHANNEL"

#: what those say that would end well with nothing done, too
SAYS: Final = {
    "live-agents replay ID": "1 delivery goes again",
    "live-agents replay 1001": "1 delivery goes again",
    "live-agents discard ID --reason WHY": " discarded.",
    "live-agents discard ID --reason restored": " discarded.",
    'live-agents discard 1001 --reason "answered by telephone"': " discarded.",
    "live-agents doctor --send-test": "fine      test_to_agent",
    "live-agents doctor --strict; test $? -le 1": "0 wrong, ",
}
#: the pages that discard a message
DISCARDED: Final = ("operations.md", "restore.md", "../README.md")

_RUN: Final = re.compile(
    r"^\s*(?:\$ )?(?:LIVE_AGENTS_\w+=\S+ )?(?:\S*/)?(?:live-agents [a-z]|docker |kubectl |psql |python[\d.]* |make )",
    re.MULTILINE,
)
_DEAD: Final = "SELECT count(*) FROM delivery WHERE state = 'dead'"
_OURS: Final = re.compile(r"(?:LIVE_AGENTS_\w+=\S+ )?(?:\.venv/bin/)?(live-agents .+)")
#: those of `docker` and `kubectl` have it behind what is theirs
_CARRIED: Final = re.compile(
    r"(?:docker|kubectl) (?:.* )?(?:(?:-- |exec bridge )live-agents|run --rm \S+) ([a-z][^|)]+)"
)


def pages() -> list[str]:
    found = [*(str(path.relative_to(DOCS)) for path in sorted(DOCS.glob("**/*.md"))), "../README.md"]
    return sorted(found, key=lambda page: page != FIRST)


def named(page: str) -> Iterator[str]:
    """Each command of ours that a page has, without what begins it."""
    for command in [*commands(page), *spans(page)]:
        if carried := _CARRIED.search(command):
            yield f"live-agents {carried[1].strip()}"
        elif ours := _OURS.fullmatch(command):
            yield ours[1]
        elif command.startswith("python -c "):
            yield command


def to_do() -> list[tuple[str, str]]:
    """What is to be run with its page: each once, however it is said."""
    known = {whole(command) for page in WALKED for command in named(page)} | {*SERVED, MIGRATED}
    known |= {whole(command) for page in REHEARSED for command in commands(page)}
    found: dict[str, str] = {}
    for page in pages():
        for command in named(page):
            found.setdefault(whole(command), page)
    return sorted(((page, command) for command, page in found.items() if command not in known), key=_comes)


def _comes(found: tuple[str, str]) -> bool:
    return found[1] == LAST


def test_what_is_to_be_run_is_marked_as_that() -> None:
    for page in pages():
        assert set(languages(page)) <= {"", "sh", "toml", "sql", "json", "yaml", "mermaid"}, page
        for block in blocks(page, ""):
            assert not _RUN.search(block), (page, block)
        ours = [command for command in commands(page) if re.search(r"(?<![\w/.-])live-agents [a-z]", command)]
        assert len(ours) <= len(list(named(page))), page


def test_what_is_to_be_said_is_said_by_what_is_run() -> None:
    assert SAYS.keys() <= {command for _, command in to_do()}


def test_a_name_of_a_verb_is_the_beginning_of_something_that_is_run() -> None:
    run = [*(command for _, command in to_do()), *(whole(command) for page in WALKED for command in named(page))]
    for name in NAMES:
        assert [command for command in run if command.startswith(f"{name} ")], name


async def test_what_the_pages_ask_of_postgres_is_answered(database_url: str) -> None:
    (statements,) = blocks("operations.md", "sql")
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def test_every_command_of_every_page_does_what_it_is_there_for(empty_database_url: str, tmp_path: Path) -> None:
    async with open_peers() as peers:
        walk = walker(tmp_path, peers)
        walk.env |= {
            "DATABASE_URL": empty_database_url,
            "LIVE_AGENTS_SECRET_KEYS": Fernet.generate_key().decode(),
        }
        (hours,) = blocks("hours.md", "toml")
        (tmp_path / "hours.toml").write_text(hours)
        async with walk.running(MIGRATED):
            await _connected(walk, peers)
            dead: dict[str, str] = {}
            for page, command in to_do():
                if page != FIRST and not dead:
                    dead = await _dead_letters(walk, peers, empty_database_url)
                message = dead.get(page, "")
                walk.names |= {"ana": f"ana.{Path(page).stem.lower()}", "ID": message, "1001": message}
                ended = await walk.do(command)
                assert SAYS.get(command, "") in ended.out
                assert "Traceback" not in ended.err


async def _connected(walk: Walk, peers: Peers) -> None:
    """By the first of the six steps; and the webhook's secret is being changed."""
    await walk.do("live-agents connect")
    await walk.what_was_made()
    await walk.do("live-agents workspaces rotate WORKSPACE")
    await walk.do("live-agents provision --apply < rocketchat-login.txt")
    walk.names |= {
        "http://127.0.0.1:8100": peers.rapidpro_url,
        "http://127.0.0.1:8200": peers.rocketchat_url,
        "URL": peers.rocketchat_url,
    }
    await talk(walk, peers, wired(walk, peers))


async def _dead_letters(walk: Walk, peers: Peers, database_url: str) -> dict[str, str]:
    """Ana, Bo and Cy have talked; RapidPro refuses what Dan's agent writes, now and when it is tried again.

    Returns a message of the agent's for each page that discards one.
    """
    talked = {
        name: peers.rapidpro.add_contact(name, [f"whatsapp:551198888777{n}"])
        for n, name in enumerate(("Bo", "Cy", "Dan"))
    }
    await walk.do("live-agents channels edit CHANNEL --rapidpro-channel UUID")  # whose failures `repair` lists
    for contact in talked.values():
        room = await talk(walk, peers, contact)
    peers.rapidpro.faults.add("POST messages", answer(400), times=FOR_EVER)
    written = {
        page: await peers.rocketchat.write(room.id, "joao.agent", f"I wrote to you: {page}") for page in DISCARDED
    }
    connection = await asyncpg.connect(database_url)
    try:
        async with asyncio.timeout(30):
            while await connection.fetchval(_DEAD) < len(written):  # noqa: ASYNC110 - another process makes it so
                await asyncio.sleep(0.05)
        cy = await connection.fetchval("SELECT id FROM contact WHERE uuid = $1", talked["Cy"].uuid)
    finally:
        await connection.close()
    walk.names |= {
        "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5": walk.names["CONTACT"],
        "CONTACT": talked["Bo"].uuid,
        "id:17": f"id:{cy}",
    }
    return written
