"""Tests distance, position and detour of places along a route against dense sampling by pyproj."""

import random
from itertools import pairwise
from math import cos, radians

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.nearest import NearestIndex
from geodata.points import Point
from geodata.regions import RouteHit, along_route, points_at
from geodata.steps import at_once
from tests.geodata.nearest.oracle import TOWNS, index_of, moved, scattered

WGS84 = pyproj.Geod(ellps="WGS84")
HELSINKI = Point(60.1699, 24.9384)
TAMPERE = Point(61.4978, 23.7610)
OULU = Point(65.0121, 25.4651)
PLACES = scattered(1_500, seed=21)

ROUTES = {
    "Helsinki to Oulu by Tampere": [HELSINKI, TAMPERE, OULU],
    "one leg of 9,000 km": [Point(48.86, 2.35), Point(35.68, 139.69)],
    "across the antimeridian": [Point(-17.7, 178.0), Point(-16.8, -179.9), Point(-16.0, 179.0)],
    "over the pole": [Point(78.2, 15.6), Point(89.9, 15.6), Point(78.3, -164.0)],
    "there and back": [HELSINKI, TAMPERE, HELSINKI],
    "a winding road": [moved(HELSINKI, 0.01 * number, 0.02 * (number % 7)) for number in range(30)],
    "a stop on the way": [HELSINKI, HELSINKI, TAMPERE, TAMPERE],
    "nowhere": [HELSINKI, HELSINKI],
}


def sampled(route: list[Point], place: Point) -> tuple[float, float]:
    """Distance and position of a place, by sampling 60 points of each leg, repeatedly refined."""
    least, position, begin = np.inf, 0.0, 0.0
    for start, end in pairwise(route):
        azimuth, _, length = WGS84.inv(start.longitude, start.latitude, end.longitude, end.latitude)
        low, high = 0.0, length
        for _ in range(8):
            at = np.linspace(low, high, 60)
            count = [1.0] * at.size
            longitudes, latitudes, _ = WGS84.fwd(
                np.multiply(count, start.longitude),
                np.multiply(count, start.latitude),
                np.multiply(count, azimuth),
                at,
            )
            distances = WGS84.inv(
                longitudes,
                latitudes,
                np.multiply(count, place.longitude),
                np.multiply(count, place.latitude),
            )[2]
            best = int(distances.argmin())
            low, high = at[max(0, best - 1)], at[min(at.size - 1, best + 1)]
        if distances[best] < least - 1e-3:
            least, position = float(distances[best]), begin + float(at[best])
        begin += length
    return least, position


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("max_distance_m", [300.0, 50_000.0])
def test_it_equals_dense_sampling(name: str, max_distance_m: float) -> None:
    route = ROUTES[name]
    rng = random.Random(name)
    beside = {
        f"beside-{number}": moved(rng.choice(route), rng.gauss(0, 0.05), rng.gauss(0, 0.05))
        for number in range(60)
    }
    places = {**dict(list(PLACES.items())[:60]), **beside}
    index = index_of(places)
    hits = {index.id(hit.row): hit for hit in at_once(along_route(index, route, max_distance_m))}
    for id, place in places.items():
        distance, position = sampled(route, place)
        assert (distance <= max_distance_m) == (id in hits)
        if id in hits:
            assert distance == pytest.approx(hits[id].distance_m, abs=2e-4)
            # A distance is flat near its minimum, so sampling gives only a coarse foot.
            assert position == pytest.approx(hits[id].position_m, abs=0.05)


def test_the_narrowing_loses_no_place() -> None:
    index = index_of(PLACES)
    route = [TOWNS[0], TOWNS[1], moved(TOWNS[1], 0.5, 0.5)]
    expected = {id for id, place in PLACES.items() if sampled(route, place)[0] <= 20_000}
    assert expected == {index.id(hit.row) for hit in at_once(along_route(index, route, 20_000))}


def test_hits_come_in_the_order_of_the_way() -> None:
    index = index_of({"b": OULU, "a": OULU, "tampere": TAMPERE, "helsinki": HELSINKI})
    hits = at_once(along_route(index, ROUTES["Helsinki to Oulu by Tampere"], 100))
    ids = [index.id(hit.row) for hit in hits]
    assert ids == ["helsinki", "tampere", "a", "b"]
    length = WGS84.line_length([24.9384, 23.7610, 25.4651], [60.1699, 61.4978, 65.0121])
    assert [0, length] == pytest.approx([hits[0].position_m, hits[-1].position_m], abs=1e-3)


def test_a_place_passed_twice_counts_where_it_is_passed_first() -> None:
    index = index_of({"tower": moved(HELSINKI, 0.5, 0)})
    (hit,) = at_once(along_route(index, ROUTES["there and back"], 50_000))
    assert hit.position_m < WGS84.inv(24.9384, 60.1699, 23.7610, 61.4978)[2]


def test_the_detour_is_the_way_there_and_back() -> None:
    shop = Point(60.1699, 24.9384 + 0.01)
    meridian = [Point(59, 24.9384), Point(61, 24.9384)]
    (hit,) = at_once(along_route(index_of({"shop": shop}), meridian, 1_000))
    east_m = radians(0.01) * 6_378_137 * cos(radians(60.1699)) * 1.00252  # N(latitude) / a
    assert 2 * east_m == pytest.approx(hit.detour_m, abs=0.05)
    assert hit.detour_m == 2 * hit.distance_m


def test_the_distance_is_inclusive() -> None:
    index = index_of({"shop": moved(HELSINKI, -0.01, 0)})
    (hit,) = at_once(along_route(index, [HELSINKI, TAMPERE], 5_000))
    assert [hit] == at_once(along_route(index, [HELSINKI, TAMPERE], hit.distance_m))
    assert at_once(along_route(index, [HELSINKI, TAMPERE], np.nextafter(hit.distance_m, 0))) == []


def test_no_places_no_hits() -> None:
    assert at_once(along_route(NearestIndex(), [HELSINKI, TAMPERE], 50_000)) == []


@pytest.mark.parametrize(
    ("route", "max_distance_m", "named"),
    [
        ([HELSINKI], 100.0, "route must have 2"),
        ([HELSINKI] * 10_001, 100.0, "route must have 2 to 10000"),
        ([Point(0, 0), Point(0, 90)], 100.0, "route must be at most .* long"),
        ([HELSINKI, OULU], 0.0, "max_distance_m"),
        ([HELSINKI, OULU], 50_001.0, "max_distance_m"),
        ([HELSINKI, OULU], float("nan"), "max_distance_m"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(
    route: list[Point], max_distance_m: float, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        at_once(along_route(NearestIndex(), route, max_distance_m))


corners = st.builds(
    lambda town, north, east: moved(town, north, east),
    st.shared(st.sampled_from(TOWNS), key="town"),
    st.floats(-2, 2),
    st.floats(-2, 2),
)


@settings(max_examples=40)
@given(route=st.lists(corners, min_size=2, max_size=5), place=corners)
def test_any_route_anywhere_equals_dense_sampling(route: list[Point], place: Point) -> None:
    hits: list[RouteHit] = at_once(along_route(index_of({"place": place}), route, 50_000))
    distance, _ = sampled(route, place)
    if hits:
        assert distance == pytest.approx(hits[0].distance_m, abs=2e-4)
    else:
        assert distance > 50_000 - 2e-4


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_the_point_at_a_position_is_the_one_that_a_walk_along_the_legs_finds(route):
    lengths = [
        WGS84.inv(a.longitude, a.latitude, b.longitude, b.latitude) for a, b in pairwise(route)
    ]
    total = sum(length for *_, length in lengths)
    for share in (0.0, 0.2, 0.5, 0.77, 0.99):
        left = share * total
        leg = 0
        while left > lengths[leg][2]:
            left -= lengths[leg][2]
            leg += 1
        start, azimuth = route[leg], lengths[leg][0]
        longitude, latitude, _ = WGS84.fwd(start.longitude, start.latitude, azimuth, left)
        found = points_at(route, np.array([share * total]))
        off_m = WGS84.inv(longitude, latitude, found[1][0], found[0][0])[2]
        assert off_m < 1e-3
    end = points_at(route, np.array([2 * total]))
    assert WGS84.inv(route[-1].longitude, route[-1].latitude, end[1][0], end[0][0])[2] < 1e-3
