"""A corridor fence: all points near a line, such as a road or a delivery route."""

from dataclasses import dataclass
from functools import cached_property
from math import pi

from geodata.distance import chord_core_m, chord_reach_m
from geodata.fences.flat import flatten_line, flatten_segment
from geodata.fences.grid import METRES_PER_RADIAN
from geodata.fences.outline import Outline
from geodata.fences.shape import MAX_VERTICES, Bools, Cap, FenceError, Floats
from geodata.points import Point

MAX_WIDTH_M = 100_000.0


@dataclass(frozen=True)
class Corridor:
    """All points within `width_m / 2` of a line that is straight in longitude and latitude.

    The ends are round. `flat` defines how the line crosses the antimeridian. Membership is
    exact to the 1 mm of `Outline`.

    Raises:
        FenceError: the line has fewer than 2 or more than `MAX_VERTICES` positions, or the width
            is not in (0, `MAX_WIDTH_M`].
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
        """A cap that contains the corridor."""
        line = self._outline.hull(self.contains)
        return Cap(line.center, line.radius_m + self.width_m / 2)

    @property
    def area_m2(self) -> float:
        """The area of a straight corridor of the same length and width."""
        return self._outline.length_m * self.width_m + pi / 4 * self.width_m**2

    @property
    def perimeter_m(self) -> float:
        """The perimeter of a straight corridor of the same length and width."""
        return 2 * self._outline.length_m + pi * self.width_m

    def contains(self, point: Point) -> bool:
        """True if the point is at most half the width from the line."""
        return self._outline.distance_m(point) <= self.width_m / 2

    def contains_many(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """`contains` for arrays of positions in degrees."""
        return self._outline.within(latitudes, longitudes, self.width_m / 2)

    def distance_to_edge_m(self, point: Point) -> float:
        """Metres to the edge, negative inside; the error is at most 1 mm.

        Inside, where the line bends or passes itself, the true edge may be farther.
        """
        return self._outline.distance_m(point) - self.width_m / 2

    def crosses(self, start: Point, end: Point) -> bool:
        """True if the line that is straight in longitude and latitude touches the corridor.

        Two straight lines that do not meet are nearest at an end of one of them, so the ends of
        the pieces of both lines are tested. Pieces are nearly straight: a touch by less than a
        hundred-thousandth of the width may be missed.
        """
        segment = Outline(flatten_segment(start, end))
        return (
            bool(self.contains_many(*segment.vertices).any())
            or bool(segment.within(*self._outline.vertices, self.width_m / 2).any())
            or self._outline.meets(start, end)
        )

    def touches_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """False only for caps that surely share no point with the corridor."""
        reach = chord_reach_m(self.width_m / 2 + radius_rad * METRES_PER_RADIAN)
        return self._outline.chord_bounds_m(latitudes, longitudes, reach)[0] <= reach

    def covers_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """True only for caps that surely lie inside the corridor."""
        core = chord_core_m(self.width_m / 2 - radius_rad * METRES_PER_RADIAN)
        return self._outline.chord_bounds_m(latitudes, longitudes, core)[1] <= core

    @cached_property
    def _outline(self) -> Outline:
        return Outline(flatten_line(self.line))
