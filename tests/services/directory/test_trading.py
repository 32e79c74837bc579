"""A store sells by its status and its closures, whatever its hours."""

import datetime as dt

import pytest

from enrayon.stores.v1 import stores_pb2
from geodata.schedule.model import Closure, Schedule
from services.directory.trading import NotOpen, StoreNotOpen, why_not_open
from tests.support.stores import SHOPS

AT = dt.datetime(2026, 11, 30, 1, 45, tzinfo=dt.UTC)
"""3:45 in Helsinki, when every shop is closed."""
Status = stores_pb2.StoreStatus


def shop(status: "Status.ValueType", **fields: object) -> stores_pb2.Store:
    store = stores_pb2.Store(status=status, **fields)
    return store


def closed(**fields: object) -> Schedule:
    return Schedule(
        expression="Mo-Sa 10:00-18:00",
        time_zone="Europe/Helsinki",
        closures=(Closure(**fields),),
    )


@pytest.mark.parametrize("status", [0, stores_pb2.STORE_STATUS_OPEN])
def test_an_open_store_sells_at_night_too(status):
    schedule = Schedule(expression="Mo-Sa 10:00-18:00", time_zone="Europe/Helsinki")
    assert why_not_open(shop(status), schedule, AT) is None
    assert why_not_open(shop(status), None, AT) is None


@pytest.mark.parametrize(
    ("status", "name", "ended"),
    [
        (stores_pb2.STORE_STATUS_FUTURE_OPENING, "FUTURE_OPENING", False),
        (stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED, "TEMPORARILY_CLOSED", False),
        (stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD, "CLOSED_FOR_GOOD", True),
        (stores_pb2.STORE_STATUS_MOVED, "MOVED", True),
    ],
)
def test_no_other_status_sells(status, name, ended):
    assert NotOpen(name, None, ended) == why_not_open(shop(status), None, AT)


def test_the_first_trading_day_is_told_and_a_day_that_does_not_exist_is_not():
    opening = stores_pb2.STORE_STATUS_FUTURE_OPENING
    dated = shop(opening, opening_date={"year": 2026, "month": 12, "day": 4})
    absurd = shop(opening, opening_date={"year": 2026, "month": 2, "day": 30})

    assert NotOpen("FUTURE_OPENING", dt.date(2026, 12, 4)) == why_not_open(dated, None, AT)
    assert NotOpen("FUTURE_OPENING") == why_not_open(absurd, None, AT)
    error = StoreNotOpen("stores/a", NotOpen("FUTURE_OPENING", dt.date(2026, 12, 4)))
    assert {"store": "stores/a", "status": "FUTURE_OPENING", "date": "2026-12-04"} == error.metadata


def test_a_private_store_and_none_are_not_told_apart():
    private = stores_pb2.Store()
    private.CopyFrom(SHOPS[0])
    private.private = True
    assert why_not_open(private, None, AT) == why_not_open(None, None, AT) is not None


@pytest.mark.parametrize(
    ("fields", "is_open"),
    [
        ({"starts": dt.date(2026, 11, 30)}, False),
        ({"starts": dt.date(2026, 12, 1)}, True),
        ({"starts": dt.date(2026, 11, 30), "ends": dt.date(2026, 12, 24)}, True),
        ({"starts": AT}, False),
        ({"starts": AT + dt.timedelta(seconds=1)}, True),
        ({"starts": AT, "expires": AT + dt.timedelta(days=9)}, True),
    ],
)
def test_a_closure_counts_from_its_begin_if_it_has_no_end(fields, is_open):
    assert is_open is (why_not_open(shop(0), closed(**fields), AT) is None)
