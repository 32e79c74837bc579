"""The shelves of a process, as its writers and its readers find them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import redis.exceptions

from services.chassis.database.client import Client, connect
from services.chassis.settings import ChassisSettings
from services.chassis.tasks import end
from services.stock.model.partitions import partition_of
from services.stock.state.follower import Follower
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels
from tests.backends import cluster_of_one
from tests.services.stock.state.acts import STORE, stated


@pytest.fixture
def follower(database: Any) -> Follower:
    """Shelves of an empty store, not loaded yet."""
    return Follower(database, Ledger(database))


async def test_what_is_written_after_the_shelves_were_listed_is_read_with_the_first_question(
    follower, levels, database, monkeypatch
):
    """Names of sources are read once all shelves are listed: what is fed then is in none."""
    ask = database.hgetall

    async def fed_meanwhile(key: str) -> Any:
        monkeypatch.setattr(database, "hgetall", ask)
        await stated(levels, milk=5)
        assert not await follower.caught_up(partition_of(STORE))
        return await ask(key)

    monkeypatch.setattr(database, "hgetall", fed_meanwhile)
    task = asyncio.create_task(follower.run())
    await follower.loaded()
    found = follower.shelves.stores_with("milk")
    await end([task])

    assert [STORE] == found


@pytest.fixture
async def cluster(tmp_path: Path, settings: ChassisSettings) -> AsyncIterator[Client]:
    """A client of an empty cluster, of which each partition is followed by a call of its own."""
    with cluster_of_one(tmp_path / "cluster") as url:
        client = connect(settings, url)
        yield client
        await client.aclose()


async def test_a_cluster_is_followed_on_after_a_failure(cluster, monkeypatch):
    follower, levels = Follower(cluster, Ledger(cluster)), Levels(cluster)
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
    reached = await follower.caught_up(partition_of(STORE), timeout_s=20)
    found = follower.shelves.stores_with("milk")
    await end([task])

    assert reached
    assert [STORE] == found
