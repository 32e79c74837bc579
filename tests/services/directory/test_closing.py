"""A store ends with its closing date, at midnight in its own zone, in every answer."""

import datetime as dt
import zoneinfo
from contextlib import aclosing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.points import Point
from geodata.schedule.model import State
from geodata.schedule.timeline import timeline
from services.directory.closing import closes_at
from services.directory.filters import EVERYTHING, StoreFilter
from services.directory.keys import encode_record
from services.directory.records import Write
from services.directory.store_hours import schedules_of
from services.directory.stores import CLOSED_AT_ONCE, StoresReplica
from services.directory.trading import NotOpen, why_not_open
from services.directory.watching import steps
from services.stores.model.stores import problems
from services.stores.resources.stores import type_of
from tests.support.clocks import SetClock
from tests.support.feeds import feed_of, write

HERE = Point(60.17, 24.94)
ZONES = ("Pacific/Kiritimati", "America/New_York", "Europe/Helsinki", "Africa/Cairo", "")
SECOND = dt.timedelta(seconds=1)


def shop(last: dt.date, zone: str, **fields: object) -> stores_pb2.Store:
    store = stores_pb2.Store(name="stores/s-1", time_zone=zone, **fields)
    store.closing_date.year, store.closing_date.month, store.closing_date.day = last.timetuple()[:3]
    store.location.latitude, store.location.longitude = HERE.latitude, HERE.longitude
    return store


@settings(max_examples=60, deadline=None)
@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), st.sampled_from(ZONES))
def test_a_store_trades_to_the_last_second_of_its_last_day(last, zone):
    store = shop(last, zone, opening_hours_text="24/7")
    end = dt.datetime.fromtimestamp(closes_at(store), dt.UTC)
    line = timeline(schedules_of(store, None).own)

    local = zoneinfo.ZoneInfo(zone or "UTC")
    assert last == (end - SECOND).astimezone(local).date()
    assert last + dt.timedelta(1) == end.astimezone(local).date()
    assert why_not_open(store, None, end - SECOND) is None
    assert NotOpen("CLOSED_FOR_GOOD", last, ended=True) == why_not_open(store, None, end)
    if zone:
        assert State.OPEN is line.state_at(end - SECOND).state
        assert State.CLOSED is line.state_at(end).state
        assert "closed for good" == line.state_at(end).rule.name
        assert line.next_opening(end) is None


def test_hours_of_their_own_end_too():
    hours = hours_pb2.StoreHours(
        expression="24/7", services=[hours_pb2.InStoreService(name="stores/s-1/services/bar")]
    )
    store = shop(dt.date(2027, 6, 30), "Europe/Helsinki")
    schedules = schedules_of(store, hours)
    end = dt.datetime(2027, 6, 30, 21, tzinfo=dt.UTC)
    for schedule in (schedules.own, schedules.services["bar"]):
        states = [timeline(schedule).state_at(at).state for at in (end - SECOND, end)]
        assert [State.OPEN, State.CLOSED] == states


@pytest.mark.parametrize("is_loaded", [True, False])
def test_lists_leave_a_store_out_from_that_moment_and_not_before(is_loaded):
    store = shop(dt.date(2027, 6, 30), "Europe/Helsinki")
    unplaced = shop(dt.date(2027, 7, 1), "")
    unplaced.name = "stores/s-2"
    unplaced.ClearField("location")
    records = [(each.name[7:], each.SerializeToString()) for each in (store, unplaced)]
    replica = StoresReplica(records if is_loaded else ())
    if not is_loaded:
        replica.apply_all(records)
    named = StoreFilter(ids=frozenset({"s-1"}))

    replica.turn(closes_at(store) - 1)
    assert ["s-1", "s-2"] == replica.ids(EVERYTHING)
    assert ["s-1"] == [id for id, _ in replica.nearest(HERE, 5, EVERYTHING)]
    replica.turn(replica.turns_at)
    assert ["s-2"] == replica.ids(EVERYTHING)
    assert [] == replica.nearest(HERE, 5, EVERYTHING)
    assert ["s-1"] == replica.ids(named)
    told = stores_pb2.Store.FromString(replica.encoded("s-1"))
    assert stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD == told.status
    replica.apply("s-1", shop(dt.date(2028, 1, 1), "").SerializeToString())
    replica.turn(replica.turns_at)
    assert ["s-1"] == replica.ids(EVERYTHING)


def test_many_stores_of_one_day_end_in_parts():
    count = 2 * CLOSED_AT_ONCE + 1
    encoded = shop(dt.date(2027, 6, 30), "UTC").SerializeToString()
    replica = StoresReplica((f"s-{number}", encoded) for number in range(count))
    end_s, left = replica.turns_at, []
    while replica.turns_at <= end_s:
        replica.turn(end_s)
        left.append(len(replica.ids(EVERYTHING)))
    assert [count - CLOSED_AT_ONCE, 1, 0] == left


async def test_watchers_see_a_store_close_by_its_date_once_and_never_open_again(database, tmp_path):
    store = shop(dt.date(2027, 6, 30), "Europe/Helsinki", brand="A")
    clock = SetClock(dt.datetime.fromtimestamp(closes_at(store) - 1, dt.UTC))

    def written(brand: str) -> Write:
        store.brand = brand
        return Write("s-1", encode_record(brand.ljust(16, "-"), store.SerializeToString()))

    await write(database, written("A"))
    feed = feed_of(database, tmp_path, clock)
    await feed.start()
    try:
        with feed.subscription() as events:
            clock.forward(seconds=1)
            assert [] == feed.replica.ids(EVERYTHING)
            reached = await write(database, written("B"))  # by a feed that knows of no date
            assert await feed.caught_up(reached)
            assert [] == feed.replica.ids(EVERYTHING)
            seen = []
            while not events.empty():
                event = events.get_nowait()
                assert event is not None
                sides = (event.change.before, event.change.after)
                seen.append([stores_pb2.Store.FromString(each or b"") for each in sides])
    finally:
        await feed.stop()
    open_, closed = stores_pb2.STORE_STATUS_UNSPECIFIED, stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD
    assert [(open_, closed), (closed, closed)] == [(one.status, two.status) for one, two in seen]
    assert ["A", "B"] == [two.brand for _, two in seen]


async def test_a_stream_tells_what_time_alone_has_changed(database, tmp_path):
    store = shop(dt.date(2027, 6, 30), "Europe/Helsinki")
    clock = SetClock(dt.datetime.fromtimestamp(closes_at(store) - 1, dt.UTC))
    await write(database, Write("s-1", encode_record("-" * 16, store.SerializeToString())))
    feed = feed_of(database, tmp_path, clock)
    await feed.start()
    try:
        async with aclosing(steps(feed, "")) as stream:
            start = await anext(stream)
            clock.forward(seconds=1)
            assert [] == feed.replica.ids(EVERYTHING)
            told = await anext(stream)
            assert told.change is not None
            assert start.resume_token == told.resume_token
    finally:
        await feed.stop()


NOW = dt.datetime(2027, 7, 15, tzinfo=dt.UTC).timestamp()
OVER, AHEAD = dt.date(2027, 6, 30), dt.date(2027, 8, 1)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (shop(OVER, ""), shop(OVER, "", brand="B"), ""),
        (shop(OVER, "", status=stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD), shop(OVER, ""), ""),
        (shop(OVER, ""), shop(AHEAD, ""), "store.opened"),
        (shop(OVER, ""), stores_pb2.Store(), "store.opened"),
        (shop(AHEAD, ""), shop(OVER, ""), "store.closed"),
        (shop(AHEAD, ""), stores_pb2.Store(), ""),
    ],
    ids=["over", "over, as in memory", "later", "removed", "brought forward", "never over"],
)
def test_a_change_tells_that_a_store_opens_or_closes_by_its_date(before, after, told):
    assert told == type_of(before, after, NOW)


def test_the_last_day_is_told_also_of_a_store_that_memory_has_closed():
    store = shop(OVER, "")
    at = dt.datetime.fromtimestamp(NOW, dt.UTC)
    replica = StoresReplica([("s-1", store.SerializeToString())])
    replica.turn(NOW)
    told = stores_pb2.Store.FromString(replica.encoded("s-1"))
    assert stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD == told.status
    assert NotOpen("CLOSED_FOR_GOOD", OVER, ended=True) == why_not_open(told, None, at)
    store.status = stores_pb2.STORE_STATUS_MOVED
    assert NotOpen("MOVED", ended=True) == why_not_open(store, None, at)


@pytest.mark.parametrize(
    "last",
    [dt.date.min, dt.date(1, 1, 2), dt.date(1900, 1, 1), dt.date(9999, 12, 28), dt.date.max],
)
@pytest.mark.parametrize("zone", [*ZONES, "Etc/GMT+12", "Etc/GMT-14"])
def test_no_date_of_the_calendar_stops_a_process_that_reads_the_store(last, zone):
    """All processes read what is in the database, also if it was written before a check."""
    store = shop(last, zone, opening_hours_text="24/7")
    replica = StoresReplica()
    replica.apply("s-1", store.SerializeToString())
    replica.turn(NOW)
    at = dt.datetime.fromtimestamp(NOW, dt.UTC)
    is_over = last.year < 2027

    assert ([] if is_over else ["s-1"]) == replica.ids(EVERYTHING)
    assert is_over == (why_not_open(store, None, at) is not None)
    state = timeline(schedules_of(store, None).own).state_at(at).state
    assert (not zone and state is State.UNKNOWN) or is_over == (state is State.CLOSED)


@pytest.mark.parametrize("last", [dt.date.min, dt.date(1899, 12, 31), dt.date(1900, 1, 1)])
def test_a_date_that_stands_for_none_closes_no_store(last):
    store = shop(last, "", display_name="Shop")
    found = [each.field for each in problems(store)]
    assert (["closing_date"] if last.year < 1900 else []) == found
