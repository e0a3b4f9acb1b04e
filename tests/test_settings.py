"""Settings come from the environment, and a wrong one is named without what it says."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from channel.core.networks import THIS_MACHINE, Network
from channel.settings import Settings, WrongSettings, has_display
from channel.state import secret_keys

KEYS = [Fernet.generate_key().decode() for _ in range(2)]


def given(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name if name == "DATABASE_URL" else f"LIVE_AGENTS_{name}", value)
    return Settings.from_env()


def test_without_any_the_service_keeps_to_itself() -> None:
    settings = Settings.from_env()
    assert (settings.embedded, settings.host, settings.base_url) == (True, "127.0.0.1", "http://127.0.0.1:8000")
    assert settings.data_dir == Path(".live-agents")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://root:hunter2@db/x"),
        ("DATABASE_URL", "postgresql://root:hunter2@db/x?prepared_statements=hunter2"),
        ("PUBLIC_URL", "ftp://hunter2.example"),
        ("PORT", "hunter2"),
        ("PORT", "65536777"),
        ("INTERNAL_PORT", "-77"),
        ("SECRET_KEYS", "hunter2"),
        pytest.param("SECRET_KEYS", f"{KEYS[0]},hunter2", id="SECRET_KEYS-a key and hunter2"),
        ("DRAIN_SECONDS", "-77"),
        ("DRAIN_SECONDS", "hunter2"),
        ("TRUSTED_PROXIES", "hunter2"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,10.7.7.77/8"),
        ("PRIVATE_PEERS", "hunter2"),
        ("PRIVATE_PEERS", "10.7.7.77/8"),
        ("CA_FILE", "hunter2"),
        ("LOG_LEVEL", "hunter2"),
        ("LOG_FORMAT", "hunter2"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(WrongSettings) as wrong:
        given(monkeypatch, **{name: value})
    said = str(wrong.value)
    assert said.startswith("DATABASE_URL " if name == "DATABASE_URL" else f"LIVE_AGENTS_{name} ")
    assert "hunter2" not in said
    assert "77" not in said
    assert KEYS[0] not in said
    assert wrong.value.__cause__ is None
    assert wrong.value.__suppress_context__


@pytest.mark.parametrize(
    ("variables", "reached"),
    [
        ({}, THIS_MACHINE),
        ({"HOST": "0.0.0.0"}, THIS_MACHINE),  # noqa: S104 - nothing is bound
        ({"HOST": "localhost", "DATABASE_URL": "postgresql://db/x"}, THIS_MACHINE),
        ({"HOST": "::1", "DATABASE_URL": "postgresql://db/x"}, THIS_MACHINE),
        ({"HOST": "0.0.0.0", "DATABASE_URL": "postgresql://db/x"}, ()),  # noqa: S104
        ({"HOST": "bridge.test", "DATABASE_URL": "postgresql://db/x"}, ()),
        ({"PRIVATE_PEERS": "10.0.0.0/8, fd00::/8"}, (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))),
    ],
)
def test_peers_on_this_machine_are_reached_in_a_trial_alone(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], reached: tuple[Network, ...]
) -> None:
    assert given(monkeypatch, **variables).reachable == reached


def test_all_wrong_settings_are_named_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongSettings) as wrong:
        given(monkeypatch, DATABASE_URL="x", PORT="x", LOG_LEVEL="x")
    named = [sentence.split(" ")[0] for sentence in str(wrong.value).split("; ")]
    assert sorted(named) == ["DATABASE_URL", "LIVE_AGENTS_LOG_LEVEL", "LIVE_AGENTS_PORT"]


def test_a_wrong_key_is_named_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongSettings, match="LIVE_AGENTS_SECRET_KEYS key 2 is no Fernet key"):
        given(monkeypatch, SECRET_KEYS=f"{KEYS[0]}, hunter2")


def test_keys_are_newest_first_and_may_be_spaced(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, SECRET_KEYS=f" {KEYS[0]} , {KEYS[1]},")
    assert secret_keys(settings) == KEYS


def test_a_database_of_ones_own_needs_a_key_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, DATABASE_URL="postgresql://u:hunter2@db/x")
    with pytest.raises(WrongSettings, match="LIVE_AGENTS_SECRET_KEYS is missing") as wrong:
        secret_keys(settings)
    assert "hunter2" not in str(wrong.value)


def test_the_embedded_database_has_a_key_file_that_only_its_owner_reads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = given(monkeypatch, DATA_DIR=str(tmp_path / "new"))
    made = secret_keys(settings)
    assert secret_keys(settings) == made
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()] == [0o600]


@pytest.mark.parametrize(
    ("name", "value", "field", "means"),
    [
        ("PUBLIC_URL", "https://bridge.example/", "base_url", "https://bridge.example"),
        ("PUBLIC_URL", "", "base_url", "http://127.0.0.1:8000"),
        ("PORT", "9000", "base_url", "http://127.0.0.1:9000"),
        ("LOG_LEVEL", "debug", "log_level", "DEBUG"),
        ("DATABASE_URL", "postgres://db/x", "embedded", False),
        ("DATABASE_URL", "", "embedded", True),
        ("NO_SUCH_SETTING", "x", "port", 8000),
    ],
)
def test_a_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, means: object) -> None:
    assert getattr(given(monkeypatch, **{name: value}), field) == means


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, DATABASE_URL="postgresql://u:hunter2@db/x", SECRET_KEYS=KEYS[0])
    said = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "hunter2" not in said
    assert KEYS[0] not in said


def test_settings_do_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings.from_env().port = 1


@pytest.mark.parametrize(
    ("variables", "there"),
    [({}, False), ({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "wayland-0"}, True), ({"DISPLAY": ""}, False)],
)
def test_a_window_is_opened_only_where_there_is_a_screen(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], there: bool
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert has_display() is there
