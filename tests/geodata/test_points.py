"""Tests the check of a point's coordinates."""

from math import inf, nan

import pytest

from geodata.points import Point


def test_a_point_holds_latitude_first() -> None:
    helsinki = Point(60.1699, 24.9384)
    assert helsinki.latitude == 60.1699


@pytest.mark.parametrize("latitude", [90.0000001, -91, nan, inf, -inf])
def test_a_latitude_off_the_earth_is_refused_by_name(latitude: float) -> None:
    with pytest.raises(ValueError, match="latitude"):
        Point(latitude, 0)


@pytest.mark.parametrize("longitude", [180.0000001, -181, 360, nan, inf, -inf])
def test_a_longitude_off_the_earth_is_refused_by_name(longitude: float) -> None:
    with pytest.raises(ValueError, match="longitude"):
        Point(0, longitude)


@pytest.mark.parametrize(("latitude", "longitude"), [(90, 0), (-90, 0), (0, 180), (0, -180)])
def test_poles_and_both_names_of_the_antimeridian_are_points(
    latitude: float, longitude: float
) -> None:
    assert latitude == Point(latitude, longitude).latitude
