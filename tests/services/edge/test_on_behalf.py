"""The application calls the services with the visitor's credentials."""

from collections.abc import AsyncIterator

import httpx
import pytest
from mcp import Client as Agent
from mcp.client.streamable_http import streamable_http_client

from services.edge.app import build
from services.edge.settings import EdgeSettings
from tests.support.edge_app import listening
from tests.support.stores_stub import SERVICE, Stub, serve

CALLER = {
    "x-api-key": "enrayon_app_secret",
    "origin": "https://shop.example",
    "x-forwarded-for": "192.0.2.1",
}


@pytest.fixture
async def asked() -> AsyncIterator[tuple[Stub, str]]:
    stub = Stub()  # type: ignore[abstract]  # the tests ask for no more
    server, port = await serve(stub)
    app = build(f"127.0.0.1:{port}", EdgeSettings(), [SERVICE])
    async with listening(app) as url:
        yield stub, url
    await server.stop(None)


async def test_over_http_the_key_the_page_and_the_address_go_along(asked):
    stub, url = asked
    async with httpx.AsyncClient(base_url=url) as http:
        distance = {"center": {"latitude": 60.0, "longitude": 24.0}, "max": 100}
        body = {"distance": distance}
        assert (await http.post("/ucp/locations/search", json=body, headers=CALLER)).is_success
        first = {name: stub.metadata.get(name) for name in CALLER}
        await http.post("/ucp/locations/search", json=body)

    assert CALLER == first
    assert not CALLER.keys() & stub.metadata.keys()


async def test_of_an_agent_too(asked):
    stub, url = asked
    async with (
        httpx.AsyncClient(headers=CALLER) as http,
        Agent(streamable_http_client(f"{url}/mcp", http_client=http)) as agent,
    ):
        result = await agent.call_tool("find_stores", {"place": "Kamppi"})

    assert not result.is_error
    assert CALLER == {name: stub.metadata.get(name) for name in CALLER}
