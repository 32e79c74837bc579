"""Instants come through protobuf as they are; what is no Timestamp is refused by its field."""

import datetime as dt

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2
from hypothesis import given
from hypothesis import strategies as st

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.instants import END, FIRST
from services.chassis.errors import InvalidArgument
from services.chassis.messages import times
from services.chassis.serving.requests import violations_of

NAIVE = {"min_value": FIRST.replace(tzinfo=None), "max_value": END.replace(tzinfo=None)}
NO_TIMESTAMPS = [
    Timestamp(nanos=-1),
    Timestamp(nanos=1_000_000_000),
    Timestamp(seconds=2**62),
    Timestamp(seconds=-(2**62)),
]


@given(at=st.datetimes(timezones=st.timezones(), **NAIVE).map(lambda at: at.astimezone(dt.UTC)))
def test_an_instant_comes_back_to_the_microsecond(at: dt.datetime) -> None:
    assert at == times.instant(times.timestamp(at), "at")


@given(since_epoch_ms=st.integers(-30_610_224_000_000, 253_402_127_999_999))
def test_milliseconds_are_those_of_the_instant(since_epoch_ms: int) -> None:
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    at = times.instant(times.timestamp_of_ms(since_epoch_ms), "at")
    assert dt.timedelta(milliseconds=since_epoch_ms) == at - epoch


@pytest.mark.parametrize("moment", NO_TIMESTAMPS, ids=str)
def test_what_is_no_timestamp_is_refused_and_its_field_named(moment: Timestamp) -> None:
    with pytest.raises(InvalidArgument) as refused:
        times.instant(moment, "at_time")
    assert ["at_time"] == [violation.field for violation in refused.value.violations]
    event = hours_pb2.StoreEvent(start_time=NOON, end_time=moment)
    with pytest.raises(InvalidArgument) as refused:
        times.check_instants(event, "store_event", "start_time", "end_time")
    assert ["store_event.end_time"] == [violation.field for violation in refused.value.violations]


def test_a_field_that_is_not_set_has_no_instant() -> None:
    wanted = stores_pb2.StoreFilter()
    assert times.instant_if_set(wanted, "open_at") is None
    assert times.timestamp(None) is None
    times.check_instants(wanted, "store_filter", "open_at")
    wanted.open_at.CopyFrom(NOON)
    assert dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC) == times.instant_if_set(wanted, "open_at")


@pytest.mark.parametrize(
    ("at", "is_in_range"),
    [
        (FIRST - dt.timedelta(microseconds=1), False),
        (FIRST, True),
        (END - dt.timedelta(microseconds=1), True),
        (END, False),
    ],
)
def test_the_contract_has_the_same_edges_as_geodata(at: dt.datetime, is_in_range: bool) -> None:
    wanted = stores_pb2.StoreFilter(open_at=times.timestamp(at))
    assert ([] if is_in_range else ["open_at"]) == [v.field for v in violations_of(wanted)]


def test_a_date_is_one_or_is_refused_and_its_field_named() -> None:
    found = times.date(date_pb2.Date(year=2026, month=11, day=23), "start_date")
    assert dt.date(2026, 11, 23) == found
    for year, month, day in ((2026, 2, 29), (1899, 12, 31), (9999, 12, 30), (0, 0, 0)):
        with pytest.raises(InvalidArgument) as refused:
            times.date(date_pb2.Date(year=year, month=month, day=day), "start_date")
        assert ["start_date"] == [violation.field for violation in refused.value.violations]


NOON = times.timestamp(dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC))
