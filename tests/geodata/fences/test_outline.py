"""Tests the distance to lines that are straight on the map against sampling along them."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.distance import longest_m
from geodata.fences.outline import Outline
from geodata.fences.pieces import lengths_m, sags_m
from geodata.fences.shape import FenceError
from geodata.points import Point
from tests.geodata.fences.oracles import (
    WGS84,
    away,
    azimuths,
    places,
    point_at,
    straight_m,
    untimed,
)


@st.composite
def lines(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Latitudes and longitudes of a few corners, from a few metres to a continent apart."""
    place = draw(places)
    size = 10 ** draw(st.floats(-4, 1.3))
    corners = [(place.latitude, place.longitude)]
    for _ in range(draw(st.integers(1, 3))):
        latitude = corners[-1][0] + size * draw(st.floats(-1, 1))
        longitude = corners[-1][1] + size * draw(st.floats(-5, 5))
        corners.append((min(90.0, max(-90.0, latitude)), longitude))
    return corners


def outline_of(corners: list[tuple[float, float]]) -> Outline:
    return Outline(np.array([(*start, *end) for start, end in pairwise(corners)]))


@untimed
@given(lines(), places, azimuths, st.floats(-1, 6.9))
def test_the_distance_is_right_within_a_millimetre(
    corners: list[tuple[float, float]], place: Point, azimuth: float, exponent: float
) -> None:
    point = away(place, azimuth, 10**exponent)
    assert straight_m(corners, point) == pytest.approx(
        outline_of(corners).distance_m(point), abs=1e-3, rel=0
    )


@untimed
@given(lines(), places, azimuths, st.floats(-1, 6.9), st.floats(0, 1))
def test_chords_bound_the_distance_from_both_sides(
    corners: list[tuple[float, float]],
    place: Point,
    azimuth: float,
    exponent: float,
    share: float,
) -> None:
    point, outline = away(place, azimuth, 10**exponent), outline_of(corners)
    latitudes, longitudes = np.array([point.latitude]), np.array([point.longitude])
    lower, upper = outline.chord_bounds_m(latitudes, longitudes, np.inf)
    assert lower[0] <= outline.distance_m(point) <= longest_m(upper[0])
    limit = share * upper[0]
    assert (lower[0] <= limit) == (
        outline.chord_bounds_m(latitudes, longitudes, limit)[0][0] <= limit
    )


@untimed
@given(lines(), st.floats(0, 1))
def test_a_line_and_the_geodesic_keep_within_the_sag_of_their_chord(
    corners: list[tuple[float, float]], share: float
) -> None:
    start, end = (np.array(corner) for corner in corners[:2])
    edge = np.array([[*start, *end]])
    chord_start, chord_end = _ecef(*start), _ecef(*end)
    on_map = start + share * (end - start)
    azimuth, _, length = WGS84.inv(start[1], start[0], end[1], end[0])
    longitude, latitude, _ = WGS84.fwd(start[1], start[0], azimuth, share * length)
    assert length <= lengths_m(edge)[0] + 1e-6
    for place in (_ecef(*on_map), _ecef(latitude, longitude)):
        assert _off_segment_m(place, chord_start, chord_end) <= sags_m(edge)[0] + 1e-6


def _ecef(latitude: float, longitude: float) -> np.ndarray:
    phi, lam = np.radians((latitude, longitude))
    normal = WGS84.a / np.sqrt(1 - WGS84.es * np.sin(phi) ** 2)
    return np.array(
        (
            normal * np.cos(phi) * np.cos(lam),
            normal * np.cos(phi) * np.sin(lam),
            normal * (1 - WGS84.es) * np.sin(phi),
        )
    )


def _off_segment_m(place: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    chord = end - start
    along = np.clip((place - start) @ chord / max(chord @ chord, 1e-12), 0, 1)
    return float(np.linalg.norm(place - start - along * chord))


def test_lines_that_wind_round_a_pole_are_measured_right_too() -> None:
    rng = random.Random(3)
    for _ in range(300):
        size = 10 ** rng.uniform(-5, -0.3)
        start = (90 - size * rng.random(), 0.0)
        end = (90 - size * rng.random(), rng.uniform(20, 180))
        point = Point(90 - 2 * size * rng.random(), rng.uniform(-180, 180))
        assert straight_m([start, end], point, 801) == pytest.approx(
            outline_of([start, end]).distance_m(point), abs=1e-3, rel=0
        )


def test_the_north_pole_is_a_degree_from_the_89th_parallel() -> None:
    parallel = outline_of([(89.0, 0.0), (89.0, 120.0), (89.0, 240.0), (89.0, 360.0)])
    assert WGS84.inv(0, 89, 0, 90)[2] == pytest.approx(parallel.distance_m(Point(90, 0)), abs=1e-3)


def test_a_line_on_a_pole_is_a_place() -> None:
    pole = outline_of([(-90.0, -76.2), (-90.0, -75.8)])
    point = Point(-89.5, 10.0)
    assert WGS84.inv(0, -90, 10, -89.5)[2] == pytest.approx(pole.distance_m(point), abs=1e-3)


def test_lines_wound_many_times_round_the_earth_are_refused_before_they_are_cut() -> None:
    winding = [(n % 2 * 0.1, 170.0 * n) for n in range(10_000)]
    with pytest.raises(FenceError, match="outline: is too long"):
        outline_of(winding)


def test_a_line_meets_another_across_the_antimeridian() -> None:
    fiji = outline_of([(-16.0, 179.5), (-17.0, 180.5)])
    assert fiji.meets(Point(-16.9, 179.9), Point(-16.1, -179.9))
    assert not fiji.meets(Point(-16.9, -179.5), Point(-16.1, -179.4))
    assert point_at(-16.0, 180.5) == Point(-16.0, -179.5)
