"""What services declare is there before they answer: their feeds, whatever the database does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from enrayon.stores.v1 import stores_pb2
from services import app
from services.chassis.clock import utc_now
from services.chassis.database.client import Client, connect
from services.chassis.errors import DatabaseUnavailable
from services.chassis.settings import ChassisSettings
from services.directory.feed import Feed
from services.directory.keys import STORES
from services.directory.parts import Service
from services.directory.stores import StoresReplica
from tests.support.feeds import brands, feed_of, record, write

Running = tuple[Service, Feed[StoresReplica]]
CONTRACT = stores_pb2.DESCRIPTOR.services_by_name["StoresService"]


@pytest.fixture
async def nowhere(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a database that does not run."""
    settings = ChassisSettings(database_timeout_s=0.5)
    client = connect(settings, f"unix://{tmp_path}/nowhere.sock")
    yield client
    await client.aclose()


@asynccontextmanager
async def running(client: Client, folder: Path) -> AsyncIterator[Running]:
    feed = feed_of(client, folder)
    service = Service(CONTRACT, object(), feeds=(feed,))
    async with app.background([service]):
        yield service, feed


async def test_a_feed_is_loaded_before_its_service_answers_and_follows(database, tmp_path):
    await write(database, record("a"))
    async with running(database, tmp_path) as (service, feed):
        assert {"a": ""} == brands(feed)
        assert "" == service.why_unread()
        assert await feed.caught_up(await write(database, record("b")))
        assert {"a": "", "b": ""} == brands(feed)


async def test_without_the_database_a_feed_begins_with_its_snapshot(database, nowhere, tmp_path):
    await write(database, record("a"))
    async with running(database, tmp_path):
        pass
    async with running(nowhere, tmp_path) as (service, feed):
        assert {"a": ""} == brands(feed)
        assert "" == service.why_unread()
        assert feed.current_at < utc_now()


async def test_without_database_and_snapshot_the_service_starts_and_says_what_it_lacks(
    nowhere, tmp_path
):
    async with running(nowhere, tmp_path) as (service, feed):
        assert f"not loaded: {STORES}" == service.why_unread()
        with pytest.raises(DatabaseUnavailable):
            _ = feed.replica


async def test_mypy_sees_every_method_of_a_servicer(parts):
    """A `__getattr__` would have any method, of any type."""
    services = app.built(parts, [])
    assert len(app.SERVICES) == len(services)
    assert [] == [
        service.descriptor.name
        for service in services
        if hasattr(type(service.servicer), "__getattr__")
    ]
