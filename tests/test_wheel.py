"""What `pip wheel .` makes works by itself, in an environment in which there was nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "tests")


def _run(*command: str | Path, **environment: str) -> str:
    env = {n: v for n, v in os.environ.items() if n not in {"PYTHONPATH", "DATABASE_URL"} and "LIVE_AGENTS" not in n}
    done = subprocess.run(
        [str(word) for word in command],
        env=env | environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a new environment with the wheel, and the pinned packages it needs, in it."""
    home = tmp_path_factory.mktemp("wheel")
    source = home / "source"
    shutil.copytree(
        ROOT, source, ignore=_LEFT_OUT
    )  # a build leaves files beside what it builds, and stumbles over them
    _run(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", home, source,
        PIP_NO_CACHE_DIR="0",
    )  # fmt: skip
    _run(sys.executable, "-m", "venv", home / "venv")
    pip = home / "venv" / "bin" / "pip"
    _run(pip, "install", "--quiet", "--no-compile", "--require-hashes", "-r", ROOT / "requirements-demo.txt")
    (wheel,) = home.glob("live_agents-*.whl")
    _run(pip, "install", "--quiet", "--no-deps", wheel)
    return home / "venv" / "bin"


def test_the_entry_point_and_the_migrations_work_from_the_wheel(scripts: Path, tmp_path: Path) -> None:
    printed = _run(
        scripts / "live-agents", "connect", "--json", "--rocketchat-url", "https://chat.test",
        "--rapidpro-url", "https://rapidpro.test", LIVE_AGENTS_DATA_DIR=str(tmp_path),
    )  # fmt: skip
    assert json.loads(printed)["channel"]["max_length"] == 6400
    assert "up to date" in _run(scripts / "live-agents", "migrate", LIVE_AGENTS_DATA_DIR=str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "whence"), [((), "the External channel"), (("--set-up", "a"), "RapidPro or to the agent")]
)
def test_the_demo_has_its_conversation_from_the_wheel(
    arguments: tuple[str, ...], whence: str, scripts: Path, tmp_path: Path
) -> None:
    told = _run(scripts / "live-agents", "demo", "--once", *arguments, LIVE_AGENTS_DATA_DIR=str(tmp_path))
    *_, last = [line for line in told.splitlines() if line]
    assert last == f"The answers arrived on Ana's own WhatsApp, and none came back to {whence}."


def test_the_wheel_holds_channel_and_models_only(scripts: Path) -> None:
    listed = _run(scripts / "python", "-c", "import importlib.metadata as m; print(m.files('live-agents'))")
    assert "tests/" not in listed
    assert "models/migrations/0001_initial.py" in listed
    assert "channel/store/queries.sql" in listed
    assert "channel/console/reasons.toml" in listed
    for path in [*(ROOT / "channel/console/templates").iterdir(), *(ROOT / "channel/console/static").iterdir()]:
        assert str(path.relative_to(ROOT)) in listed
