"""The command line against a database of the test's own."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests import processes


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """An environment in which every verb finds a migrated database and a key."""
    return processes.environment(
        tmp_path,
        DATABASE_URL=database_url,
        SECRET_KEYS=Fernet.generate_key().decode(),
        PUBLIC_URL="https://bridge.test/",
    )
