"""The shelves of a process, as its writers and its readers find them."""

import asyncio
from typing import Any

import pytest

from services.chassis.loops.tasks import end
from services.stock.model.partitions import partition_of
from services.stock.state.follower import Follower
from services.stock.state.ledger import Ledger
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
