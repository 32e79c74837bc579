import math

import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.floorplans.frame import LocalFrame, frame_along
from geodata.points import Point

GEOD = pyproj.Geod(ellps="WGS84")
# Rounded to a millimetre: PROJ treats angles below 6e-9 degrees as zero.
frames = st.builds(
    LocalFrame,
    st.builds(
        Point,
        st.floats(-89.9, 89.9).map(lambda latitude: round(latitude, 8)),
        st.floats(-180, 180).map(lambda longitude: round(longitude, 8)),
    ),
    st.floats(-360, 360),
)
metres = st.floats(-2000, 2000)
points = st.tuples(metres, metres).filter(lambda xy: math.hypot(*xy) > 1e-3)


@settings(deadline=None)
@given(frames, points)
def test_a_point_comes_back_from_the_earth_to_a_micrometre(
    frame: LocalFrame, xy: tuple[float, float]
) -> None:
    assert xy == pytest.approx(frame.to_local(frame.to_wgs84(*xy)), abs=1e-6)


@pytest.mark.parametrize("longitude", [179.99, -179.99])
@pytest.mark.parametrize("latitude", [0.0, -16.8])
def test_a_point_at_the_antimeridian_is_on_the_earth(latitude: float, longitude: float) -> None:
    frame = LocalFrame(Point(latitude, longitude))
    x, y = frame.to_local(Point(latitude, 180.0))
    for nanometres in range(-2000, 2000, 7):
        there = x + nanometres * 1e-9, y
        assert there == pytest.approx(frame.to_local(frame.to_wgs84(*there)), abs=1e-6)


@settings(deadline=None)
@given(frames, st.floats(-5e-4, 5e-4))
def test_a_point_within_a_millimetre_of_the_origin_may_fall_onto_it(
    frame: LocalFrame, x: float
) -> None:
    assert (x, 0) == pytest.approx(frame.to_local(frame.to_wgs84(x, 0)), abs=1e-3)


@settings(deadline=None)
@given(frames, points)
def test_the_distance_from_the_origin_is_the_geodesic(
    frame: LocalFrame, xy: tuple[float, float]
) -> None:
    there = frame.to_wgs84(*xy)
    origin = frame.origin
    _, _, geodesic = GEOD.inv(origin.longitude, origin.latitude, there.longitude, there.latitude)
    assert geodesic == pytest.approx(math.hypot(*xy), abs=1e-5)


@settings(deadline=None)
@given(frames, points, points)
def test_any_distance_is_the_geodesic_within_the_stated_scale(
    frame: LocalFrame, one: tuple[float, float], other: tuple[float, float]
) -> None:
    a, b = frame.to_wgs84(*one), frame.to_wgs84(*other)
    _, _, geodesic = GEOD.inv(a.longitude, a.latitude, b.longitude, b.latitude)
    radius = max(math.hypot(*one), math.hypot(*other))
    bound = math.dist(one, other) * (radius / 6.33e6) ** 2 / 6 + 1e-5
    assert geodesic == pytest.approx(math.dist(one, other), abs=bound)


@settings(deadline=None)
@given(frames)
def test_the_y_axis_points_where_the_rotation_says(frame: LocalFrame) -> None:
    ahead = frame.to_wgs84(0, 100)
    azimuth, _, _ = GEOD.inv(
        frame.origin.longitude, frame.origin.latitude, ahead.longitude, ahead.latitude
    )
    off = (azimuth - frame.rotation_deg + 180) % 360 - 180
    assert off == pytest.approx(0, abs=1e-4)


def test_a_geometry_keeps_its_shape_both_ways() -> None:
    frame = LocalFrame(Point(60.1699, 24.9384), 31.0)
    shop = shapely.box(0, 0, 40, 60)
    on_earth = frame.geometry_to_wgs84(shop)
    assert frame.geometry_to_local(on_earth).equals_exact(shop, 1e-6)
    # Longitude first, as in GeoJSON.
    assert on_earth.centroid.x == pytest.approx(24.9384, abs=0.01)


@pytest.mark.parametrize("bearing", [-80, -30, 0, 12, 45, 89])
def test_the_frame_of_a_long_building_follows_its_long_side(bearing: float) -> None:
    built = LocalFrame(Point(60.2, 24.9), bearing)
    outline = built.geometry_to_wgs84(shapely.box(-10, -40, 10, 40))
    frame = frame_along(outline)
    assert frame.rotation_deg == pytest.approx(bearing, abs=1e-3)
    west, south, east, north = frame.geometry_to_local(outline).bounds
    assert (20, 80) == pytest.approx((east - west, north - south), abs=1e-3)


def test_the_frame_of_a_line_follows_it_and_of_a_point_looks_north() -> None:
    line = shapely.LineString([(24.94, 60.17), (24.942, 60.17)])
    assert 0.0 == pytest.approx(frame_along(line).rotation_deg % 90, abs=0.01)
    assert LocalFrame(Point(60.17, 24.94), 0.0) == frame_along(shapely.Point(24.94, 60.17))
