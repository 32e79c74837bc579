"""The application calls the services with the visitor's credentials."""

from collections.abc import AsyncIterator

import httpx
import pytest
from mcp import Client as Agent
from mcp.client.streamable_http import streamable_http_client

from services.chassis.access.policy import Role
from services.client.contracts import CONTRACTS
from services.edge import on_behalf
from services.edge.app import build
from services.edge.settings import EdgeSettings
from tests.support.edge_app import listening
from tests.support.gated import SHOP, gated
from tests.support.stock import KAMPPI, MILK, STOCKMANN, state
from tests.support.stores_stub import SERVICE, Stub, serve

BUDGET = {"limit_public_ms_per_s": 0.005, "limit_page_ms_per_s": 0.005, "limit_burst_s": 3000}
"""Fifteen milliseconds of a processor for an address, which then comes back in hours."""
DISTANCE = {"distance": {"center": {"latitude": 60.17, "longitude": 24.94}, "max": 1000}}
BASKET = {"items": [{"product": MILK, "quantity": 1}], "origin": KAMPPI}

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


@pytest.mark.parametrize("name", on_behalf.FORWARDED)
@pytest.mark.parametrize("value", [b"caf\xe9", b"a\tb", "à".encode()], ids=["latin", "tab", "utf8"])
async def test_odd_bytes_of_a_header_reach_the_services_as_question_marks(asked, name, value):
    stub, url = asked
    async with httpx.AsyncClient(base_url=url, headers={name: value}) as http:
        page = await http.get("/stores/osm-1")
        answer = await http.post("/ucp/locations/search", json=DISTANCE)

    assert page.status_code < 500, page.text
    assert answer.is_success, answer.text
    assert "?" in stub.metadata[name]


async def test_of_an_agent_too(asked):
    stub, url = asked
    async with (
        httpx.AsyncClient(headers=CALLER) as http,
        Agent(streamable_http_client(f"{url}/mcp", http_client=http)) as agent,
    ):
        result = await agent.call_tool("find_stores", {"place": "Kamppi"})

    assert not result.is_error
    assert CALLER == {name: stub.metadata.get(name) for name in CALLER}


async def search(url: str, headers: dict[str, str]) -> bool:
    """Search stores by UCP; False if the address has nothing left."""
    async with httpx.AsyncClient(base_url=url, headers=headers) as http:
        answer = await http.post("/ucp/locations/search", json=DISTANCE)
    assert answer.status_code in (200, 429), answer.text
    return answer.is_success


async def options(url: str, headers: dict[str, str]) -> bool:
    """Find pick-up options; False if the address has nothing left."""
    async with httpx.AsyncClient(base_url=url, headers=headers) as http:
        answer = await http.post("/v1/pickupOptions:find", json=BASKET)
    assert answer.status_code in (200, 429), answer.text
    return answer.is_success


async def tool(url: str, headers: dict[str, str]) -> bool:
    """Let an agent find stores; False if the address has nothing left."""
    async with (
        httpx.AsyncClient(headers=headers) as http,
        Agent(streamable_http_client(f"{url}/mcp", http_client=http)) as agent,
    ):
        result = await agent.call_tool("find_stores", {"place": "Kamppi"})
    assert not result.is_error or "too many calls" in str(result.content), result
    return not result.is_error


@pytest.mark.parametrize("ask", [search, options, tool])
async def test_the_address_of_the_visitor_pays_for_the_work_of_the_services(
    parts, monkeypatch, ask
):
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with gated(parts, **BUDGET) as callers:
        await state(callers.by(Role.ADMIN).stock, STOCKMANN, milk=5)
        app = build(callers.server, EdgeSettings(), CONTRACTS)
        page = {"origin": SHOP, "x-api-key": callers.keys[Role.PAGE]} if ask is options else {}

        def at(address: str) -> dict[str, str]:
            return {**page, "x-forwarded-for": address}

        async with listening(app) as url:
            await ask(url, at("192.0.2.9"))  # the first call loads and compiles what others use
            answers = [await ask(url, at("192.0.2.1")) for _ in range(30)]
            forged = await ask(url, at("198.51.100.1, 192.0.2.1"))
            other = await ask(url, at("192.0.2.2"))

    answered = answers.index(False)
    assert 1 <= answered
    assert not any(answers[answered:])
    assert (False, True) == (forged, other)
