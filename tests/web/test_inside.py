"""The internal port: what is there, and that the public one has none of it."""

import httpx
import pytest

from channel.app import create_internal_app
from tests.bridge import Bridge


async def test_the_description_of_the_public_routes_is_inside(bridge: Bridge) -> None:
    inside = httpx.ASGITransport(create_internal_app(bridge.runtime))
    async with httpx.AsyncClient(transport=inside, base_url="http://inside.test") as http:
        answer = await http.get("/openapi.json")
        assert answer.status_code == 200
        described = answer.json()
        assert described["servers"] == [{"url": bridge.runtime.settings.base_url}]
        assert "/live-agents/registerClient" in described["paths"]
        assert (await http.get("/metrics")).status_code == 200


@pytest.mark.parametrize("path", ["/openapi.json", "/metrics"])
async def test_the_public_port_has_none_of_it(path: str, bridge: Bridge) -> None:
    assert (await bridge.http.get(f"{bridge.url}{path}")).status_code == 404
