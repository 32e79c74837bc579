"""Tests polygons at the antimeridian and the poles, cuts, and invalid rings."""

import math
import threading
import time

import numpy as np
import pytest

from geodata.fences import FenceError, MultiPolygon
from geodata.points import Point
from tests.geodata.fences.oracles import WGS84, straight_m


def polygon(*rings: list[tuple[float, float]]) -> MultiPolygon:
    """Open rings of longitude and latitude, in GeoJSON's order."""
    return MultiPolygon((tuple(tuple(Point(lat, lon) for lon, lat in ring) for ring in rings),))


TAVEUNI = [(179.8, -17.1), (-179.8, -17.1), (-179.8, -16.6), (179.8, -16.6)]
ANTARCTIC_BOX = [(-180.0, -90.0), (180.0, -90.0), (180.0, -65.0), (0.0, -70.0), (-180.0, -65.0)]
WORLD = [(-180.0, -90.0), (180.0, -90.0), (180.0, 90.0), (-180.0, 90.0)]


def test_an_island_on_the_antimeridian_is_one_piece() -> None:
    island = polygon(TAVEUNI)
    assert [island.contains(Point(-16.8, lon)) for lon in (179.9, 180.0, -180.0, -179.9)] == [
        True
    ] * 4
    assert not island.contains(Point(-16.8, 0.0))
    assert not island.contains(Point(-16.8, 179.7))


def test_a_corner_of_an_island_on_the_antimeridian_is_inside() -> None:
    island = polygon(TAVEUNI)
    assert [island.contains(Point(lat, lon)) for lon, lat in TAVEUNI] == [True] * 4


def test_an_island_cut_at_the_antimeridian_is_the_same_fence() -> None:
    west = tuple(
        Point(lat, lon) for lon, lat in [(179.8, -17.1), (180, -17.1), (180, -16.6), (179.8, -16.6)]
    )
    east = tuple(
        Point(lat, lon)
        for lon, lat in [(-180, -17.1), (-179.8, -17.1), (-179.8, -16.6), (-180, -16.6)]
    )
    cut, whole = MultiPolygon(((west,), (east,))), polygon(TAVEUNI)
    for point in (Point(-16.85, 180.0), Point(-16.8, -179.95), Point(-16.0, 180.0)):
        assert whole.contains(point) == cut.contains(point)
        assert whole.distance_to_edge_m(point) == pytest.approx(
            cut.distance_to_edge_m(point), abs=1e-3
        )


def test_a_half_open_cut_keeps_the_part_of_the_edge_that_has_no_other_side() -> None:
    west = tuple(
        Point(lat, lon) for lon, lat in [(179.0, -18.0), (180, -18.0), (180, -16.0), (179.0, -16.0)]
    )
    east = tuple(
        Point(lat, lon)
        for lon, lat in [(-180, -17.0), (-179.0, -17.0), (-179.0, -16.0), (-180, -16.0)]
    )
    both = MultiPolygon(((west,), (east,)))
    across = [(-18.0, 180.0), (-17.0, 180.0)]
    point = Point(-17.6, 179.9)
    assert -straight_m(across, point) == pytest.approx(both.distance_to_edge_m(point), abs=1e-3)
    inner = Point(-16.4, 179.99)
    assert -straight_m([(-16.0, 179.0), (-16.0, 180.0)], inner) == pytest.approx(
        both.distance_to_edge_m(inner), abs=1e-3
    )


@pytest.mark.parametrize("turn", [1, -1])
def test_a_ring_round_a_pole_holds_the_pole_whichever_way_it_winds(turn: int) -> None:
    ring = [(-180.0, -70.0), (-90.0, -75.0), (0.0, -70.0), (90.0, -66.0)][::turn]
    antarctica = polygon(ring)
    assert antarctica.contains(Point(-90.0, 12.0))
    assert antarctica.contains(Point(-89.0, 180.0))
    assert not antarctica.contains(Point(-60.0, 90.0))
    assert not antarctica.contains(Point(90.0, 0.0))


def test_a_ring_that_wavers_on_its_way_round_a_pole_is_laid_out_without_crossing_itself() -> None:
    ring = [(0.0, 60.0), (-10.0, 85.0), (10.0, 85.0), (120.0, 60.0), (-120.0, 60.0)]
    for first in range(5):
        svalbard = polygon(ring[first:] + ring[:first])
        assert svalbard.contains(Point(90.0, 0.0))
        assert svalbard.contains(Point(86.0, 0.0))
        assert not svalbard.contains(Point(80.0, 0.0))
        assert svalbard.contains(Point(70.0, 110.0))


def test_a_wedge_that_ends_at_a_pole_holds_it_under_every_longitude() -> None:
    wedge = polygon([(0.0, 80.0), (40.0, 80.0), (20.0, 90.0)])
    assert [wedge.contains(Point(90.0, longitude)) for longitude in (20.0, -160.0)] == [True] * 2
    assert wedge.crosses(Point(85.0, -160.0), Point(90.0, -160.0))
    assert wedge.crosses(Point(90.0, -160.0), Point(85.0, -160.0))
    assert not wedge.crosses(Point(85.0, -160.0), Point(89.9, -160.0))


def test_the_customary_outline_of_antarctica_has_no_edge_at_the_pole_nor_along_its_cut() -> None:
    antarctica = polygon(ANTARCTIC_BOX)
    pole = Point(-90.0, 0.0)
    assert antarctica.contains(pole)
    assert -WGS84.inv(0, -90, 0, -70)[2] == pytest.approx(
        antarctica.distance_to_edge_m(pole), abs=1e-3
    )
    on_the_cut = Point(-80.0, 180.0)
    shore = [(-65.0, 180.0), (-70.0, 0.0), (-65.0, -180.0)]
    assert -straight_m(shore, on_the_cut, 40_001) == pytest.approx(
        antarctica.distance_to_edge_m(on_the_cut), abs=1e-3
    )


def test_the_world_has_no_edge() -> None:
    world = polygon(WORLD)
    assert world.contains(Point(12.0, 34.0))
    assert world.contains(Point(90.0, 0.0))
    assert -np.inf == world.distance_to_edge_m(Point(12.0, 34.0))
    assert np.inf == world.bounds.radius_m


def test_the_world_without_france_is_bounded_by_nothing_less_than_the_world() -> None:
    france = [(-5.0, 42.0), (8.0, 42.0), (8.0, 51.0), (-5.0, 51.0)]
    elsewhere = polygon(WORLD, france)
    assert not elsewhere.contains(Point(48.86, 2.35))
    assert elsewhere.contains(Point(-48.86, -177.65))
    assert np.inf == elsewhere.bounds.radius_m


def test_a_point_in_a_hole_is_outside_and_on_its_edge_inside() -> None:
    square = [(2.0, 48.0), (3.0, 48.0), (3.0, 49.0), (2.0, 49.0)]
    ring = polygon(square, [(2.4, 48.4), (2.6, 48.4), (2.6, 48.6), (2.4, 48.6)])
    assert not ring.contains(Point(48.5, 2.5))
    assert ring.contains(Point(48.5, 2.4))
    assert ring.contains(Point(48.2, 2.2))


def test_areas_are_within_a_percent_of_the_ellipsoid() -> None:
    box = [(2.0, 48.0), (3.0, 48.0), (3.0, 49.0), (2.0, 49.0)]
    assert abs(WGS84.polygon_area_perimeter(*zip(*box, strict=True))[0]) == pytest.approx(
        polygon(box).area_m2, rel=0.01
    )
    assert 5.1007e14 == pytest.approx(polygon(WORLD).area_m2, rel=0.01)


@pytest.mark.parametrize(
    ("rings", "problem"),
    [
        ([[(2, 48), (3, 49), (3, 48), (2, 49)]], r"polygons\[0\]: Self-intersection"),
        ([[(2, 48), (3, 48)]], r"polygons\[0\]\[0\]: must have at least 3 corners, got 2"),
        ([[(2, 48), (3, 48), (2.5, 48)]], r"polygons\[0\]: "),
        ([[(2, 48), (2, 48), (2, 48)]], r"polygons\[0\]: "),
        ([[(2, 48), (3, 48), (3, 49)], [(5, 48), (6, 48), (6, 49)]], r"polygons\[0\]: Hole"),
        (
            [[(-120, 5), (0, -5), (120, 5)]],
            r"polygons\[0\]\[0\]: must not run around the earth on both",
        ),
        (
            [[(-120, 60), (0, 60), (120, 60)], [(-120, 70), (0, 70), (120, 70)]],
            r"polygons\[0\]\[1\]: a hole must not enclose a pole",
        ),
        (
            [[(lon * 100 % 360 - 180, 50 + lon) for lon in range(12)]],
            r"polygons\[0\]\[0\]: must not run around the earth more than once",
        ),
        ([], "polygons: must not be empty"),
    ],
    ids=["bow tie", "2 corners", "line", "point", "hole", "equator", "polar hole", "coil", "none"],
)
def test_what_is_no_polygon_is_refused(
    rings: list[list[tuple[float, float]]], problem: str
) -> None:
    with pytest.raises(FenceError, match=problem):
        polygon(*rings)


def test_polygons_that_overlap_are_refused_also_a_turn_apart() -> None:
    def box(west: float, east: float) -> tuple[tuple[Point, ...], ...]:
        corners = ((-17.0, west), (-17.0, east), (-16.0, east), (-16.0, west))
        return (tuple(Point(lat, lon) for lat, lon in corners),)

    with pytest.raises(FenceError, match="polygons: must not overlap"):
        MultiPolygon((box(2.0, 4.0), box(3.0, 5.0)))
    with pytest.raises(FenceError, match="polygons: must not overlap"):
        MultiPolygon((box(179.0, -179.0), box(-179.5, -178.0)))


def test_the_check_of_a_large_polygon_lets_other_threads_run() -> None:
    """GEOS keeps the interpreter lock in some of shapely's functions, for as long as it takes."""
    count = 8_000
    star = [
        (
            (0.2 if n % 2 else 1.0) * math.cos(math.tau * n / count),
            (0.2 if n % 2 else 1.0) * math.sin(math.tau * n / count),
        )
        for n in range(count)
    ]
    shares = []
    for _ in range(3):
        thread = threading.Thread(target=polygon, args=(star,))
        longest_s, began_s = 0.0, time.perf_counter()
        last_s = began_s
        thread.start()
        while thread.is_alive():
            time.sleep(0.0005)
            longest_s, last_s = max(longest_s, time.perf_counter() - last_s), time.perf_counter()
        shares.append(longest_s / (last_s - began_s))
    assert 0.5 > min(shares), shares
