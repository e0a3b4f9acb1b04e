"""Every setting, typed, from the environment. The only module that reads it."""

import os
import ssl
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from cryptography.fernet import Fernet
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from channel.core.networks import THIS_MACHINE, Network


class WrongSettings(Exception):
    """Which settings are wrong, and why, in one sentence each; never their values."""


class Settings(BaseSettings):
    """How the service is run. Names in the environment are upper case and begin with `LIVE_AGENTS_`, but for the first.

    `docs/settings.md` says the same, and a test holds it to this.
    """

    model_config = SettingsConfigDict(env_prefix="LIVE_AGENTS_", frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="Postgres to keep everything in, as `postgresql://…`. Unset: an embedded one under `DATA_DIR`. "
        "Behind a PgBouncer before 1.21 it ends in `?prepared_statements=off` ([scaling](scaling.md#pgbouncer)).",
    )
    listen_database_url: SecretStr | None = Field(
        default=None,
        description="The same database, reached directly, for hints between processes (`LISTEN`): where edge and "
        "delivery are processes of their own, messages go at once and not at the next look, a quarter of a second "
        "later. For every process of the installation. Unset: no hints.",
    )
    data_dir: Path = Field(
        default=Path(".live-agents"), description="Where the embedded Postgres and its key file live."
    )
    public_url: str = Field(default="", description="Our URL as the peers reach it. Unset: `http://HOST:PORT`.")
    host: str = Field(default="127.0.0.1", description="The address to listen on, for both ports.")
    port: int = Field(default=8000, ge=0, le=65535, description="What RapidPro and Rocket.Chat call.")
    internal_port: int = Field(
        default=8001,
        ge=0,
        le=65535,
        description="Metrics, `/openapi.json` and the operators' console; never to be reached from outside.",
    )
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Fernet keys for secrets at rest, newest first, separated by commas. With the embedded database a "
        "key file is made on first use; with any other, a missing key refuses to start.",
    )
    rapidpro_rate: float = Field(
        default=0.0,
        ge=0,
        le=10_000,
        description="The most requests a second to each RapidPro, by all processes together. 0: as fast as it answers.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(),
        description="Networks of the proxies in front of us, in CIDR form, separated by commas: only they are believed "
        "whose request it is (`X-Forwarded-For`). Unset: none.",
    )
    private_peers: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(),
        description="Networks that are not public and in which peers may be, in CIDR form, separated by commas. Unset: "
        "none; but with the embedded database, or listening to this machine alone, this machine. Those where clouds "
        "keep a machine's secrets are never reached.",
    )
    ca_file: Path | None = Field(
        default=None, description="Certificates, in PEM form, of authorities to be believed besides the system's."
    )
    drain_seconds: float = Field(
        default=5.0,
        ge=0,
        le=300,
        description="How long to go on accepting after SIGTERM, until that has had time to be seen.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="How much to log.")
    log_format: Literal["json", "text"] = Field(default="json", description="A JSON object a line, or text for people.")

    @field_validator("ca_file")
    @classmethod
    def _are_certificates(cls, path: Path | None) -> Path | None:
        try:
            if path:
                ssl.create_default_context().load_verify_locations(path)
        except (OSError, ValueError):
            raise ValueError("is no readable file of certificates in PEM form") from None
        return path

    @field_validator("trusted_proxies", "private_peers", mode="before")
    @classmethod
    def _are_networks(cls, value: Any) -> Any:
        names = [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value
        networks = []
        for place, name in enumerate(names, start=1):
            try:
                networks.append(ip_network(name))
            except ValueError:
                raise ValueError(f"network {place} is none in CIDR form, as 10.0.0.0/8 is") from None
        return tuple(networks)

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(key.strip() for key in value.split(",") if key.strip()) if isinstance(value, str) else value

    @field_validator("secret_keys")
    @classmethod
    def _are_keys(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for place, key in enumerate(keys, start=1):
            try:
                Fernet(key.get_secret_value())
            except ValueError:
                raise ValueError(f"key {place} is no Fernet key; `live-agents keys generate` makes one") from None
        return keys

    @field_validator("database_url", "listen_database_url")
    @classmethod
    def _is_postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        try:
            parts = urlsplit(url.get_secret_value())
            whole = parts.scheme in {"postgresql", "postgres"} and (parts.port is None or parts.port > 0)
        except ValueError:
            whole = False
        if not whole:
            raise ValueError("is no postgresql:// URL (in its password, special characters are percent-encoded)")
        if dict(parse_qsl(parts.query)).get("prepared_statements", "off") not in {"on", "off"}:
            raise ValueError("says prepared_statements, which is on or off")
        return url

    @field_validator("public_url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("is no http:// or https:// URL")
        return url.rstrip("/")

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @property
    def base_url(self) -> str:
        """Our URL as the peers reach it, without a trailing slash."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def reachable(self) -> tuple[Network, ...]:
        """The networks, beside what is public, in which a peer may be."""
        if self.private_peers:
            return self.private_peers
        return THIS_MACHINE if self.embedded or self._is_for_this_machine else ()

    @property
    def _is_for_this_machine(self) -> bool:
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def embedded(self) -> bool:
        return self.database_url is None

    @classmethod
    def from_env(cls) -> "Settings":
        """The settings of this process; WrongSettings names each wrong one in one message."""
        try:
            return cls()
        except ValidationError as error:
            wrong = [f"{_variable(problem['loc'])} {_why(problem)}" for problem in error.errors()]
            raise WrongSettings("; ".join(wrong)) from None


def variable(name: str) -> SecretStr | None:
    """What is in a variable of the environment that an operator names as the place of a secret; None if it is unset."""
    value = os.environ.get(name)
    return None if value is None else SecretStr(value)


def _variable(place: tuple[int | str, ...]) -> str:
    name = str(place[0]).upper() if place else "a setting"
    return name if name == "DATABASE_URL" else f"LIVE_AGENTS_{name.removeprefix('LIVE_AGENTS_')}"


def _why(problem: Any) -> str:
    message: str = problem["msg"]
    return (
        message.removeprefix("Value error, ").lower()
        if message.startswith("Input")
        else message.removeprefix("Value error, ")
    )


def has_display() -> bool:
    """Whether whoever started this process sits at a screen on which a window can be opened."""
    return sys.platform in {"darwin", "win32"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
