"""Tests the bound of places under a cell, and the covers of shapes."""

import random
from collections import Counter

import numpy as np
import pytest
from h3.api import basic_int as h3
from hypothesis import given
from hypothesis import strategies as st

from geodata.fences import CellSet, Circle, Corridor, FenceError, MultiPolygon, Shape, fill
from geodata.fences.cover import MAX_COVER_CELLS, cover, margin_m
from geodata.fences.grid import LEAF_RESOLUTION, ancestors, cap_boxes, centers, leaves, reach_rad
from geodata.points import Point
from tests.geodata.fences.oracles import Case, away, azimuths, cases, point_at, points_near, untimed

WORLD = MultiPolygon(((tuple(map(Point, (-90, -90, 90, 90), (-180, 180, 180, -180))),),))


def angle_rad(a: Point, b: Point) -> float:
    """The angle on a sphere, by the haversine formula."""
    south, north = np.radians((a.latitude, b.latitude))
    east = np.radians(b.longitude - a.longitude)
    half = np.sin((north - south) / 2) ** 2 + np.cos(south) * np.cos(north) * np.sin(east / 2) ** 2
    return float(2 * np.arcsin(np.sqrt(min(1, half))))


def anywhere(count: int, seed: int) -> list[Point]:
    """Places all over the globe, and around H3's pentagons, where cells are most distorted."""
    rng = random.Random(seed)
    pentagons = [h3.cell_to_latlng(cell) for cell in h3.get_pentagons(0)]
    points = []
    for n in range(count):
        latitude, longitude = rng.choice(pentagons)
        if n % 2:
            latitude, longitude = np.degrees(np.arcsin(rng.uniform(-1, 1))), rng.uniform(-180, 180)
        spread = 10 ** rng.uniform(-4, 1)
        points.append(point_at(latitude + rng.gauss(0, spread), longitude + rng.gauss(0, spread)))
    return points


def test_ancestors_are_the_parents_that_h3_gives() -> None:
    points = anywhere(500, seed=1)
    cells = leaves(
        np.array([point.latitude for point in points]),
        np.array([point.longitude for point in points]),
    )
    for resolution in range(LEAF_RESOLUTION + 1):
        parents = [h3.cell_to_parent(cell, resolution) for cell in cells.tolist()]
        assert parents == ancestors(cells, resolution).tolist()


@pytest.mark.parametrize("resolution", range(LEAF_RESOLUTION + 1))
def test_no_place_is_farther_from_a_cell_that_it_is_under_than_its_reach(resolution: int) -> None:
    # A place at the finest resolution has the most ancestors.
    farthest = 0.0
    for point in anywhere(4000, seed=2):
        leaf = h3.latlng_to_cell(point.latitude, point.longitude, 15)
        center = h3.cell_to_latlng(h3.cell_to_parent(leaf, resolution))
        farthest = max(farthest, angle_rad(point, Point(*center)))
    assert farthest <= reach_rad(resolution)
    # The bound is tight: some place comes near it.
    assert farthest > 0.8 * reach_rad(resolution)


@untimed
@given(
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(1e-6, 0.5),
    st.floats(-180, 180),
    st.floats(0, 1),
)
def test_the_box_of_a_cap_holds_the_cap(
    latitude: float, longitude: float, radius: float, azimuth: float, share: float
) -> None:
    turn, angle = np.radians(azimuth), radius * share
    phi = np.radians(latitude)
    sine = np.sin(phi) * np.cos(angle) + np.cos(phi) * np.sin(angle) * np.cos(turn)
    north = np.degrees(np.arcsin(np.clip(sine, -1, 1)))
    east = longitude + np.degrees(
        np.arctan2(np.sin(turn) * np.sin(angle) * np.cos(phi), np.cos(angle) - np.sin(phi) * sine)
    )
    west_, south_, east_, north_ = (
        float(side[0]) for side in cap_boxes(np.array([latitude]), np.array([longitude]), radius)
    )
    assert -180 <= west_ < 180
    assert south_ - 1e-6 <= north <= north_ + 1e-6
    assert any(west_ - 1e-6 <= east + turn <= east_ + 1e-6 for turn in (-720, -360, 0, 360, 720))


def under(cells: tuple[int, ...], point: Point) -> bool:
    leaf = h3.latlng_to_cell(point.latitude, point.longitude, LEAF_RESOLUTION)
    return any(h3.cell_to_parent(leaf, level) in cells for level in range(LEAF_RESOLUTION + 1))


@untimed
@given(st.data())
def test_a_cover_is_right_about_every_place(data: st.DataObject) -> None:
    case: Case = data.draw(cases)
    covered = cover(case.shape)
    assert len(covered.inner) + len(covered.border) <= 7 / 3.3 * MAX_COVER_CELLS
    for point in data.draw(st.lists(points_near(case), min_size=1, max_size=8)):
        if case.shape.contains(point):
            assert under(covered.inner + covered.border, point)
        elif not under(covered.border, point):
            assert not under(covered.inner, point)
            assert case.shape.distance_to_edge_m(point) > margin_m(covered.resolution)


@pytest.mark.parametrize("resolution", range(3, LEAF_RESOLUTION + 1))
def test_a_circle_as_large_as_a_cell_is_covered_wherever_it_lies(resolution: int) -> None:
    # The largest shape that starts with cells of this resolution, and the farthest places.
    radius = 0.999 * margin_m(resolution)
    for n, center in enumerate(anywhere(60, seed=resolution)):
        covered = cover(Circle(center, radius))
        cells = covered.inner + covered.border
        for azimuth in range(n, n + 360, 10):
            beyond = radius + 0.999 * margin_m(covered.resolution)
            assert under(cells, away(center, azimuth, 0.999 * radius))
            assert under(cells, away(center, azimuth, beyond))


@pytest.mark.parametrize(
    "shape",
    [
        Circle(Point(60.1711, 24.9414), 20_000.0),
        Corridor((Point(60.1, 24.9), Point(60.3, 25.2), Point(60.1, 25.4)), 15_000.0),
        MultiPolygon(((tuple(map(Point, (60, 60, 60.4, 60.4), (24.5, 25.7, 25.6, 24.4))),),)),
        CellSet(frozenset(h3.grid_disk(h3.latlng_to_cell(60.1711, 24.9414, 7), 12))),
    ],
    ids=["circle", "corridor", "polygon", "cells"],
)
def test_a_cover_is_right_about_thousands_of_places(shape: Shape) -> None:
    covered = cover(shape)
    assert covered.inner
    rng = random.Random(4)
    told = Counter[str]()
    for _ in range(5000):
        point = Point(60.2 + rng.uniform(-0.4, 0.4), 25.1 + rng.uniform(-0.8, 0.8))
        inside = shape.contains(point)
        if under(covered.inner, point):
            assert inside
            told["inner"] += 1
        elif not under(covered.border, point):
            assert not inside
            assert shape.distance_to_edge_m(point) > margin_m(covered.resolution)
            told["out"] += 1
    assert min(told["inner"], told["out"]) > 100


@untimed
@given(st.data())
def test_all_under_an_inner_cell_is_in_the_shape(data: st.DataObject) -> None:
    case: Case = data.draw(cases)
    covered = cover(case.shape)
    if covered.inner:
        cell = data.draw(st.sampled_from(covered.inner))
        latitude, longitude = h3.cell_to_latlng(cell)
        reach = reach_rad(h3.get_resolution(cell)) * 6.3e6 * data.draw(st.floats(0, 1))
        point = away(Point(latitude, longitude), data.draw(azimuths), reach)
        if under((cell,), point):
            assert case.shape.contains(point)


def test_a_large_fence_is_decided_by_inner_cells_for_the_most_part() -> None:
    covered = cover(WORLD)
    assert {h3.get_resolution(cell) for cell in covered.inner} <= {0, 1, 2}
    earth = sum(h3.cell_area(cell, "m^2") for cell in h3.get_res0_cells())
    assert sum(h3.cell_area(cell, "m^2") for cell in covered.inner) > 0.8 * earth


def test_the_centres_of_a_fill_lie_in_the_shape_and_no_others_do() -> None:
    suomenlinna = Circle(Point(60.1454, 24.9881), 900.0)
    filled = fill(suomenlinna, 11)
    around = h3.grid_disk(h3.latlng_to_cell(60.1454, 24.9881, 11), 40)
    inside = {c for c in around if suomenlinna.contains(Point(*h3.cell_to_latlng(c)))}
    assert inside == filled.cells


@pytest.mark.parametrize(
    "shape",
    [
        WORLD,
        Circle(Point(0, 0), 100_000.0),
        Corridor((Point(0.0, -170.0), Point(1.0, 0.0), Point(0.0, 170.0)), 1.0),
    ],
    ids=["world", "city", "thread around the earth"],
)
def test_a_fill_of_too_many_cells_is_refused_on_an_estimate(
    shape: MultiPolygon | Circle | Corridor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geodata.fences.cover.centers", None)  # No cell may be measured.
    with pytest.raises(FenceError, match=r"resolution: needs about \d+ cells, the limit is 10000"):
        fill(shape, 15)


def test_a_fill_too_coarse_to_hit_the_shape_is_refused() -> None:
    with pytest.raises(FenceError, match="resolution: is too coarse"):
        fill(Circle(Point(60.1454, 24.9881), 10.0), 5)
    with pytest.raises(FenceError, match="resolution: must be in"):
        fill(Circle(Point(60.1454, 24.9881), 10.0), 16)


def test_a_fill_goes_over_the_antimeridian_and_the_pole() -> None:
    for center in (Point(-16.8, 180.0), Point(90.0, 0.0)):
        circle = Circle(center, 30_000.0)
        filled = fill(circle, 7)
        assert circle.area_m2 == pytest.approx(filled.area_m2, rel=0.05)
        latitudes, longitudes = centers(sorted(filled.cells))
        assert circle.contains_many(latitudes, longitudes).all()


def test_a_filled_fence_holds_what_its_cells_hold() -> None:
    filled = fill(Circle(Point(60.1454, 24.9881), 900.0), 10)
    assert isinstance(filled, CellSet)
    assert filled.contains(Point(60.1454, 24.9881))
    assert not filled.contains(Point(60.1699, 24.9384))
