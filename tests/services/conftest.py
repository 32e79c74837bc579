"""A real store, and the services on it, in this process."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from services import app
from services.chassis.access.gate import Gate
from services.chassis.clock import utc_now
from services.chassis.database.client import Client, connect
from services.chassis.keyring import Key, Keyring
from services.chassis.serving.methods import methods_of
from services.chassis.serving.server import Server
from services.chassis.settings import ChassisSettings
from services.directory.directory import Directory
from services.directory.origins import Origins
from services.directory.parts import Parts
from tests.backends import backend


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty store: an embedded Valkey, or the one that ENRAYON_TEST_DATABASE names."""
    with backend(tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture
async def database(database_url: str, settings: ChassisSettings) -> AsyncIterator[Client]:
    """A client of the store, which is empty before and after."""
    client = connect(settings, database_url)
    await client.flushall()
    yield client
    await client.flushall()
    await client.aclose()


@pytest.fixture
def settings(tmp_path: Path) -> ChassisSettings:
    """Settings of a test: any free port, a folder of its own, calls wait as long as it takes."""
    return ChassisSettings(grpc_port=0, http_port=0, data_dir=tmp_path, longest_wait_s=0)


@pytest.fixture(scope="session")
def gazetteer() -> Origins:
    """The gazetteer, loaded once."""
    from geodata.gazetteer import Gazetteer

    return Origins(Gazetteer.load())


@pytest.fixture
async def parts(
    database: Client, settings: ChassisSettings, gazetteer: Origins
) -> AsyncIterator[Parts]:
    """What a process shares, on the empty store."""
    directory = Directory(database, settings.data_dir)
    await directory.start()
    yield Parts(settings, database, directory, gazetteer, Keyring([Key(1, bytes(32))]), utc_now)
    await directory.stop()


@pytest.fixture
async def channel(parts: Parts) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server that hosts all services."""
    async with hosted(parts) as channel:
        yield channel


@asynccontextmanager
async def hosted(parts: Parts) -> AsyncIterator[grpc.aio.Channel]:
    """All services on a free port, and a channel to them."""
    async with serving(parts) as address, grpc.aio.insecure_channel(address) as channel:
        yield channel


@asynccontextmanager
async def serving(parts: Parts, gate: Gate | None = None) -> AsyncIterator[str]:
    """All services on a free port, and its address; without a gate open to all."""
    services = app.built(parts, [])
    methods = [
        method
        for service in services
        for method in methods_of(
            service.descriptor, service.servicer, parts.settings.max_request_bytes
        )
    ]
    server = Server(parts.settings, methods, gate)
    async with app.background(services):
        await server.start()
        yield f"127.0.0.1:{server.port}"
        await server.stop()
