"""One channel of one workspace in a database of the test's own."""

from collections.abc import AsyncIterator

import pytest

from channel.store.database import open_pool
from tests.store.premises import Premises, connected


@pytest.fixture
async def premises(database_url: str) -> AsyncIterator[Premises]:
    pool = await open_pool(database_url, size=5, name="test")
    try:
        yield await connected(database_url, pool)
    finally:
        await pool.close()
