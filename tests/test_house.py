"""Who may import whom, and what only one module may do. A module with no place here fails."""

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EVERYTHING = ("channel", "models")

#: what may be used anywhere but in `core`, the two `wire`, `models` and the sandbox
ANYWHERE = ("channel.logs", "channel.metrics")


@dataclass(frozen=True)
class Room:
    """What the modules under a name may import: of ours, and from outside."""

    ours: Sequence[str] = ()
    outside: Sequence[str] = ()


EDGE = ("channel.core", "channel.web")
LIVECHAT = ("channel.core", "channel.rocketchat.wire", "channel.transport")

#: The longest name that a module's own begins with is its place.
HOUSE: dict[str, Room] = {
    "channel": Room(),
    "channel.__main__": Room(("channel.cli.main",)),
    "channel.app": Room(EVERYTHING, ("starlette",)),
    "channel.bridge": Room(("channel.core", "channel.store.conversations")),
    "channel.callers": Room(
        (
            "channel.core",
            "channel.delivery.pace",
            "channel.rapidpro.live_agents",
            "channel.rapidpro.routes",
            "channel.rocketchat.presence",
            "channel.rocketchat.routes",
            "channel.store",
        )
    ),
    "channel.claiming": Room(("channel.core", "channel.delivery", "channel.store")),
    "channel.cli": Room(EVERYTHING, ("typer", "cryptography", "uvloop")),
    "channel.connection": Room(EDGE, ("uvicorn",)),
    "channel.console": Room((*EDGE, "channel.console", "channel.store"), ("starlette", "jinja2")),
    "channel.core": Room(("channel.core",)),
    "channel.core.cutting": Room(("channel.core",), ("regex",)),
    "channel.core.emoji": Room((), ("emoji", "pymdownx")),
    "channel.core.markup": Room((), ("regex",)),
    "channel.delivery": Room(("channel.core", "channel.delivery.rest")),
    "channel.delivery.pace": Room(("channel.core", "channel.delivery.hearing")),
    "channel.delivery.rest": Room(()),
    "channel.delivery.sending": Room(("channel.core", "channel.transport")),
    "channel.doctor": Room(
        (
            "channel.core",
            "channel.doctor",
            "channel.rapidpro.wire",
            "channel.rocketchat.admin",
            "channel.rocketchat.wire",
            "channel.settings",
            "channel.state",
            "channel.store",
            "channel.transport",
        )
    ),
    "channel.embedded": Room((), ("cryptography",)),
    "channel.examples": Room(("channel.rapidpro.wire",)),
    "channel.gathering": Room(("channel.core", "channel.store.conversations")),
    "channel.logs": Room((), ("structlog",)),
    "channel.metrics": Room((), ("prometheus_client",)),
    "channel.neighbours": Room(("channel.core", "channel.delivery", "channel.store")),
    "channel.openapi": Room(
        ("channel.core", "channel.rapidpro.wire", "channel.examples", "channel.taken", "channel.__version__")
    ),
    "channel.opening": Room(
        ("channel.runtime", "channel.settings", "channel.state", "channel.store", "channel.transport")
    ),
    "channel.peers": Room(
        (
            "channel.core",
            "channel.delivery",
            "channel.rapidpro.client",
            "channel.rereading",
            "channel.rocketchat.client",
            "channel.rocketchat.emoji",
            "channel.store.database",
            "channel.transport",
        )
    ),
    "channel.postman": Room(("channel.examples", "channel.openapi")),
    "channel.rapidpro": Room(),
    "channel.rapidpro.api": Room(("channel.core", "channel.rapidpro.wire", "channel.transport")),
    "channel.rapidpro.client": Room(
        ("channel.core", "channel.rapidpro.wire", "channel.rapidpro.api", "channel.transport")
    ),
    "channel.rapidpro.failures": Room(("channel.core", "channel.rapidpro.wire", "channel.transport")),
    "channel.rapidpro.live_agents": Room((*EDGE, "channel.rapidpro.wire"), ("starlette",)),
    "channel.rapidpro.routes": Room((*EDGE, "channel.rapidpro.wire"), ("starlette",)),
    "channel.rapidpro.wire": Room(("channel.core", "channel.rapidpro.wire"), ("msgspec", "defusedxml")),
    "channel.rereading": Room(
        (
            "channel.core",
            "channel.rocketchat.client",
            "channel.rocketchat.wire.repair",
            "channel.store.database",
            "channel.store.repairs",
            "channel.transport",
        )
    ),
    "channel.rocketchat": Room(),
    "channel.rocketchat.admin": Room(LIVECHAT),
    "channel.rocketchat.client": Room((*LIVECHAT, "channel.rocketchat.presence", "channel.rocketchat.writing")),
    "channel.rocketchat.emoji": Room(("channel.core", "channel.rocketchat.presence")),
    "channel.rocketchat.presence": Room(LIVECHAT),
    "channel.rocketchat.provisioning": Room((*LIVECHAT, "channel.rocketchat.admin")),
    "channel.rocketchat.queue": Room((*LIVECHAT, "channel.rocketchat.admin")),
    "channel.rocketchat.routes": Room((*EDGE, "channel.rocketchat.wire"), ("starlette",)),
    "channel.rocketchat.wire": Room(("channel.core", "channel.rocketchat.wire"), ("msgspec",)),
    "channel.rocketchat.writing": Room((*LIVECHAT, "channel.rocketchat.presence")),
    "channel.runtime": Room(EVERYTHING, ("httpx",)),
    "channel.sandbox": Room(("channel.sandbox",), ("starlette", "httpx", "uvicorn")),
    "channel.serving": Room(EVERYTHING, ("starlette", "uvicorn")),
    "channel.settings": Room(("channel.core.networks",), ("pydantic", "pydantic_settings", "cryptography")),
    "channel.state": Room(("channel.embedded", "channel.settings", "channel.store")),
    "channel.store": Room(
        ("channel.core", "channel.store", "models"), ("asyncpg", "tortoise", "cryptography", "msgspec")
    ),
    "channel.taken": Room(("channel.rapidpro.wire",)),
    "channel.transport": Room(("channel.core", "channel.__version__"), ("aiohttp", "httpx", "httpx_aiohttp")),
    "channel.web": Room(EDGE, ("starlette",)),
    "models": Room(("models",), ("tortoise",)),
}
#: these hold one module each, or say nothing of what is below them
EXACT = {"channel", "channel.rapidpro", "channel.rocketchat", "channel.__main__"}
UNICODE = ("channel.core.cutting", "channel.core.emoji", "channel.core.markup")
SEALED = ("channel.core", *UNICODE, "channel.rapidpro.wire", "channel.rocketchat.wire", "channel.sandbox", "models")

#: the type of a value that the store hands out
ANNOTATES = {
    "channel.cli.channels": "models.channel",
    "channel.cli.connect_file": "models.channel",
    "channel.cli.connecting": "models.channel",
    "channel.cli.gave_up": "models.channel",
    "channel.cli.interview": "models.channel",
    "channel.cli.provision": "models.workspace",
    "channel.cli.workspaces": "models.workspace",
    "channel.console.editing": "models.channel",
    "channel.console.finding": "models.channel",
    "channel.console.numbers": "models.channel",
}

NOT_EMPTY = {"channel/__init__.py", "channel/sandbox/rapidpro/__init__.py", "channel/sandbox/rocketchat/__init__.py"}

CLOCKS = {"time.time", "time.time_ns", "time.gmtime", "time.localtime", "datetime.now", "datetime.utcnow"} | {
    "datetime.today",
    "date.today",
}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.putenv"}


def modules() -> dict[str, Path]:
    found = [path for name in EVERYTHING for path in (ROOT / name).rglob("*.py")]
    return {_dotted(path): path for path in found}


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = modules()


def complaints(name: str, source: str, *, package: bool = False) -> list[str]:
    """What is wrong with this module: an import, a clock or the environment that it may not use."""
    place = place_of(name)
    if place is None:
        return [f"{name} has no place in the house"]
    tree = ast.parse(source)
    wrong = [f"{name} imports {found}" for found in imports(name, tree, package=package) if not may(name, place, found)]
    used = set(names(tree))
    if not under(name, "channel.logs", "channel.sandbox"):
        wrong += [f"{name} reads {clock}" for clock in sorted(used & CLOCKS)]
    if name != "channel.settings":
        wrong += [f"{name} reads {variable}" for variable in sorted(used & ENVIRONMENT)]
    return wrong


def place_of(name: str) -> str | None:
    """Where in the house a module belongs; None for a stray one."""
    places = [place for place in HOUSE if (name == place if place in EXACT else under(name, place))]
    return max(places, key=len, default=None)


def may(name: str, place: str, found: str) -> bool:
    if found.partition(".")[0] not in EVERYTHING:
        return under(found, *sys.stdlib_module_names, *HOUSE[place].outside)
    if under(found, "models") and not under(name, "models", "channel.store"):
        return found.rpartition(".")[0] == ANNOTATES.get(name)
    return under(found, *HOUSE[place].ours) or (place not in SEALED and under(found, *ANYWHERE))


def under(name: str, *tops: str) -> bool:
    return any(name == top or name.startswith(f"{top}.") for top in tops)


def imports(name: str, tree: ast.AST, *, package: bool) -> Iterator[str]:
    """Everything a module imports, in full, the relative ones too; of `from a import b`, `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = name.split(".")
            above = parts[: len(parts) - node.level + package] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def names(tree: ast.AST) -> Iterator[str]:
    """`a.b` wherever it is read or imported, whatever `a` was called at its import."""
    called = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            yield f"{called.get(owner, owner)}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_keeps_to_its_place(name: str) -> None:
    path = MODULES[name]
    assert complaints(name, path.read_text(), package=path.name == "__init__.py") == []


def test_every_place_has_somebody_in_it() -> None:
    assert set(HOUSE) == {place_of(name) for name in MODULES}


def test_only_these_init_files_say_anything() -> None:
    said = {str(p.relative_to(ROOT)) for p in MODULES.values() if p.name == "__init__.py" and p.read_text().strip()}
    assert said == NOT_EMPTY


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("channel.core.words", "from channel.store import rows", "channel.core.words imports channel.store.rows"),
        ("channel.core.words", "import msgspec", "channel.core.words imports msgspec"),
        ("channel.core.words", "import regex", "channel.core.words imports regex"),
        ("channel.core.emoji", "from channel.logs import log", "channel.core.emoji imports channel.logs.log"),
        ("channel.core.words", "from channel.logs import log", "channel.core.words imports channel.logs.log"),
        ("channel.core.words", "def f():\n import httpx", "channel.core.words imports httpx"),
        ("channel.core.words", "from ..store import rows", "channel.core.words imports channel.store.rows"),
        ("channel.rapidpro.wire.send", "import httpx", "channel.rapidpro.wire.send imports httpx"),
        (
            "channel.rapidpro.routes",
            "from channel.rocketchat.wire import webhook",
            "channel.rapidpro.routes imports channel.rocketchat.wire.webhook",
        ),
        ("channel.runtime", "from models.lane import Lane", "channel.runtime imports models.lane.Lane"),
        ("channel.cli.channels", "from models.lane import Lane", "channel.cli.channels imports models.lane.Lane"),
        ("models.lane", "from channel.core import owed", "models.lane imports channel.core.owed"),
        ("channel.sandbox.faults", "from channel.core import owed", "channel.sandbox.faults imports channel.core.owed"),
        ("channel.helpers", "", "channel.helpers has no place in the house"),
        ("channel.rapidpro.helpers", "", "channel.rapidpro.helpers has no place in the house"),
        ("channel.app", "import os\nos.environ['A']", "channel.app reads os.environ"),
        ("channel.app", "import os as o\no.getenv('A')", "channel.app reads os.getenv"),
        ("channel.app", "from os import environ", "channel.app reads os.environ"),
        ("channel.app", "import time\ntime.time()", "channel.app reads time.time"),
        ("channel.app", "from time import time", "channel.app reads time.time"),
        ("channel.app", "from datetime import datetime as d\nd.now()", "channel.app reads datetime.now"),
        ("channel.app", "import datetime\ndatetime.datetime.utcnow()", "channel.app reads datetime.utcnow"),
    ],
)
def test_a_wrong_module_is_refused(name: str, source: str, complaint: str) -> None:
    assert complaints(name, source) == [complaint]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("channel.core.words", "from channel.core import text\nimport re"),
        ("channel.rapidpro.wire.send", "import msgspec\nfrom . import parameters"),
        ("channel.app", "import time\ntime.monotonic()"),
        ("channel.store.rows", "from models.lane import Lane\nfrom channel.logs import log"),
        ("channel.settings", "import os\nos.environ"),
    ],
)
def test_a_right_module_is_not(name: str, source: str) -> None:
    assert complaints(name, source) == []
