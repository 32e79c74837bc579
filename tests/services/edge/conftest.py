"""A real Envoy in front of the stub."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio

from services.chassis.processes.lifeline import lifeline
from services.edge.envoy import Address, command, render
from services.edge.settings import EdgeSettings
from tests.services.edge.stub import SERVICE, Stub, serve
from tests.support.ports import free_port


class Edge(NamedTuple):
    """A running Envoy."""

    port: int
    log: Path
    http: httpx.AsyncClient


def free_address() -> Address:
    return Address("127.0.0.1", free_port())


@asynccontextmanager
async def running(config: dict[str, Any], folder: Path) -> AsyncIterator[Edge]:
    """Envoy with a configuration, once it listens."""
    path, log = folder / "envoy.json", folder / "envoy.log"
    path.write_text(json.dumps(config))
    listener = config["static_resources"]["listeners"][0]
    port = listener["address"]["socket_address"]["port_value"]
    with log.open("wb") as output:
        envoy = await asyncio.create_subprocess_exec(
            *lifeline(command(path, workers=1)), stdout=output, stderr=output
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
            await _until_it_listens(http, envoy)
            yield Edge(port, log, http)
    finally:
        if envoy.returncode is None:
            envoy.terminate()
        await envoy.wait()


async def _until_it_listens(http: httpx.AsyncClient, envoy: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(20):
        while envoy.returncode is None:
            try:
                await http.get("/readyz")
            except httpx.TransportError:
                await asyncio.sleep(0.02)
            else:
                return
    raise AssertionError(f"Envoy ended with code {envoy.returncode}")


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
    """Once it finds the stub well, which answers nothing while tests run that do not wait."""
    async with asyncio.timeout(20):
        while (await one_edge.http.get("/readyz")).status_code != 200:  # noqa: ASYNC110 no event
            await asyncio.sleep(0.05)
    return one_edge
