"""A feed follows the changes of its database, answers without it, and tells its age."""

import asyncio
import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from enrayon.stores.v1 import stores_pb2
from geodata.points import Point
from services.chassis.database import data_set
from services.chassis.database.client import connect
from services.chassis.errors import Unavailable
from services.chassis.keyring import Key, Keyring
from services.chassis.loops import progress
from services.chassis.settings import ChassisSettings
from services.directory import feed as feeds
from services.directory.feed import CURRENT_S
from services.directory.filters import EVERYTHING
from services.directory.keys import STORES, Keys, encode_record
from services.directory.records import Write
from services.directory.snapshot import read_snapshot, write_snapshot
from tests.backends import backend
from tests.support.clocks import SetClock
from tests.support.feeds import brands, feed_of, record, write

KEYS = Keys.of(STORES)
MARCH = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


async def test_a_feed_loads_the_records_and_follows_their_changes(database, tmp_path):
    await write(database, record("a"), record("b"))
    feed = feed_of(database, tmp_path)
    await feed.start()
    try:
        assert {"a": "", "b": ""} == brands(feed)
        reached = await write(database, record("b", "new"), record("c"), Write("a", b""))
        assert await feed.caught_up(reached)
        assert {"b": "new", "c": ""} == brands(feed)
    finally:
        await feed.stop()


async def test_after_many_changes_of_one_store_the_last_one_counts(database, tmp_path):
    feed = feed_of(database, tmp_path)
    await feed.start()
    try:
        for number in range(50):
            reached = await write(database, record("a", f"brand {number}"))
        assert await feed.caught_up(reached)
        assert {"a": "brand 49"} == brands(feed)
    finally:
        await feed.stop()


async def test_a_feed_loads_all_records_anew_if_changes_were_trimmed(database, tmp_path):
    await write(database, record("a"))
    first = feed_of(database, tmp_path)
    await first.start()
    await first.stop()  # leaves its snapshot
    await write(database, *(record(f"s{n}") for n in range(20)), Write("a", b""))
    await database.xtrim(KEYS.changes, maxlen=3, approximate=False)

    second = feed_of(database, tmp_path)
    await second.start()
    try:
        assert {f"s{n}": "" for n in range(20)} == brands(second)
    finally:
        await second.stop()


async def test_a_feed_that_starts_from_its_snapshot_has_later_changes(database, tmp_path):
    first = feed_of(database, tmp_path)
    await first.start()
    await first.caught_up(await write(database, record("a"), record("b")))
    await first.stop()  # leaves its snapshot
    await write(database, record("c"), record("b", "new"), Write("a", b""))

    second = feed_of(database, tmp_path)
    await second.start()
    found, stale_as_of = brands(second), second.stale_as_of
    await second.stop()
    assert {"b": "new", "c": ""} == found
    assert stale_as_of is None


async def test_a_writer_waits_for_a_feed_that_is_slow(database, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "LOST_S", 0.01)
    feed = feed_of(database, tmp_path)
    await feed.start()
    read = database.hmget

    async def slowly(*args):
        await asyncio.sleep(0.1)
        return await read(*args)

    monkeypatch.setattr(database, "hmget", slowly)
    assert await feed.caught_up(await write(database, record("a")))
    assert {"a": ""} == brands(feed)
    await feed.stop()


async def test_a_feed_notices_another_data_set_at_the_same_address(database, tmp_path):
    await write(database, record("old"), record("older"))
    feed = feed_of(database, tmp_path)
    await feed.start()
    try:
        with feed.subscription() as events:
            await database.flushall()
            await write(database, record("new"))
            assert await asyncio.wait_for(events.get(), 20) is None
        assert {"new": ""} == brands(feed)
    finally:
        await feed.stop()


async def test_a_database_that_lost_its_data_empties_no_replica(database, tmp_path, monkeypatch):
    await write(database, record("kept"))
    await data_set.mark(database, Keyring([Key(1, bytes(32))]))
    clock = SetClock(MARCH)
    feed = feed_of(database, tmp_path, clock)
    await feed.start()
    try:
        await database.flushall()
        told = asyncio.Event()
        monkeypatch.setattr(feeds.log, "error", lambda *_, **__: told.set())
        await asyncio.wait_for(told.wait(), 20)
        clock.forward(seconds=CURRENT_S + 1)
        assert {"kept": ""} == brands(feed)
        assert feed.stale_as_of is not None

        with feed.subscription() as events:  # an empty data set that was begun on purpose counts
            await data_set.mark(database, Keyring([Key(1, bytes(32))]))
            assert await asyncio.wait_for(events.get(), 20) is None
        assert {} == brands(feed)
        assert feed.stale_as_of is None
    finally:
        await feed.stop()


async def test_a_feed_answers_from_memory_and_from_disk_while_the_database_is_down(tmp_path: Path):
    settings = ChassisSettings(data_dir=tmp_path, database_timeout_s=0.5)
    clock = SetClock(MARCH)
    with backend(tmp_path / "database") as url:
        client = connect(settings, url)
        feed = feed_of(client, tmp_path, clock)
        await feed.start()
        await feed.caught_up(await write(client, record("a")))
        assert feed.stale_as_of is None

    last_answer = clock.now
    clock.forward(seconds=CURRENT_S + 1)
    assert last_answer == feed.stale_as_of
    assert {"a": ""} == brands(feed)
    await feed.stop()

    without_database = feed_of(client, tmp_path)
    await without_database.start()
    assert {"a": ""} == brands(without_database)
    assert last_answer == without_database.stale_as_of
    await without_database.stop()
    await client.aclose()


async def test_without_database_and_snapshot_a_read_is_unavailable(tmp_path: Path):
    client = connect(ChassisSettings(data_dir=tmp_path), f"unix://{tmp_path}/none.sock")
    feed = feed_of(client, tmp_path)
    await feed.start()
    with pytest.raises(Unavailable):
        _ = feed.replica
    await feed.stop()


@pytest.mark.parametrize(
    "change",
    [
        lambda columns: columns.pop("status.codes"),
        lambda columns: columns.pop("located"),
        lambda columns: columns.update(located=columns["located"] + 9),
        lambda columns: columns.update(hidden=np.array([99], np.int32)),
        lambda columns: columns.clear(),
    ],
    ids=["a column less", "no places", "other rows", "hidden beyond", "none"],
)
async def test_a_feed_starts_from_a_snapshot_whose_columns_do_not_fit(database, tmp_path, change):
    first = feed_of(database, tmp_path)
    await first.start()
    store = stores_pb2.Store(name="stores/a", display_name="a", brand="B")
    store.location.latitude = 60.0
    here = Write("a", encode_record("-" * 16, store.SerializeToString()))
    await first.caught_up(await write(database, here, record("b")))
    await first.stop()
    path = tmp_path / "stores.snapshot"
    snapshot = read_snapshot(path)
    assert snapshot is not None
    change(snapshot.columns)
    write_snapshot(path, snapshot)

    second = feed_of(database, tmp_path)
    await second.start()
    found = second.replica.nearest(Point(60.0, 0.0), 2, EVERYTHING)
    names = brands(second)
    await second.stop()
    assert [("a", 0.0)] == found
    assert {"a": "B", "b": ""} == names
