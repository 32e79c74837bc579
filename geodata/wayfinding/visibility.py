"""Shortest straight-line walks over a floor with obstacles: the visibility graph.

A shortest path among polygons turns only at corners that bulge into the free space
(Lozano-Pérez and Wesley 1979), and touches each of them as a tangent; so only tangent pairs of such
corners are tested for sight. The lengths are exact for the given polygons.
"""

import datetime as dt
import threading

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import BlockedArea, FloorPlan, Level
from geodata.floorplans.shapes import grown, united, without

Points = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.intp]

MAX_CORNERS = 700
"""Pairs of corners grow with the square: 700 that all see each other take seconds, once."""
SIGHT_LINES_AT_ONCE = 100_000
SLACK_M = 1e-4
"""Sight is tested against walls this much farther off, so that rounding hides no corner."""


def free_floor(
    plan: FloorPlan, level: Level, at: dt.datetime, width_m: float
) -> "FreeFloor | None":
    """What of a level's floor the middle of a walker `width_m` wide can reach.

    The floor less its fixtures and what is blocked at that instant, shrunk by half the width.

    Returns:
        None for a level without walkable space.

    Raises:
        ValueError: when the floor has more than `MAX_CORNERS` corners.
    """
    if level.walkable is None:
        return None
    fixtures = [fixture.outline for fixture in plan.fixtures if fixture.level == level.id]
    taken = united([*fixtures, *blocked_outlines(plan, level.id, at)])
    return FreeFloor(grown(without(level.walkable, taken), -width_m / 2))


def blocked_outlines(plan: FloorPlan, level: str, at: dt.datetime) -> list[BaseGeometry]:
    """The parts of a level's floor that are shut at an instant."""
    shut = (b for b in plan.blocked if b.level == level and b.active(at))
    return [outline for block in shut if (outline := _outline(plan, block)) is not None]


def _outline(plan: FloorPlan, block: BlockedArea) -> BaseGeometry | None:
    if block.outline is not None:
        return block.outline
    if block.aisle:
        named = (aisle for aisle in plan.aisles if aisle.id == block.aisle)
        return next((aisle.area for aisle in named if aisle.level in ("", block.level)), None)
    return shapely.box(-1e6, -1e6, 1e6, 1e6)  # the whole level


class FreeFloor:
    """A floor, its corners, and what sees what."""

    def __init__(self, space: BaseGeometry) -> None:
        self.space = space
        self.corners, self._before, self._after = _bulging_corners(space)
        if len(self.corners) > MAX_CORNERS:
            raise ValueError(
                f"the floor has {len(self.corners)} corners, at most {MAX_CORNERS} are taken"
            )
        self._walls = grown(space, SLACK_M).boundary
        shapely.prepare(self._walls)
        self._asking = threading.Lock()

    def corner_pairs(self) -> tuple[Indexes, Indexes]:
        """The pairs of corners that a shortest path may walk between, each once."""
        tangent = self._tangent(self.corners)
        one, other = np.nonzero(np.triu(tangent & tangent.T, 1))
        seen = self._see(self.corners[one], self.corners[other])
        return one[seen], other[seen]

    def corners_seen(self, point: tuple[float, float]) -> Indexes:
        """The corners that a shortest path from a point of the floor may turn at first."""
        [candidates] = np.nonzero(self._tangent(np.array([point]))[:, 0])
        seen = self._see(np.broadcast_to(point, (len(candidates), 2)), self.corners[candidates])
        return candidates[seen]

    def sees(self, point: tuple[float, float], others: Points) -> npt.NDArray[np.bool_]:
        """Which of the other points (n, 2) can be walked to straight."""
        return self._see(np.broadcast_to(point, others.shape), others)

    def nearest(self, point: tuple[float, float], within_m: float) -> tuple[float, float] | None:
        """The free point nearest to a point, itself where it is free."""
        here = shapely.Point(point)
        if self.space.is_empty or self.space.distance(here) > within_m:
            return None
        [[x_m, y_m], _] = shapely.get_coordinates(shapely.shortest_line(self.space, here))
        return float(x_m), float(y_m)

    def _see(self, one: Points, other: Points) -> npt.NDArray[np.bool_]:
        seen = np.empty(len(one), dtype=np.bool_)
        for start in range(0, len(one), SIGHT_LINES_AT_ONCE):
            part = slice(start, start + SIGHT_LINES_AT_ONCE)
            lines = shapely.linestrings(np.stack([one[part], other[part]], axis=1))
            # Both ends are on the floor, so what meets no wall stays on it. A prepared shape grows
            # its index while it is asked: two threads at once end the process.
            with self._asking:
                seen[part] = ~shapely.intersects(self._walls, lines)
        return seen

    def _tangent(self, seen_from: Points) -> npt.NDArray[np.bool_]:
        """(corners, points): whether the ray from point to corner leaves both walls on one side."""
        ray = self.corners[:, None] - seen_from[None]
        return _cross(ray, self._before[:, None]) * _cross(ray, self._after[:, None]) >= -1e-12


def _bulging_corners(space: BaseGeometry) -> tuple[Points, Points, Points]:
    """Corners where obstacles bulge into the space, and the walls (vectors) before and after."""
    corners, before, after = [np.empty((0, 2))], [np.empty((0, 2))], [np.empty((0, 2))]
    # Counterclockwise outside, clockwise holes: the floor is always on the left.
    for polygon in shapely.get_parts(shapely.orient_polygons(space)):
        for ring in (polygon.exterior, *polygon.interiors):
            points = shapely.get_coordinates(ring)[:-1]
            to_previous = np.roll(points, 1, axis=0) - points
            to_next = np.roll(points, -1, axis=0) - points
            bulging = _cross(-to_previous, to_next) < 0
            corners.append(points[bulging])
            before.append(to_previous[bulging])
            after.append(to_next[bulging])
    return np.vstack(corners), np.vstack(before), np.vstack(after)


def _cross(a: Points, b: Points) -> Points:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
