"""Concurrent reads of levels share round trips, and each gets its own answer."""

import asyncio
import random
from typing import Any

import pytest
import redis.exceptions

from services.chassis.database.cluster import Cluster
from services.stock.model.partitions import partition_of
from services.stock.state.level_reads import MOST_TRIPS, STORES_AT_ONCE
from services.stock.state.levels import Levels, LevelsUnreachable
from tests.support.stock_state import STORE, T0, reserved, stated

STORES = [f"t-{number}" for number in range(40)]
SKUS = ("milk", "bread", "eggs", "salt")


@pytest.fixture
async def shelves(levels: Levels) -> dict[tuple[str, str], int]:
    """Forty stores with four products, and the units of each."""
    rng = random.Random(4)
    units = {(store, sku): rng.randint(0, 99) for store in STORES for sku in SKUS}
    for store in STORES:
        await stated(levels, store, **{sku: units[store, sku] for sku in SKUS})
    return units


def counting(levels: Levels) -> list[int]:
    """The number of scripts in each round trip of these levels, from now on."""
    trips: list[int] = []
    run = levels._reads._run

    async def counted(calls: Any) -> Any:
        trips.append(len(calls))
        return await run(calls)

    levels._reads._run = counted
    return trips


async def test_many_concurrent_reads_get_their_own_answers_and_share_trips(levels, shelves):
    rng = random.Random(5)
    asked = [
        (rng.sample(STORES, rng.randint(1, 12)), rng.sample(SKUS, rng.randint(1, 4)))
        for _ in range(100)
    ]
    trips = counting(levels)

    found = await asyncio.gather(*(levels.read(stores, skus, T0) for stores, skus in asked))

    for (stores, skus), answer in zip(asked, found, strict=True):
        assert set(stores) == set(answer)
        for store in stores:
            expected = [shelves[store, sku] for sku in skus]
            assert expected == [level.on_hand for level in answer[store].levels if level]
    assert MOST_TRIPS + 1 >= len(trips)


async def test_a_read_that_follows_as_all_trips_end_together_is_answered(levels, shelves):
    run, back, arrived = levels._reads._run, asyncio.Event(), asyncio.Semaphore(0)

    async def together(calls: Any) -> Any:
        answers = await run(calls)
        arrived.release()
        await back.wait()
        return answers

    async def twice(store: str) -> Any:
        await levels.read([store], ["milk"], T0)
        return await levels.read([store], ["milk"], T0)

    levels._reads._run = together
    asking = asyncio.create_task(twice(STORES[0]))
    await arrived.acquire()
    others = [asyncio.create_task(levels.read([n], ["milk"], T0)) for n in STORES[1:MOST_TRIPS]]
    for _ in others:
        await arrived.acquire()
    back.set()
    async with asyncio.timeout(20):
        [milk] = (await asking)[STORES[0]].levels
    assert shelves[STORES[0], "milk"] == milk.on_hand
    await asyncio.gather(*others)


async def test_many_stores_are_read_by_scripts_of_a_bounded_size_in_one_trip(levels, database):
    trips = counting(levels)

    found = await levels.read([f"n-{number}" for number in range(1000)], ["milk"], T0)

    partitions = {partition_of(f"n-{number}") for number in range(1000)}
    expected = len(partitions) if isinstance(database, Cluster) else 1000 // STORES_AT_ONCE
    assert [expected] == trips
    assert 1000 == len(found)


async def test_reads_at_different_instants_are_answered_each_for_its_own(levels, holds, shelves):
    await stated(levels, STORE, milk=5)
    await reserved(holds, "h1", milk=2, ttl_ms=1000)

    before, after = await asyncio.gather(
        levels.read([STORE], ["milk"], T0), levels.read([STORE], ["milk"], T0 + 1000)
    )

    assert [2, 0] == [answer[STORE].levels[0].reserved for answer in (before, after)]


async def test_when_the_database_fails_all_waiting_reads_fail_and_the_next_one_is_answered(
    levels, shelves, monkeypatch
):
    run = levels._reads._run

    async def failing(_calls: Any) -> Any:
        raise redis.exceptions.ConnectionError("gone")

    monkeypatch.setattr(levels._reads, "_run", failing)
    told = await asyncio.gather(
        *(levels.read([store], ["milk"], T0) for store in STORES), return_exceptions=True
    )
    monkeypatch.setattr(levels._reads, "_run", run)
    again = await levels.read([STORES[0]], ["milk"], T0)

    assert {LevelsUnreachable} == {type(error) for error in told}
    assert shelves[STORES[0], "milk"] == again[STORES[0]].levels[0].on_hand


async def test_a_cancelled_read_takes_nothing_from_the_others(levels, shelves):
    tasks = [asyncio.create_task(levels.read([store], ["milk"], T0)) for store in STORES]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)

    for store, answer in list(zip(STORES, found, strict=True))[1::2]:
        assert not isinstance(answer, BaseException)
        assert shelves[store, "milk"] == answer[store].levels[0].on_hand
    assert {asyncio.CancelledError} == {type(answer) for answer in found[::2]}
