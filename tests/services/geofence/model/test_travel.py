"""Travel times from a function that the settings name."""

import pytest

from geodata import roads
from geodata.fences.trips import Mode, eta_s
from geodata.points import Point
from services.geofence.model.travel import travel_time

HERE = "tests.services.geofence.model.test_travel"
STOCKMANN = Point(60.1687, 24.9418)
PASILA = Point(60.1986, 24.9339)


def ten_minutes(position: Point, store: Point, mode: Mode) -> float:
    del position, store
    return {Mode.CAR: 600.0, Mode.WALK: float("nan")}[mode]


def no_roads(*_: object) -> None:
    return None


def test_a_travel_time_can_be_plugged_in():
    seconds = travel_time(f"{HERE}:ten_minutes", no_roads)
    assert 600.0 == seconds(PASILA, STOCKMANN, Mode.CAR)
    assert eta_s(PASILA, STOCKMANN, Mode.CAR) == travel_time("", no_roads)(
        PASILA, STOCKMANN, Mode.CAR
    )


@pytest.mark.parametrize("mode", [Mode.WALK, Mode.BIKE], ids=["no number", "an error"])
def test_where_it_fails_the_straight_line_stands_in(mode):
    straight = eta_s(PASILA, STOCKMANN, mode)
    assert straight == travel_time(f"{HERE}:ten_minutes", no_roads)(PASILA, STOCKMANN, mode)


def test_it_is_by_road_where_there_are_roads_for_the_mode():
    known = {(roads.Mode.DRIVE, PASILA, STOCKMANN): 432.0}
    seconds = travel_time("", lambda *journey: known.get(journey))

    assert 432.0 == seconds(PASILA, STOCKMANN, Mode.CAR)
    for mode in (Mode.WALK, Mode.TRANSIT):
        assert eta_s(PASILA, STOCKMANN, mode) == seconds(PASILA, STOCKMANN, mode)
