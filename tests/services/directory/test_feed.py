"""A feed follows its store, survives its loss, and says how old it is."""

import asyncio
import datetime as dt
from pathlib import Path

import pytest
from redis.crc import key_slot

from services.chassis.database.client import connect
from services.chassis.errors import Unavailable
from services.chassis.loops import progress
from services.chassis.settings import ChassisSettings
from services.directory.feed import CURRENT_S
from services.directory.keys import STORES, Keys
from services.directory.records import Write
from services.directory.snapshot import Snapshot, read_snapshot, write_snapshot
from tests.backends import backend
from tests.support.clocks import SetClock
from tests.support.feeds import brands, feed_of, record, write

KEYS = Keys.of(STORES)
MARCH = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


async def test_it_loads_what_is_there_and_follows_what_comes(database, tmp_path):
    await write(database, record("a"), record("b"))
    directory = feed_of(database, tmp_path)
    await directory.start()
    try:
        assert {"a": "", "b": ""} == brands(directory)
        reached = await write(database, record("b", "new"), record("c"), Write("a", b""))
        assert await directory.caught_up(reached)
        assert {"b": "new", "c": ""} == brands(directory)
    finally:
        await directory.stop()


async def test_many_changes_of_one_store_end_with_the_last(database, tmp_path):
    directory = feed_of(database, tmp_path)
    await directory.start()
    try:
        for number in range(50):
            reached = await write(database, record("a", f"brand {number}"))
        assert await directory.caught_up(reached)
        assert {"a": "brand 49"} == brands(directory)
    finally:
        await directory.stop()


async def test_changes_that_were_trimmed_away_make_it_load_anew(database, tmp_path):
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


async def test_one_that_starts_from_its_snapshot_has_what_came_later(database, tmp_path):
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
    directory = feed_of(database, tmp_path)
    await directory.start()
    read = database.hmget

    async def slowly(*args):
        await asyncio.sleep(0.1)
        return await read(*args)

    monkeypatch.setattr(database, "hmget", slowly)
    assert await directory.caught_up(await write(database, record("a")))
    assert {"a": ""} == brands(directory)
    await directory.stop()


async def test_other_data_behind_the_same_address_are_noticed(database, tmp_path):
    await write(database, record("old"), record("older"))
    directory = feed_of(database, tmp_path)
    await directory.start()
    try:
        with directory.subscription() as events:
            await database.flushall()
            await write(database, record("new"))
            assert await asyncio.wait_for(events.get(), 20) is None
        assert {"new": ""} == brands(directory)
    finally:
        await directory.stop()


async def test_it_answers_from_memory_and_then_from_disk_while_the_store_is_down(tmp_path: Path):
    settings = ChassisSettings(data_dir=tmp_path, database_timeout_s=0.5)
    clock = SetClock(MARCH)
    with backend(tmp_path / "store") as url:
        client = connect(settings, url)
        directory = feed_of(client, tmp_path, clock)
        await directory.start()
        await directory.caught_up(await write(client, record("a")))
        assert directory.stale_as_of is None

    last_word = clock.now
    clock.forward(seconds=CURRENT_S + 1)
    assert last_word == directory.stale_as_of
    assert {"a": ""} == brands(directory)
    await directory.stop()

    without_store = feed_of(client, tmp_path)
    await without_store.start()
    assert {"a": ""} == brands(without_store)
    assert last_word == without_store.stale_as_of
    await without_store.stop()
    await client.aclose()


async def test_with_neither_store_nor_snapshot_it_says_that_it_has_nothing(tmp_path: Path):
    client = connect(ChassisSettings(data_dir=tmp_path), f"unix://{tmp_path}/none.sock")
    directory = feed_of(client, tmp_path)
    await directory.start()
    with pytest.raises(Unavailable):
        _ = directory.replica
    await directory.stop()


def test_a_snapshot_reads_as_it_was_written(tmp_path: Path):
    snapshot = Snapshot("epoch", 7, MARCH, {"a": b"1", "ä": b"", "c": bytes(1000)})
    write_snapshot(tmp_path / "s", snapshot)

    assert snapshot == read_snapshot(tmp_path / "s")
    assert ["s"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("cut", [0, 1, 20, 100, 150, -1])
def test_a_damaged_snapshot_is_left_unread(tmp_path: Path, cut):
    write_snapshot(tmp_path / "s", Snapshot("epoch", 7, MARCH, {"a": b"x" * 50, "b": b"y"}))
    whole = (tmp_path / "s").read_bytes()
    (tmp_path / "s").write_bytes(whole[:cut])

    assert read_snapshot(tmp_path / "s") is None


def test_the_keys_lie_in_one_slot_of_a_cluster():
    slots = {key_slot(key.encode()) for key in KEYS}
    assert 1 == len(slots)
