"""Isochrones decide each point as its own time does; cells and polygons follow."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from h3.api import basic_int as h3

from geodata.distance import destinations
from geodata.roads import Isochrone, Mode, RoadNetwork
from geodata.roads.drawing import draw
from geodata.samples import HELSINKI_ROADS
from tests.geodata.roads.grid import STREET, grid, snapped
from tests.support.roads import at

NETWORK = RoadNetwork.load(HELSINKI_ROADS)
POINTS = 2_000
CASES = [(Mode.WALK, 300, True), (Mode.WALK, 240, False), (Mode.DRIVE, 100, True),
         (Mode.DRIVE, 90, False), (Mode.BIKE, 120, True), (Mode.BIKE, 200, False)]  # fmt: skip


def isochrone(mode: Mode, limit_s: float, *, outward: bool) -> Isochrone:
    origin = NETWORK.snap(mode, 60.1705, 24.9440)
    assert origin
    return NETWORK.isochrone(origin, limit_s, outward=outward)


def points_of(drawn: shapely.MultiPolygon) -> tuple[np.ndarray, np.ndarray]:
    """Points of which half lie within 50 m of the line that is drawn."""
    rng = np.random.default_rng(7)
    line = drawn.boundary
    spots = shapely.line_interpolate_point(line, rng.uniform(0, line.length, POINTS // 2))
    latitudes, longitudes, _ = destinations(
        shapely.get_y(spots), shapely.get_x(spots),
        rng.uniform(0, 360, POINTS // 2), rng.uniform(0, 50, POINTS // 2),
    )  # fmt: skip
    south, west, north, east = NETWORK.bounds
    return (
        np.concatenate((latitudes, rng.uniform(south, north, POINTS // 2))),
        np.concatenate((longitudes, rng.uniform(west, east, POINTS // 2))),
    )


@pytest.mark.parametrize(("mode", "limit_s", "outward"), CASES)
def test_points_cells_and_polygons(mode: Mode, limit_s: float, outward: bool) -> None:
    found = isochrone(mode, limit_s, outward=outward)
    drawing = draw(found)
    drawn = drawing.polygons
    assert drawn.is_valid
    latitudes, longitudes = points_of(drawn)

    # Each point as its own time says.
    places = NETWORK.snap_many(mode, latitudes, longitudes)
    reached = [place for place in places if place]
    times = (
        NETWORK.times_from(found.origin, reached)
        if outward
        else NETWORK.times_to(found.origin, reached)
    )
    right = np.full(POINTS, np.inf)
    right[[row for row, place in enumerate(places) if place]] = times
    assert right.tolist() == found.seconds(latitudes, longitudes).tolist()
    inside = found.contains_many(latitudes, longitudes)
    assert (right <= limit_s).tolist() == inside.tolist()
    assert 0.1 < inside.mean() < 0.9

    # Each cell holds for all its points.
    for resolution in (9, 11):
        whole, border = found.cells(resolution)
        assert not whole & border
        cells = [
            h3.latlng_to_cell(*each, resolution)
            for each in zip(latitudes.tolist(), longitudes.tolist(), strict=True)
        ]
        assert all(is_in for cell, is_in in zip(cells, inside, strict=True) if cell in whole)
        assert not any(
            is_in
            for cell, is_in in zip(cells, inside, strict=True)
            if cell not in whole and cell not in border
        )

    # The drawing differs from the truth near its line alone.
    wrong = shapely.contains_xy(drawn, longitudes, latitudes) != inside
    cell_m = 2 * h3.average_hexagon_edge_length(drawing.resolution, "m")
    line = shapely.transform(drawn.boundary, lambda xy: xy * (55_500, 111_400))
    spots = shapely.points(longitudes[wrong] * 55_500, latitudes[wrong] * 111_400)
    assert shapely.distance(line, spots).max(initial=0) < cell_m
    # Half of the points lie within 50 m of the line; cells are 19 m across.
    assert wrong.mean() < 0.12
    assert wrong[POINTS // 2 :].mean() < 0.05


def test_an_isochrone_has_holes_where_no_way_leads_in_time() -> None:
    drawn = draw(isochrone(Mode.WALK, 420, outward=True)).polygons
    holes = [hole for each in drawn.geoms for hole in each.interiors]
    assert holes
    for hole in holes[:5]:
        inside = shapely.Polygon(hole).representative_point()
        assert not drawn.contains(inside)


def test_one_way_roads_make_both_directions_differ(tmp_path: Path) -> None:
    network = grid(tmp_path, {"AMB": {**STREET, "oneway": "yes"}})
    origin = snapped(network, Mode.DRIVE, at(50, 0))
    ends = [at(10, 0), at(90, 0)]
    outward = network.isochrone(origin, 10)
    inward = network.isochrone(origin, 10, outward=False)
    assert [False, True] == [outward.contains(p.latitude, p.longitude) for p in ends]
    assert [True, False] == [inward.contains(p.latitude, p.longitude) for p in ends]


def test_a_point_in_time_on_the_edge_but_not_with_its_walk_is_outside(tmp_path: Path) -> None:
    network = grid(tmp_path)
    found = network.isochrone(snapped(network, Mode.WALK, at(0, 0)), 72 + 14)
    assert [True, False] == [
        found.contains(point.latitude, point.longitude) for point in (at(100, 19), at(100, 21))
    ]


def test_the_border_of_the_extract_is_told() -> None:
    # The network ends some hundred metres from the place: two minutes on foot, not ten.
    assert not isochrone(Mode.WALK, 120, outward=True).may_be_clipped
    assert isochrone(Mode.WALK, 600, outward=True).may_be_clipped
    assert isochrone(Mode.WALK, 600, outward=False).may_be_clipped


@pytest.mark.parametrize("limit_s", [0, -1, float("nan"), float("inf")])
def test_a_limit_is_a_positive_number(limit_s: float) -> None:
    with pytest.raises(ValueError, match="limit"):
        isochrone(Mode.WALK, limit_s, outward=True)


def test_too_many_cells_are_refused() -> None:
    found = isochrone(Mode.BIKE, 400, outward=True)
    for resolution in (5, 16):
        with pytest.raises(ValueError, match="resolution"):
            found.cells(resolution)
    with pytest.raises(ValueError, match="coarser"):
        found.cells(15)
