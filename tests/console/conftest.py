"""One service, one database and one operator of each role for all tests of a module."""

from collections.abc import AsyncIterator

import pytest

from channel.core.operators import Role
from tests.bridge import Bridge, running_bridge
from tests.conftest import own_database
from tests.console.desk import Browser, Desk, open_desk


@pytest.fixture(scope="module")
async def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bridge]:
    async with (
        own_database(postgres) as url,
        running_bridge(url, tmp_path_factory.mktemp("console")) as running,
    ):
        yield running


@pytest.fixture(scope="module")
async def desk(house: Bridge) -> AsyncIterator[Desk]:
    async with open_desk(house) as opened:
        yield opened


@pytest.fixture(scope="module")
async def browsers(desk: Desk) -> dict[Role, Browser]:
    return {role: await desk.operator(role, f"who.may.{role}") for role in Role}
