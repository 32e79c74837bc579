"""Tests fences of H3 cells."""

import pytest
from h3.api import basic_int as h3

from geodata.fences import CellSet, FenceError
from geodata.points import Point
from tests.geodata.fences.oracles import away, geodesic_m

KALLIO = h3.latlng_to_cell(60.1842, 24.9498, 9)


def test_a_set_and_its_compact_form_are_the_same_fence() -> None:
    cells = h3.grid_disk(KALLIO, 6)
    compact = h3.compact_cells(cells)
    assert len(compact) < len(cells)
    assert CellSet(frozenset(cells)) == CellSet(frozenset(compact))


def test_a_parent_holds_its_children_and_not_its_own_hexagon() -> None:
    parent = h3.cell_to_parent(KALLIO, 8)
    fence = CellSet(frozenset({parent, KALLIO}))
    assert frozenset(h3.cell_to_children(parent, 9)) == fence.cells


@pytest.mark.parametrize("resolution", [2, 5, 9, 12])
def test_the_edge_runs_through_the_corners_of_a_cell(resolution: int) -> None:
    cell = h3.latlng_to_cell(60.1842, 24.9498, resolution)
    fence = CellSet(frozenset({cell}))
    for latitude, longitude in h3.cell_to_boundary(cell):
        assert abs(fence.distance_to_edge_m(Point(latitude, longitude))) < 1e-3
    center = Point(*h3.cell_to_latlng(cell))
    corners = [geodesic_m(center, Point(*corner)) for corner in h3.cell_to_boundary(cell)]
    # In a regular hexagon the middle of an edge is nearer than its ends by a factor of cos 30 deg.
    assert 0.7 * min(corners) < -fence.distance_to_edge_m(center) < min(corners)


@pytest.mark.parametrize(
    ("place", "resolution", "error_m"),
    [
        (Point(60.1842, 24.9498), 9, 0.01),
        (Point(60.1842, 24.9498), 3, 0.15),
        (Point(-17.7134, 179.9999), 7, 0.15),
        (Point(90.0, 0.0), 9, 1.0),
        (Point(90.0, 0.0), 5, 5.0),
        (Point(-90.0, 0.0), 7, 5.0),
    ],
)
def test_the_edge_is_where_membership_changes(
    place: Point, resolution: int, error_m: float
) -> None:
    fence = CellSet(frozenset({h3.latlng_to_cell(place.latitude, place.longitude, resolution)}))
    reach = 2 * h3.average_hexagon_edge_length(resolution, "m")
    for azimuth in range(0, 360, 7):
        inside, outside = 0.0, reach
        for _ in range(60):
            middle = (inside + outside) / 2
            if fence.contains(away(place, azimuth, middle)):
                inside = middle
            else:
                outside = middle
        assert abs(fence.distance_to_edge_m(away(place, azimuth, inside))) < error_m


def test_inner_borders_between_cells_are_no_edges() -> None:
    lone = CellSet(frozenset({KALLIO}))
    disk = CellSet(frozenset(h3.grid_disk(KALLIO, 3)))
    center = Point(*h3.cell_to_latlng(KALLIO))
    assert 4 * lone.distance_to_edge_m(center) > disk.distance_to_edge_m(center)


def test_all_cells_of_the_earth_have_no_edge() -> None:
    earth = CellSet(frozenset(h3.get_res0_cells()))
    assert earth.contains(Point(12.0, 34.0))
    assert -float("inf") == earth.distance_to_edge_m(Point(12.0, 34.0))


def test_the_cell_of_the_north_pole_has_an_edge_round_it() -> None:
    pole = Point(90.0, 0.0)
    fence = CellSet(frozenset({h3.latlng_to_cell(90.0, 0.0, 6)}))
    assert fence.contains(pole)
    assert fence.contains(Point(90.0, 123.0))
    edge = h3.average_hexagon_edge_length(6, "m")
    assert 0 < -fence.distance_to_edge_m(pole) < 1.3 * edge
    assert fence.crosses(Point(89.5, 10.0), Point(89.5, -170.0)) is False
    assert fence.crosses(Point(89.9, 10.0), pole)


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ([], "cells: must not be empty"),
        ([0], "cells: not an H3 cell: 0"),
        ([-1], "cells: not an H3 cell: -1"),
        ([1 << 64], "cells: not an H3 cell: 10000000000000000"),
        ([KALLIO + 1], "cells: not an H3 cell"),
        (range(10_001), "cells: must have at most 10000 cells, got 10001"),
        (
            [h3.cell_to_parent(KALLIO, 0), h3.latlng_to_cell(0, 0, 15)],
            "at the finest resolution, got about 4747561509944 at resolution 15",
        ),
        (h3.uncompact_cells(h3.get_res0_cells()[::2], 1), "outline: is too long"),
    ],
    ids=["none", "zero", "negative", "huge", "no cell", "many", "many children", "long"],
)
def test_what_is_no_set_of_cells_is_refused(cells: list[int], problem: str) -> None:
    with pytest.raises(FenceError, match=problem):
        CellSet(frozenset(cells))
