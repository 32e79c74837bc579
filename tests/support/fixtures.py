"""Fixtures of all tests: a real database, and the services on it in this process."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from enrayon.events.v1 import events_pb2_grpc
from services.chassis.clock import utc_now
from services.chassis.database.client import Client, connect
from services.chassis.keyring import Key, Keyring
from services.chassis.settings import ChassisSettings
from services.directory.directory import Directory
from services.directory.origins import Origins
from services.directory.parts import Parts
from services.directory.router import Router
from tests.backends import backend
from tests.support.hosting import hosted


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty database: an embedded Valkey, or the one that ENRAYON_TEST_DATABASE names."""
    with backend(tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture(scope="session")
def lasting_database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A second database, for what the tests of a module share."""
    with backend(tmp_path_factory.mktemp("lasting")) as url:
        yield url


@pytest.fixture
async def database(database_url: str, settings: ChassisSettings) -> AsyncIterator[Client]:
    """A client of the database, which is empty before and after."""
    async with emptied(database_url, settings) as client:
        yield client


@asynccontextmanager
async def emptied(url: str, settings: ChassisSettings) -> AsyncIterator[Client]:
    """A client of a database that is empty before and after."""
    client = connect(settings, url)
    await client.flushall()
    yield client
    await client.flushall()
    await client.aclose()


@pytest.fixture
def settings(tmp_path: Path) -> ChassisSettings:
    """Settings of a test: free ports, its own folder, no limit on how long a call may wait."""
    return settings_in(tmp_path)


def settings_in(folder: Path) -> ChassisSettings:
    """Settings with free ports and no limit on how long a call may wait."""
    return ChassisSettings(grpc_port=0, http_port=0, data_dir=folder, longest_wait_s=0)


@pytest.fixture(scope="session")
def gazetteer() -> Origins:
    """The gazetteer, loaded once."""
    from geodata.gazetteer import Gazetteer

    return Origins(Gazetteer.load())


@pytest.fixture
def router() -> Router | None:
    """No roads; a test module with roads has a router of its own."""
    return None


@pytest.fixture
async def parts(
    database: Client, settings: ChassisSettings, gazetteer: Origins, router: Router | None
) -> AsyncIterator[Parts]:
    """The parts that the services of a process share, on the empty database."""
    async with started(database, settings, gazetteer, router) as parts:
        yield parts


@pytest.fixture(scope="module")
async def lasting_parts(
    lasting_database_url: str, tmp_path_factory: pytest.TempPathFactory, gazetteer: Origins
) -> AsyncIterator[Parts]:
    """The same for all tests of a module, which only read what its fixtures wrote."""
    settings = settings_in(tmp_path_factory.mktemp("parts"))
    async with (
        emptied(lasting_database_url, settings) as database,
        started(database, settings, gazetteer) as parts,
    ):
        yield parts


@asynccontextmanager
async def started(
    database: Client, settings: ChassisSettings, gazetteer: Origins, router: Router | None = None
) -> AsyncIterator[Parts]:
    """The parts of a process, with its directory started."""
    directory = Directory(database, settings.data_dir, router=router)
    await directory.start()
    yield Parts(settings, database, directory, gazetteer, Keyring([Key(1, bytes(32))]), utc_now)
    await directory.stop()


@pytest.fixture
async def channel(parts: Parts) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server that hosts all services."""
    async with hosted(parts) as channel:
        yield channel


@pytest.fixture
def notices(channel: grpc.aio.Channel) -> "events_pb2_grpc.EventsServiceAsyncStub":
    """A client of the events service."""
    return events_pb2_grpc.EventsServiceStub(channel)
