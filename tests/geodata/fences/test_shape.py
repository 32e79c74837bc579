"""Tests the laws of all fence shapes, also near poles, the antimeridian and pentagons."""

import numpy as np
import pytest
from h3.api import basic_str as h3
from hypothesis import given
from hypothesis import strategies as st

from geodata.fences import CellSet, Circle, Corridor, FenceIndex, MultiPolygon
from geodata.fences.circle import MAX_RADIUS_M
from geodata.points import Point
from tests.geodata.fences.oracles import (
    WGS84,
    Case,
    away,
    azimuths,
    cases,
    geodesic_m,
    point_at,
    points_near,
    untimed,
)


@untimed
@given(st.data())
def test_a_shape_holds_what_its_definition_says(data: st.DataObject) -> None:
    case = data.draw(cases)
    for point in data.draw(st.lists(points_near(case), min_size=1, max_size=8)):
        expected = case.holds(point)
        if expected is not None:
            assert expected == case.shape.contains(point), point


@untimed
@given(st.data())
def test_many_points_at_once_give_the_same_as_one_by_one(data: st.DataObject) -> None:
    case = data.draw(cases)
    points = data.draw(st.lists(points_near(case), max_size=8))
    latitudes = np.array([point.latitude for point in points])
    longitudes = np.array([point.longitude for point in points])
    assert [case.shape.contains(point) for point in points] == case.shape.contains_many(
        latitudes, longitudes
    ).tolist()


@untimed
@given(st.data())
def test_the_bounds_hold_whatever_the_shape_holds(data: st.DataObject) -> None:
    case = data.draw(cases)
    point = data.draw(points_near(case))
    if case.shape.contains(point):
        bounds = case.shape.bounds
        assert bounds.radius_m + 1e-3 >= geodesic_m(bounds.center, point)


@untimed
@given(st.data())
def test_nowhere_nearer_than_the_distance_is_the_other_side_of_the_edge(
    data: st.DataObject,
) -> None:
    case = data.draw(cases)
    point = data.draw(points_near(case))
    distance = case.shape.distance_to_edge_m(point)
    inside = case.shape.contains(point)
    assert inside == (distance <= 0)
    # The edge of cells has an error of up to 5 m; beyond half the earth azimuths fold over.
    reach = min(abs(distance) - 5, 1e7) * data.draw(st.floats(0, 1))
    if reach > 0:
        assert inside == case.shape.contains(away(point, data.draw(azimuths), reach))


@untimed
@given(st.data())
def test_a_way_crosses_what_lies_on_it(data: st.DataObject) -> None:
    case = data.draw(cases)
    start, end = data.draw(points_near(case)), data.draw(points_near(case))
    stops = _stops(case, start, end)
    crosses = case.shape.crosses(start, end)
    # None means too close to the edge to tell; a corridor's oracle is slow: use fewer stops.
    if any(case.holds(stop) is True for stop in stops[:: len(stops) // 10]):
        assert crosses
    if crosses:
        step = max(map(geodesic_m, stops, stops[1:]))
        nearest = min(case.shape.distance_to_edge_m(stop) for stop in stops)
        assert nearest <= step / 2 + 5


def _stops(case: Case, start: Point, end: Point) -> list[Point]:
    """Points along a segment: a geodesic for a circle, straight on the map for others."""
    if isinstance(case.shape, Circle):
        between = WGS84.npts(start.longitude, start.latitude, end.longitude, end.latitude, 199)
        return [start, *(point_at(lat, lon) for lon, lat in between), end]
    east = (end.longitude - start.longitude + 180) % 360 - 180
    if abs(end.longitude - start.longitude) <= 180:
        east = end.longitude - start.longitude
    return [
        point_at(
            start.latitude + share * (end.latitude - start.latitude),
            start.longitude + share * east,
        )
        for share in np.linspace(0, 1, 201).tolist()
    ]


@pytest.mark.parametrize("radius_m", [0.0, -1.0, 10_000_000.0, float("nan"), float("inf")])
def test_a_circle_of_no_or_of_continental_size_is_refused(radius_m: float) -> None:
    with pytest.raises(ValueError, match=f"radius_m: must be in .0, {MAX_RADIUS_M:g}"):
        Circle(Point(60.1711, 24.9414), radius_m)


def test_a_circle_round_the_pole_holds_every_meridian_alike() -> None:
    station = Circle(Point(-89.9, 45.0), 20_000.0)
    assert station.contains(Point(-90.0, -120.0))
    assert [station.contains(Point(-89.95, longitude)) for longitude in (-180.0, 0.0, 90.0)] == [
        True
    ] * 3
    assert not station.contains(Point(-89.9, -135.0))


@pytest.mark.parametrize("radius_m", [10.0, 1_000.0, 100_000.0])
def test_a_millimetre_decides_at_the_edge_of_a_circle(radius_m: float) -> None:
    helsinki = Point(60.1711, 24.9414)
    circle = Circle(helsinki, radius_m)
    index = FenceIndex()
    index.put("circle", circle)
    points = [
        away(helsinki, azimuth, radius_m + beyond)
        for azimuth in range(0, 360, 15)
        for beyond in (-0.001, 0.001)
    ]
    latitudes = np.array([point.latitude for point in points])
    longitudes = np.array([point.longitude for point in points])
    assert [True, False] * 24 == circle.contains_many(latitudes, longitudes).tolist()
    inside, _ = index.track_many(latitudes, longitudes, latitudes, longitudes)
    assert list(range(0, 48, 2)) == inside.rows.tolist()


def test_a_way_crosses_a_corridor_at_its_middle_and_past_its_round_end() -> None:
    esplanadi = Corridor((Point(60.1675, 24.9410), Point(60.1675, 24.9520)), 60.0)
    for longitude, crosses in ((24.9465, True), (24.9523, True), (24.9530, False)):
        start, end = Point(60.1720, longitude), Point(60.1630, longitude)
        assert crosses == esplanadi.crosses(start, end)
    # Past a corner the nearest point of the line is its end, 17 m away.
    assert esplanadi.crosses(Point(60.1720, 24.9523), Point(60.1630, 24.9523))


def test_a_device_that_stands_on_the_antimeridian_does_not_go_round_the_earth() -> None:
    start, end = Point(48.8566, 180.0), Point(48.8566, -180.0)
    louvre = [(48.858, 2.33), (48.858, 2.35), (48.855, 2.35), (48.855, 2.33)]
    corners = tuple(Point(*corner) for corner in louvre)
    cell = int(h3.latlng_to_cell(48.8566, 2.34, 9), 16)
    for shape in (
        Circle(corners[0], 1_000.0),
        MultiPolygon(((corners,),)),
        Corridor(corners, 500.0),
        CellSet(frozenset({cell})),
    ):
        assert not shape.crosses(start, end)
        assert not shape.crosses(end, start)
        index = FenceIndex()
        index.put("paris", shape)
        assert [] == index.match_line([start, end, start])
