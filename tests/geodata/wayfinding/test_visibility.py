"""Tests walks over a floor against two slower algorithms."""

import math

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import BlockedArea, Fixture, FloorPlan, Level, Position
from geodata.wayfinding import visibility
from geodata.wayfinding.network import Network
from geodata.wayfinding.profiles import WALKING
from geodata.wayfinding.visibility import MAX_CORNERS, FreeFloor, free_floor
from geodata.wayfinding.walks import Path
from tests.geodata.floorplans.shops import NOON, corner_shop, supermarket

GRID_M = 0.25
ROOM = shapely.box(0, 0, 10, 8)
boxes = st.builds(
    lambda x, y, width, depth, angle: shapely.affinity.rotate(
        shapely.box(x, y, x + width, y + depth), angle
    ),
    st.floats(0, 8),
    st.floats(0, 6),
    st.floats(0.3, 4),
    st.floats(0.3, 4),
    st.sampled_from([0, 0, 30, 77]),
)
rooms = st.lists(boxes, min_size=1, max_size=5)


def room_with(obstacles: list[shapely.Polygon]) -> FloorPlan:
    return FloorPlan(
        store="stores/room",
        levels=(Level(id="0", walkable=ROOM),),
        fixtures=tuple(
            Fixture(id=f"f{number}", level="0", outline=outline)
            for number, outline in enumerate(obstacles)
        ),
    )


def free_space(plan: FloorPlan) -> BaseGeometry:
    taken = shapely.union_all([f.outline for f in plan.fixtures], grid_size=1e-6)
    floor = plan.levels[0].walkable
    assert floor is not None
    with np.errstate(all="ignore"):
        return shapely.difference(floor, taken, grid_size=1e-6).buffer(
            -WALKING.width_m / 2, join_style="mitre"
        )


def some_points(space: BaseGeometry, seed: int) -> list[tuple[float, float]]:
    """Two free points of the grid."""
    _, _, east, north = space.bounds
    columns, rows = np.arange(0, east, GRID_M), np.arange(0, north, GRID_M)
    free = [(x, y) for x in columns for y in rows if space.contains(shapely.Point(x, y))]
    assume(len(free) > 1)
    rng = np.random.default_rng(seed)
    return [free[index] for index in rng.choice(len(free), 2, replace=False)]


def walked(plan: FloorPlan, one: tuple[float, float], other: tuple[float, float]) -> Path | None:
    stops = [Position("0", *one), Position("0", *other)]
    return Network(plan, WALKING, NOON).walks(stops).path(0, 1)


def by_all_corners(
    space: BaseGeometry, one: tuple[float, float], other: tuple[float, float]
) -> float:
    """Dijkstra over all vertices of the free space, with one test of sight per pair."""
    corners = {tuple(point) for point in shapely.get_coordinates(space).tolist()}
    points = [one, other, *sorted(corners - {one, other})]
    with np.errstate(all="ignore"):
        wide = space.buffer(1e-6, join_style="mitre")
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(points)))
    for i, a in enumerate(points):
        for j, b in enumerate(points[:i]):
            if wide.covers(shapely.LineString([a, b])):
                graph.add_edge(i, j, metres=math.dist(a, b))
    try:
        return float(nx.dijkstra_path_length(graph, 0, 1, weight="metres"))
    except nx.NetworkXNoPath:
        return math.inf


def by_grid(space: BaseGeometry, one: tuple[float, float], other: tuple[float, float]) -> float:
    """Dijkstra over a grid of 25 cm with diagonals: never shorter than the exact walk."""
    _, _, east, north = space.bounds
    graph: nx.Graph[tuple[float, float]] = nx.Graph()
    for x in np.arange(0, east, GRID_M):
        for y in np.arange(0, north, GRID_M):
            for dx, dy in ((GRID_M, 0), (0, GRID_M), (GRID_M, GRID_M), (GRID_M, -GRID_M)):
                here, there = (round(x, 6), round(y, 6)), (round(x + dx, 6), round(y + dy, 6))
                if space.covers(shapely.LineString([here, there])):
                    graph.add_edge(here, there, metres=math.hypot(dx, dy))
    try:
        return float(nx.dijkstra_path_length(graph, one, other, weight="metres"))
    except (nx.NetworkXNoPath, nx.NodeNotFound):
        return math.inf


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rooms, st.integers(0, 2**32 - 1))
def test_a_walk_is_as_short_as_over_all_corners(
    obstacles: list[shapely.Polygon], seed: int
) -> None:
    plan = room_with(obstacles)
    space = free_space(plan)
    assume(not space.is_empty)
    one, other = some_points(space, seed)
    path = walked(plan, one, other)
    expected = by_all_corners(space, one, other)
    # The slack of 0.1 mm in tests of sight allows a walk to cut each corner by that much.
    assert expected == pytest.approx(path.length_m if path else math.inf, abs=2e-3)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rooms, st.integers(0, 2**32 - 1))
def test_a_walk_is_never_longer_than_over_a_dense_grid(
    obstacles: list[shapely.Polygon], seed: int
) -> None:
    plan = room_with(obstacles)
    space = free_space(plan)
    assume(not space.is_empty)
    one, other = some_points(space, seed)
    path = walked(plan, one, other)
    assert (path.length_m if path else math.inf) <= by_grid(space, one, other) + 1e-6


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rooms, st.integers(0, 2**32 - 1))
def test_a_walk_never_crosses_an_obstacle(obstacles: list[shapely.Polygon], seed: int) -> None:
    plan = room_with(obstacles)
    space = free_space(plan)
    assume(not space.is_empty)
    path = walked(plan, *some_points(space, seed))
    if path is not None and len(path.points) > 1:
        line = shapely.LineString([(point.x_m, point.y_m) for point in path.points])
        taken = shapely.union_all(obstacles, grid_size=1e-6)
        # A walk keeps half the walker's width from every shelf, minus the slack.
        assert line.distance(taken) >= WALKING.width_m / 2 - 1e-3
        assert line.length == pytest.approx(path.length_m)


def test_walks_of_a_supermarket_are_as_short_as_over_all_corners() -> None:
    plan = supermarket()[0]
    space = free_space(plan)
    shapely.prepare(space)
    for one, other in (((2.0, 5.0), (30.0, 58.0)), ((38.0, 20.0), (3.0, 40.0))):
        path = walked(plan, one, other)
        assert path is not None
        assert by_all_corners(space, one, other) == pytest.approx(path.length_m, abs=5e-3)


def test_round_a_single_shelf_the_walk_is_known() -> None:
    plan = room_with([shapely.box(4, 2, 6, 8)])
    path = walked(plan, (3.0, 5.0), (7.0, 5.0))
    # Down to 0.25 m under the shelf's two lower corners, across, and up again.
    corner = math.hypot(0.75, 3.25)
    assert path is not None
    assert 2 * corner + 2.5 == pytest.approx(path.length_m, abs=1e-3)


def test_a_gap_narrower_than_the_walker_is_no_way() -> None:
    gap = [shapely.box(4, 0, 6, 3.8), shapely.box(4, 4.2, 6, 8)]
    assert walked(room_with(gap), (1, 1), (9, 1)) is None
    wider = [shapely.box(4, 0, 6, 3.7), shapely.box(4, 4.3, 6, 8)]
    assert walked(room_with(wider), (1, 1), (9, 1)) is not None


def test_blocked_areas_are_walked_round_until_they_expire() -> None:
    spill = BlockedArea(id="spill", level="0", outline=shapely.box(4, 2, 6, 8), blocked_until=NOON)
    plan = FloorPlan(store="s", levels=(Level(id="0", walkable=ROOM),), blocked=(spill,))
    assert free_floor(plan, plan.levels[0], NOON, 0.5).space.area == pytest.approx(9.5 * 7.5)  # type: ignore[union-attr]
    assert walked(plan, (3, 5), (7, 5)).length_m == pytest.approx(4)  # type: ignore[union-attr]


def test_a_level_without_floor_is_none() -> None:
    assert free_floor(FloorPlan(store="s"), Level(id="0"), NOON, 0.5) is None


def test_only_corners_that_bulge_into_the_room_are_kept() -> None:
    floor = free_floor(corner_shop(), corner_shop().levels[0], NOON, 0.5)
    assert floor is not None
    # Two gondolas have four corners each; a shortest path never turns at the room's own corners.
    assert len(floor.corners) == 8


def test_a_floor_with_too_many_corners_is_refused() -> None:
    with pytest.raises(ValueError, match="corners"):
        FreeFloor(building(MAX_CORNERS // 4 + 1))


def building(rooms: int, room_m: float = 4.0) -> BaseGeometry:
    """The corridors of a building between closed rooms, each of four corners."""
    across = math.ceil(math.sqrt(rooms))
    step_m = room_m + 1.5
    corners = [divmod(number, across) for number in range(rooms)]
    solid = [
        shapely.box(x, y, x + room_m, y + room_m)
        for x, y in ((1 + i * step_m + j % 3 / 9, 1 + j * step_m + i % 4 / 9) for i, j in corners)
    ]
    side_m = across * step_m + 2
    return shapely.box(0, 0, side_m, side_m).difference(shapely.union_all(solid))


@pytest.mark.parametrize(("rooms", "room_m"), [(144, 4.0), (120, 0.4)])
def test_a_raster_of_what_is_solid_hides_no_corner(rooms: int, room_m: float) -> None:
    """Between rooms it rejects most lines; between pillars it does not pay, and is not asked."""
    floor = FreeFloor(building(rooms, room_m))
    assert floor._solid is not None
    assert (room_m > 1) is floor._solid.pays
    quick = set(zip(*(each.tolist() for each in floor.corner_pairs()), strict=True))
    point = (0.5, 0.5)
    seen = floor.corners_seen(point).tolist()
    floor._solid = None
    assert quick == set(zip(*(each.tolist() for each in floor.corner_pairs()), strict=True))
    assert seen == floor.corners_seen(point).tolist()


def test_a_station_of_over_a_thousand_corners_is_walked_through() -> None:
    """Gare de l'Est has 1,165 corners."""
    floor = building(300)
    level = Level(id="0", walkable=floor)
    walks = Network(FloorPlan(store="stores/gare", levels=(level,)), WALKING, NOON).walks(
        [Position("0", 0.7, 0.7), Position("0", 90.0, 90.0)]
    )
    straight_m = math.dist((0.7, 0.7), (90.0, 90.0))
    assert straight_m < walks.lengths_m[0, 1] < 1.42 * straight_m


def test_too_many_lines_of_sight_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visibility, "MAX_SIGHT_LINES", 1_000)
    with pytest.raises(ValueError, match="lines of sight"):
        FreeFloor(building(100)).corner_pairs()
