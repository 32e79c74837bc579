"""The shelves of a process, as its writers and its readers find them, also after a failure."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
import redis.exceptions

from services.chassis.database.client import Client, connect
from services.chassis.loops import progress
from services.chassis.settings import ChassisSettings
from services.chassis.tasks import end
from services.stock.model.partitions import partition_of
from services.stock.replica.follower import Follower
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels
from services.stock.state.shelves import ShelfLists
from tests.backends import cluster_of_one
from tests.support.stock_state import STORE, stated


def follower_of(client: Client) -> Follower:
    return Follower(Ledger(client), Levels(client), ShelfLists(client))


@pytest.fixture
def follower(database: Any) -> Follower:
    """Shelves of an empty database, not loaded yet."""
    return follower_of(database)


async def test_stock_that_is_fed_while_the_shelves_load_is_there_for_the_first_reader(
    follower, levels, monkeypatch
):
    """Names of sources are read after the shelves are listed: no list has stock fed then."""
    read = Levels.sources

    async def fed_meanwhile(self: Levels, partitions: Iterable[int]) -> Any:
        monkeypatch.setattr(Levels, "sources", read)
        await stated(levels, milk=5)
        assert not await follower.caught_up(partition_of(STORE))
        return await read(self, partitions)

    monkeypatch.setattr(Levels, "sources", fed_meanwhile)
    task = asyncio.create_task(follower.run())
    await follower.loaded()
    found = follower.shelves.stores_with(["milk"])
    await end([task])

    assert [STORE] == found


@pytest.fixture
async def cluster(tmp_path: Path, settings: ChassisSettings) -> AsyncIterator[Client]:
    """A client of an empty cluster, where each partition is followed by its own call."""
    with cluster_of_one(tmp_path / "cluster") as url:
        client = connect(settings, url)
        yield client
        await client.aclose()


async def test_a_cluster_is_followed_on_after_a_failure(cluster, monkeypatch):
    monkeypatch.setattr(progress, "LOST_S", 60)  # a busy machine takes long to follow again
    follower, levels = follower_of(cluster), Levels(cluster)
    read, failures = cluster.xread, 0

    async def fails_at_first(*args: Any, **options: Any) -> Any:
        nonlocal failures
        if failures < 3:
            failures += 1
            raise redis.exceptions.ConnectionError("lost")
        return await read(*args, **options)

    monkeypatch.setattr(cluster, "xread", fails_at_first)
    task = asyncio.create_task(follower.run())
    await follower.loaded()
    await stated(levels, milk=5)
    reached = await follower.caught_up(partition_of(STORE), timeout_s=60)
    found = follower.shelves.stores_with(["milk"])
    await end([task])

    assert reached
    assert [STORE] == found
