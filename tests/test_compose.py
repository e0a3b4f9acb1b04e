"""compose.yaml: what it gives is a setting, what it runs is there, and the peers come only when they are asked for."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from channel.settings import Settings
from tests.dockerfile import stages

ROOT = Path(__file__).parent.parent
SAID: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = SAID["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)


def test_the_peers_come_only_for_a_rehearsal() -> None:
    assert {name for name, service in SERVICES.items() if "profiles" not in service} == {
        "postgres", "migrate", "bridge"
    }  # fmt: skip
    assert {service["profiles"][0] for service in SERVICES.values() if "profiles" in service} == {"rehearsal"}


@pytest.mark.parametrize("name", OURS)
def test_what_is_built_is_a_stage_of_the_dockerfile(name: str) -> None:
    assert SERVICES[name]["build"]["target"] in {stage.name for stage in stages(ROOT / "Dockerfile")}


@pytest.mark.parametrize("name", OURS)
def test_ours_may_do_no_more_than_they_must(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", ["migrate", "bridge", "connect"])
def test_what_is_given_is_a_setting(name: str) -> None:
    known = {"DATABASE_URL", *(f"LIVE_AGENTS_{field.upper()}" for field in Settings.model_fields)}
    assert set(SERVICES[name]["environment"]) <= known


def test_no_secret_is_written_down_and_all_are_asked_for() -> None:
    given = SERVICES["bridge"]["environment"]
    assert "${POSTGRES_PASSWORD:?" in given["DATABASE_URL"]
    assert given["LIVE_AGENTS_SECRET_KEYS"].startswith("${LIVE_AGENTS_SECRET_KEYS:?")
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_everybody_waits_for_somebody_who_is_there_and_every_port_is_this_machines() -> None:
    awaited = {other for service in SERVICES.values() for other in service.get("depends_on", {})}
    assert awaited <= set(SERVICES)
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port) for port in ports)


def test_volumes_are_declared_and_postgres_keeps_its_data_in_one() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert used == set(SAID["volumes"])
    assert SERVICES["postgres"]["image"] == "docker.io/library/postgres:18"
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]  # where 18 keeps it; 17 did elsewhere
