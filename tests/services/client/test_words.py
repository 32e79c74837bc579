"""Words that channels share: an open state, a moment, and what a store lacks."""

import datetime as dt

import pytest

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from enrayon.type.v1 import travel_pb2
from services.client.words import address_line, left_out, missing, moment, opening, travel_time

OpenState = stock_pb2.OpenState
Reason = stock_pb2.LeftOutStore.Reason
NOW = dt.datetime(2026, 11, 30, 0, 45, tzinfo=dt.UTC)
"""A Monday, 2:45 in Helsinki."""
NAMES = {"products/milk": "Milk"}


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-30T05:00+00:00", "7:00"),
        ("2026-11-30T22:30+00:00", "Tue 0:30"),
        ("2026-12-06T08:05+00:00", "Sun 10:05"),
        ("2026-12-07T08:05+00:00", "2026-12-07 10:05"),
        ("2026-11-29T08:05+00:00", "2026-11-29 10:05"),
    ],
)
def test_a_moment_has_as_much_of_its_date_as_is_needed(at, words):
    assert words == moment(dt.datetime.fromisoformat(at), NOW, "Europe/Helsinki")


@pytest.mark.parametrize(
    ("state", "fields", "words"),
    [
        (OpenState.STATE_OPEN, {"until_time": {"seconds": 1_796_065_200}}, "open until 21:00"),
        (OpenState.STATE_OPEN, {}, "open"),
        (OpenState.STATE_CLOSED, {"next_open_time": NOW}, "closed until 2:45"),
        (OpenState.STATE_CLOSED, {}, "closed"),
        (OpenState.STATE_UNKNOWN, {"next_open_time": NOW}, "hours unknown"),
    ],
)
def test_an_open_state_in_words(state, fields, words):
    told = OpenState(state=state, time_zone="Europe/Helsinki", **fields)

    assert words == opening(told, NOW)


def test_an_address_on_one_line_whatever_message_has_it():
    address = {"address_lines": ["Aleksanterinkatu 52"], "postal_code": "00100"}
    kinds = (stores_pb2.Store, stock_pb2.StoreAvailability, stock_pb2.PickupOption)

    assert {"Aleksanterinkatu 52, 00100"} == {address_line(kind(address=address)) for kind in kinds}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"missing_quantity": 2}, "2 x Milk"),
        (
            {"missing_quantity": 2, "expected_date": {"year": 2026, "month": 12, "day": 5}},
            "2 x Milk, expected 2026-12-05",
        ),
    ],
)
def test_what_is_missing_in_words(fields, words):
    item = stock_pb2.MissingItem(product="products/milk", **fields)
    lacks = stock_pb2.LeftOutStore(reason=Reason.REASON_NOT_ENOUGH, items=[item])
    closed = stock_pb2.LeftOutStore(reason=Reason.REASON_NOT_OPEN, items=[item])

    assert words == missing(item, "Milk")
    assert f"lacks {words}" == left_out(lacks, NAMES)
    assert "not open" == left_out(closed, NAMES)
    lacks.items.add(product="products/bread")
    assert f"lacks {words}; stock of products/bread not known" == left_out(lacks, NAMES)
    assert "stock unknown" == left_out(
        stock_pb2.LeftOutStore(reason=Reason.REASON_STOCK_UNKNOWN), NAMES
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 min"),
        (60, "1 min"),
        (60.1, "2 min"),
        (3540, "59 min"),
        (3541, "1 h"),
        (3901, "1 h 6 min"),
    ],
)
def test_a_travel_time_is_told_in_whole_minutes_that_suffice(seconds, words):
    journey = travel_pb2.Journey()
    journey.travel_time.FromMilliseconds(round(seconds * 1000))
    assert words == travel_time(journey)
    for doubt in ("is_estimate", "may_be_clipped"):
        doubtful = travel_pb2.Journey(travel_time=journey.travel_time, **{doubt: True})
        assert f"about {words}" == travel_time(doubtful)
