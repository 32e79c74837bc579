"""Tests geodesics against geopy and reference cases, and the bounds that chords put on them."""

import csv
import io
from collections.abc import Callable
from math import asin, dist, pi

import geopy.distance
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geodata.distance import (
    GEOD,
    LONGEST_CHORD_M,
    chord_core_m,
    chord_reach_m,
    destinations,
    distance_m,
    distances_m,
    ecef,
    ecef_many,
    geodesics,
    longest_m,
    widened_chord_m,
)
from geodata.points import Point

CITIES = """city,latitude,longitude
Anchorage,61.2181,-149.9003
Apia,-13.8333,-171.7667
Auckland,-36.8485,174.7633
Grenoble,45.1885,5.7245
Helsinki,60.1699,24.9384
Longyearbyen,78.2232,15.6267
Nairobi,-1.2921,36.8219
Nome,64.5011,-165.4064
Osaka,34.6937,135.5023
Paris,48.8566,2.3522
Quito,-0.1807,-78.4678
Suva,-18.1248,178.4501
Ushuaia,-54.8019,-68.3030
"""
PLACES = {
    row["city"]: Point(float(row["latitude"]), float(row["longitude"]))
    for row in csv.DictReader(io.StringIO(CITIES))
}

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize("origin", PLACES)
def test_between_cities_it_equals_geopy(origin: str) -> None:
    here = PLACES[origin]
    for there in PLACES.values():
        expected = geopy.distance.geodesic(
            (here.latitude, here.longitude), (there.latitude, there.longitude)
        ).m
        assert expected == pytest.approx(distance_m(here, there), abs=1e-6)


def test_a_degree_of_the_equator_and_a_half_meridian_have_their_known_lengths() -> None:
    equator_degree_m = 2 * pi * 6_378_137 / 360
    assert equator_degree_m == pytest.approx(distance_m(Point(0, 0), Point(0, 1)), abs=1e-6)
    half_meridian_m = 20_003_931.4586  # Karney 2013
    assert half_meridian_m == pytest.approx(distance_m(Point(90, 0), Point(-90, 77)), abs=1e-4)


def test_a_pole_is_one_point_whatever_its_longitude() -> None:
    assert distance_m(Point(90, -120), Point(90, 33)) == 0


@given(here=points, latitude=st.floats(-90, 90))
def test_minus_180_and_180_are_the_same_meridian(here: Point, latitude: float) -> None:
    assert distance_m(here, Point(latitude, 180)) == distance_m(here, Point(latitude, -180))


def test_it_equals_the_reference_cases_of_geographiclib(
    shared_rows: Callable[[str], list[dict[str, str]]],
) -> None:
    for row in shared_rows("geodesic_cases"):
        here = Point(float(row["lat1"]), float(row["lon1"]))
        # Their longitudes exceed 180.
        there = Point(float(row["lat2"]), (float(row["lon2"]) + 180) % 360 - 180)
        assert float(row["s12_m"]) == pytest.approx(distance_m(here, there), abs=1e-6)


@given(here=points, there=st.lists(points, min_size=1, max_size=5))
def test_many_at_once_equal_one_by_one_to_the_last_bit(here: Point, there: list[Point]) -> None:
    many = distances_m(
        here.latitude, here.longitude, [p.latitude for p in there], [p.longitude for p in there]
    )
    assert [distance_m(here, point) for point in there] == many.tolist()


@given(here=points, azimuths=st.lists(st.floats(-180, 180), max_size=3), reach=st.floats(0, 1e7))
def test_destinations_lie_as_far_as_was_gone(
    here: Point, azimuths: list[float], reach: float
) -> None:
    latitudes, longitudes, _ = destinations(here.latitude, here.longitude, azimuths, reach)
    assert (len(azimuths),) == latitudes.shape
    back = geodesics(here.latitude, here.longitude, latitudes, longitudes)
    assert [reach] * len(azimuths) == pytest.approx(back[1].tolist(), abs=1e-6)


def test_a_meridian_sets_out_and_goes_on_due_north() -> None:
    azimuth, distance = geodesics(0, 25, [60], 25)
    latitude, longitude, onward = destinations(0, 25, azimuth, distance)
    assert [0, 60, 25, 0] == pytest.approx([*azimuth, *latitude, *longitude, *onward], abs=1e-9)


def test_no_pairs_have_no_distances() -> None:
    assert distances_m(0, 0, [], []).shape == (0,)


@given(point=points)
def test_ecef_lies_on_the_ellipsoid_and_arrays_agree(point: Point) -> None:
    x, y, z = ecef(point.latitude, point.longitude)
    assert (x * x + y * y) / GEOD.a**2 + z * z / GEOD.b**2 == pytest.approx(1, abs=1e-14)
    one_of_many = ecef_many([point.latitude], [point.longitude])[0]
    assert one_of_many.tolist() == pytest.approx([x, y, z], abs=1e-8)


def shortest_m(chord_m: float) -> float:
    """The lower bounds of a geodesic over a chord, as the module states them."""
    return max(chord_m, 2 * GEOD.b * asin(min(1.0, chord_m / (2 * GEOD.a)))) - 1e-6


def near_and_far() -> st.SearchStrategy[tuple[Point, Point]]:
    """Pairs on all scales: anywhere, close together, and nearly opposite."""

    def beside(here: Point, scale: float, north: float, east: float) -> tuple[Point, Point]:
        latitude = max(-90.0, min(90.0, here.latitude + scale * north))
        return here, Point(latitude, max(-180.0, min(180.0, here.longitude + scale * east)))

    def across(here: Point, there: Point) -> tuple[Point, Point]:
        longitude = there.longitude + 180
        return here, Point(-there.latitude, longitude if longitude <= 180 else longitude - 360)

    offsets = st.floats(-1, 1)
    close = st.builds(beside, points, st.sampled_from([1e-7, 1e-3, 0.1, 3, 30]), offsets, offsets)
    return st.one_of(st.tuples(points, points), close, close.map(lambda pair: across(*pair)))


@given(pair=near_and_far())
@example(pair=(Point(90, 0), Point(-90, 0)))
@example(pair=(Point(0, 0), Point(0, 180)))
@example(pair=(Point(0, 0), Point(0.5, 179.7)))
@example(pair=(Point(0.05, 10), Point(-0.05, 10)))
def test_a_chord_bounds_the_geodesic(pair: tuple[Point, Point]) -> None:
    here, there = pair
    geodesic = distance_m(here, there)
    chord = dist(ecef(here.latitude, here.longitude), ecef(there.latitude, there.longitude))
    assert shortest_m(chord) <= geodesic <= longest_m(chord)
    assert chord <= chord_reach_m(geodesic)
    assert not chord < chord_core_m(geodesic)
    assert chord <= LONGEST_CHORD_M


@given(chord=st.floats(0, 12_756_274))
def test_a_widened_chord_leaves_no_doubt(chord: float) -> None:
    beyond = widened_chord_m(chord) + 1e-3
    assert longest_m(chord) < shortest_m(beyond) or beyond > 2 * GEOD.a


@pytest.mark.parametrize(
    ("chord_m", "doubt_m"), [(1_000, 1e-5), (10_000, 2e-3), (100_000, 1.1), (1_000_000, 1_100)]
)
def test_the_bounds_are_as_close_as_stated(chord_m: float, doubt_m: float) -> None:
    assert longest_m(chord_m) - shortest_m(chord_m) < doubt_m
