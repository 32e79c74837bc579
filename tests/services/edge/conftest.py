"""A real Envoy in front of the stub."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.edge.envoy import Address, render
from services.edge.settings import EdgeSettings
from tests.support.edge import Edge, free_address, running
from tests.support.stores_stub import SERVICE, Stub, serve


@pytest_asyncio.fixture(scope="session")
async def upstream() -> AsyncIterator[tuple[Stub, Address]]:
    stub = Stub()  # type: ignore[abstract]  # the tests ask for no more
    server, port = await serve(stub)
    yield stub, Address("127.0.0.1", port)
    await server.stop(None)


@pytest.fixture
def stub(upstream: tuple[Stub, Address]) -> Stub:
    upstream[0].reset()
    return upstream[0]


@pytest_asyncio.fixture(scope="session")
async def one_edge(
    upstream: tuple[Stub, Address], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Edge]:
    origins = EdgeSettings().edge_origins
    config = render([SERVICE], free_address(), upstream[1], allow_origins=origins)
    async with running(config, tmp_path_factory.mktemp("envoy")) as edge:
        yield edge


@pytest.fixture
async def edge(one_edge: Edge) -> Edge:
    """The edge, once it finds the stub healthy: between tests the stub may miss health checks."""
    async with asyncio.timeout(20):
        while (await one_edge.http.get("/readyz")).status_code != 200:  # noqa: ASYNC110 no event
            await asyncio.sleep(0.05)
    return one_edge
