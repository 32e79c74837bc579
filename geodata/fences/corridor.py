"""A corridor fence: all places near a line, such as a road or a delivery route."""

from dataclasses import dataclass
from functools import cached_property
from math import pi

from geodata.distance import chord_core_m, chord_reach_m
from geodata.fences.flat import flatten_line, flatten_way
from geodata.fences.grid import METRES_PER_RADIAN
from geodata.fences.outline import Outline
from geodata.fences.shape import MAX_VERTICES, Bools, Cap, FenceError, Floats
from geodata.points import Point

MAX_WIDTH_M = 100_000.0


@dataclass(frozen=True)
class Corridor:
    """All places within `width_m / 2` of a line that is straight in longitude and latitude.

    Its ends are round. It crosses the antimeridian by the rule of `flat`. Membership is exact
    within the 1 mm of `Outline`.

    Raises:
        FenceError: fewer than two positions, too many, or the width not in (0, `MAX_WIDTH_M`].
    """

    line: tuple[Point, ...]
    width_m: float

    def __post_init__(self) -> None:
        if not 0 < self.width_m <= MAX_WIDTH_M:
            raise FenceError("width_m", f"must be in (0, {MAX_WIDTH_M:g}], got {self.width_m}")
        if not 2 <= len(self.line) <= MAX_VERTICES:
            raise FenceError(
                "line", f"must have 2 to {MAX_VERTICES} positions, got {len(self.line)}"
            )
        _ = self._outline

    @cached_property
    def bounds(self) -> Cap:
        """A cap that holds the corridor."""
        line = self._outline.hull(self.contains)
        return Cap(line.center, line.radius_m + self.width_m / 2)

    @property
    def area_m2(self) -> float:
        """As if it never bent."""
        return self._outline.length_m * self.width_m + pi / 4 * self.width_m**2

    @property
    def perimeter_m(self) -> float:
        """As if it never bent."""
        return 2 * self._outline.length_m + pi * self.width_m

    def contains(self, point: Point) -> bool:
        """Whether the point is at most half the width away from the line."""
        return self._outline.distance_m(point) <= self.width_m / 2

    def contains_many(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """The same for arrays of positions in degrees."""
        return self._outline.within(latitudes, longitudes, self.width_m / 2)

    def distance_to_edge_m(self, point: Point) -> float:
        """Metres to the edge, negative inside; at most 1 mm from the true distance.

        Inside, where the line bends or passes itself, the edge may be farther than told.
        """
        return self._outline.distance_m(point) - self.width_m / 2

    def crosses(self, start: Point, end: Point) -> bool:
        """Whether the line that is straight in longitude and latitude touches the corridor.

        Lines that do not meet are nearest at an end of one of them if they are straight. Their
        pieces are straight enough that a touch by less than a hundred thousandth of the width
        may be missed.
        """
        way = Outline(flatten_way(start, end))
        return (
            bool(self.contains_many(*way.vertices).any())
            or bool(way.within(*self._outline.vertices, self.width_m / 2).any())
            or self._outline.meets(start, end)
        )

    def touches_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """False only where a cap surely has no place in common with the corridor."""
        reach = chord_reach_m(self.width_m / 2 + radius_rad * METRES_PER_RADIAN)
        return self._outline.chord_bounds_m(latitudes, longitudes, reach)[0] <= reach

    def covers_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """True only where a cap surely lies wholly inside the corridor."""
        core = chord_core_m(self.width_m / 2 - radius_rad * METRES_PER_RADIAN)
        return self._outline.chord_bounds_m(latitudes, longitudes, core)[1] <= core

    @cached_property
    def _outline(self) -> Outline:
        return Outline(flatten_line(self.line))
