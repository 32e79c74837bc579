"""The visibility graph of a floor with obstacles, which contains all shortest walks.

A shortest path among polygons turns only at corners that are convex towards the free space (T.
Lozano-Pérez and M. A. Wesley, "An algorithm for planning collision-free paths among polyhedral
obstacles", CACM 22, 1979), and touches each of them as a tangent. So only tangent pairs of such
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
from geodata.wayfinding.solid import Solid

Points = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.intp]

MAX_CORNERS = 5_000
"""The number of pairs is quadratic: a building of 5,000 corners takes some seconds, once."""
MAX_SIGHT_LINES = 800_000
"""Lines between corners that are tested exactly; only an open hall full of pillars has more."""
SIGHT_LINES_AT_ONCE = 100_000
CORNERS_AT_ONCE = 250
TANGENT_SLACK = 1e-6
"""Rounding of the product of two cross products in m^4; it admits pairs, and drops none."""
RASTER_FROM = 400
"""Corners from which a raster pays."""
SLACK_M = 1e-4
"""Walls are moved back by this much in tests of sight, so that rounding hides no corner."""


def free_floor(
    plan: FloorPlan, level: Level, at: dt.datetime, width_m: float
) -> "FreeFloor | None":
    """The part of a level's floor that the centre of a walker of `width_m` can reach.

    It is the floor minus its fixtures and its blocked areas at the instant, shrunk by half the
    width.

    Returns:
        None for a level without walkable space.

    Raises:
        ValueError: the floor has more than `MAX_CORNERS` corners.
    """
    if level.walkable is None:
        return None
    fixtures = [fixture.outline for fixture in plan.fixtures if fixture.level == level.id]
    taken = united([*fixtures, *blocked_outlines(plan, level.id, at)])
    return FreeFloor(grown(without(level.walkable, taken), -width_m / 2))


def blocked_outlines(plan: FloorPlan, level: str, at: dt.datetime) -> list[BaseGeometry]:
    """The outlines of the areas of a level that are blocked at an instant."""
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
    """The free space of a floor, its corners, and tests of sight between points."""

    def __init__(self, space: BaseGeometry) -> None:
        self.space = space
        self.corners, self._before, self._after = _bulging_corners(space)
        if len(self.corners) > MAX_CORNERS:
            raise ValueError(
                f"the floor has {len(self.corners)} corners, the limit is {MAX_CORNERS}"
            )
        self._middle = np.mean(self.corners, axis=0) if len(self.corners) else np.zeros(2)
        self._solid = Solid(space) if len(self.corners) >= RASTER_FROM else None
        self._walls = grown(space, SLACK_M).boundary
        shapely.prepare(self._walls)
        self._lock = threading.Lock()

    def corner_pairs(self) -> tuple[Indexes, Indexes]:
        """The pairs of corners that may be consecutive on a shortest path, each pair once.

        Raises:
            ValueError: over `MAX_SIGHT_LINES` pairs may see each other.
        """
        pairs = [np.empty((2, 0), np.intp)]
        for start in range(0, len(self.corners), CORNERS_AT_ONCE):
            pairs.append(self._candidates(slice(start, start + CORNERS_AT_ONCE)))
            if sum(part.shape[1] for part in pairs) > MAX_SIGHT_LINES:
                raise ValueError(
                    f"the floor has {len(self.corners)} corners with over {MAX_SIGHT_LINES:,} "
                    "lines of sight; leave small pillars out"
                )
        one, other = np.hstack(pairs)
        seen = self._see_exactly(self.corners[one], self.corners[other])
        return one[seen], other[seen]

    def corners_seen(self, point: tuple[float, float]) -> Indexes:
        """The corners that may be the first turn of a shortest path from a point of the floor."""
        [candidates] = np.nonzero(self._tangent(np.array([point]))[:, 0])
        seen = self.see(np.broadcast_to(point, (len(candidates), 2)), self.corners[candidates])
        return candidates[seen]

    def sees(self, point: tuple[float, float], others: Points) -> npt.NDArray[np.bool_]:
        """For each other point, shape (n, 2): True if the straight line to it is free."""
        return self.see(np.broadcast_to(point, others.shape), others)

    def see(self, one: Points, other: Points) -> npt.NDArray[np.bool_]:
        """For each pair of points, shapes (n, 2): True if the straight line between is free."""
        if self._solid is None:
            return self._see_exactly(one, other)
        seen = np.zeros(len(one), dtype=np.bool_)
        may_pass = self._solid.may_pass(one, other)
        seen[may_pass] = self._see_exactly(one[may_pass], other[may_pass])
        return seen

    def nearest(self, point: tuple[float, float], within_m: float) -> tuple[float, float] | None:
        """The free point nearest to a point (itself if free); None beyond `within_m`."""
        here = shapely.Point(point)
        if self.space.is_empty or self.space.distance(here) > within_m:
            return None
        [[x_m, y_m], _] = shapely.get_coordinates(shapely.shortest_line(self.space, here))
        return float(x_m), float(y_m)

    def _candidates(self, part: slice) -> Indexes:
        """The pairs, shape (2, n), of a part of the corners and later ones that may be in sight."""
        some = np.arange(len(self.corners))[part]
        tangent = self._tangent(self.corners[part], some[0]).T
        # (part, corners) from the other side: the rays point the other way.
        tangent &= self._tangent_at(part, self.corners[some[0] :])
        one, other = np.nonzero(np.triu(tangent, 1))
        one, other = one + some[0], other + some[0]
        if self._solid is not None:
            may_pass = self._solid.may_pass(self.corners[one], self.corners[other])
            one, other = one[may_pass], other[may_pass]
        return np.stack([one, other])

    def _see_exactly(self, one: Points, other: Points) -> npt.NDArray[np.bool_]:
        seen = np.empty(len(one), dtype=np.bool_)
        for start in range(0, len(one), SIGHT_LINES_AT_ONCE):
            part = slice(start, start + SIGHT_LINES_AT_ONCE)
            lines = shapely.linestrings(np.stack([one[part], other[part]], axis=1))
            # Both ends are on the floor, so a line that meets no wall stays on it. A prepared
            # shape builds its index during queries: two threads at once crash the process.
            with self._lock:
                seen[part] = ~shapely.intersects(self._walls, lines)
        return seen

    def _tangent(self, seen_from: Points, first: int = 0) -> npt.NDArray[np.bool_]:
        """(corners from the first on, points): True if both walls of the corner are on one side of
        the ray from the point to the corner."""
        return self._tangent_at(slice(first, None), seen_from)

    def _tangent_at(self, corners: slice, seen_from: Points) -> npt.NDArray[np.bool_]:
        # The cross products of all rays with all walls, by one matrix product for each side.
        here, off = self.corners[corners] - self._middle, seen_from - self._middle
        sides = []
        for walls in (self._before[corners], self._after[corners]):
            turned = np.column_stack([walls[:, 1], -walls[:, 0]])
            sides.append(np.sum(here * turned, axis=1)[:, None] - turned @ off.T)
        return np.asarray(sides[0] * sides[1] >= -TANGENT_SLACK)


def _bulging_corners(space: BaseGeometry) -> tuple[Points, Points, Points]:
    """The corners of obstacles that are convex towards the space, with the vectors of the walls
    before and after."""
    corners, before, after = [np.empty((0, 2))], [np.empty((0, 2))], [np.empty((0, 2))]
    # Counterclockwise outer rings and clockwise holes: the floor is always on the left.
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
