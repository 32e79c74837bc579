"""Travel times from a function that the settings name."""

import pytest

from geodata.fences.trips import Mode, eta_s
from geodata.points import Point
from services.geofence.model.travel import travel_time

HERE = "tests.services.geofence.model.test_travel"
STOCKMANN = Point(60.1687, 24.9418)
PASILA = Point(60.1986, 24.9339)


def ten_minutes(position: Point, store: Point, mode: Mode) -> float:
    del position, store
    return {Mode.CAR: 600.0, Mode.WALK: float("nan")}[mode]


def test_a_travel_time_can_be_plugged_in():
    seconds = travel_time(f"{HERE}:ten_minutes")
    assert 600.0 == seconds(PASILA, STOCKMANN, Mode.CAR)
    assert eta_s(PASILA, STOCKMANN, Mode.CAR) == travel_time("")(PASILA, STOCKMANN, Mode.CAR)


@pytest.mark.parametrize("mode", [Mode.WALK, Mode.BIKE], ids=["no number", "an error"])
def test_where_it_fails_the_straight_line_stands_in(mode):
    straight = eta_s(PASILA, STOCKMANN, mode)
    assert straight == travel_time(f"{HERE}:ten_minutes")(PASILA, STOCKMANN, mode)
