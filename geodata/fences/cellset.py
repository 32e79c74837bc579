"""A fence that is a set of H3 cells."""

from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

import numpy as np
from h3.api import basic_int as h3

from geodata.distance import chord_reach_m
from geodata.fences.grid import METRES_PER_RADIAN
from geodata.fences.outline import Outline
from geodata.fences.pieces import MAX_PIECES
from geodata.fences.shape import Bools, Cap, FenceError, Floats
from geodata.points import Point

MAX_CELLS = 10_000
"""The largest number of cells, counted at the finest resolution in the set."""

_MAX_ARC_M = 2_000.0
_MAX_ARC_DEGREES = 1.0
_MIN_ARC_M = 1e-3
_ARC_SAG_M = 5.0
"""Bound of the distance between a great-circle arc within these limits and the straight line
between its ends: 2 km * 1 degree / 8 = 4.4 m at a pole; 0.08 m at 45 degrees."""


@dataclass(frozen=True)
class CellSet:
    """All points whose H3 cell is in the set.

    A coarse cell stands for all its children at the finest resolution in the set, so a set and
    its `h3.compact_cells` are equal fences: `cells` holds cells of the finest resolution only.
    Membership is exactly `h3.latlng_to_cell`. The edge follows the outlines of the cells, which
    are great-circle arcs on H3's sphere; its error is at most 0.15 m between 60 S and 60 N, and
    5 m anywhere.

    Raises:
        FenceError: there is no cell, a cell is invalid, the set has more than `MAX_CELLS` cells
            at the finest resolution (estimated before they are made), or the outline is too long.
    """

    cells: frozenset[int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "cells", _finest(self.cells))
        _ = self._outline

    @cached_property
    def resolution(self) -> int:
        """The resolution of all cells in `cells`."""
        resolution: int = h3.get_resolution(next(iter(self.cells)))
        return resolution

    @cached_property
    def bounds(self) -> Cap:
        """A cap that contains all cells."""
        return self._outline.hull(self.contains)

    @property
    def area_m2(self) -> float:
        """The area on a sphere."""
        return float(sum(h3.cell_area(cell, "m^2") for cell in self.cells))

    @property
    def perimeter_m(self) -> float:
        """The perimeter on a sphere."""
        return self._outline.length_m

    def contains(self, point: Point) -> bool:
        """True if the point's cell is in the set."""
        return h3.latlng_to_cell(point.latitude, point.longitude, self.resolution) in self.cells

    def contains_many(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """`contains` for arrays of positions in degrees."""
        positions = latitudes.tolist(), longitudes.tolist()
        cells = map(h3.latlng_to_cell, *positions, repeat(self.resolution))
        return np.fromiter(map(self.cells.__contains__, cells), np.bool_, latitudes.size)

    def distance_to_edge_m(self, point: Point) -> float:
        """Metres to the edge, negative inside; minus infinity if the set covers the earth."""
        distance = self._outline.distance_m(point)
        return -distance if self.contains(point) else distance

    def crosses(self, start: Point, end: Point) -> bool:
        """True if the line that is straight in longitude and latitude touches the edge, or has an
        end inside."""
        return self.contains(start) or self.contains(end) or self._outline.meets(start, end)

    def touches_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """False only for caps that surely share no point with the cells."""
        edge_outside = self._edge_outside(latitudes, longitudes, radius_rad)
        return ~edge_outside | self.contains_many(latitudes, longitudes)

    def covers_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """True only for caps that surely lie inside the cells."""
        edge_outside = self._edge_outside(latitudes, longitudes, radius_rad)
        return edge_outside & self.contains_many(latitudes, longitudes)

    @cached_property
    def _outline(self) -> Outline:
        if len(self.cells) == h3.get_num_cells(self.resolution):
            return Outline(np.empty((0, 4)))
        shape = h3.cells_to_h3shape(self.cells, tight=False)
        loops = [np.array(loop) for polygon in shape for loop in (polygon.outer, *polygon.holes)]
        starts = np.concatenate(loops)
        ends = np.concatenate([np.roll(loop, -1, axis=0) for loop in loops])
        return Outline(_straight_pieces(starts, ends))

    def _edge_outside(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        reach = chord_reach_m(radius_rad * METRES_PER_RADIAN + _ARC_SAG_M)
        outside: Bools = self._outline.chord_bounds_m(latitudes, longitudes, reach)[0] > reach
        return outside


def _finest(cells: frozenset[int]) -> frozenset[int]:
    """The checked set, with all cells at the finest resolution."""
    if not cells:
        raise FenceError("cells", "must not be empty")
    if len(cells) > MAX_CELLS:
        raise FenceError("cells", f"must have at most {MAX_CELLS} cells, got {len(cells)}")
    for cell in cells:
        if not (0 < cell < 1 << 63 and h3.is_valid_cell(cell)):
            raise FenceError("cells", f"not an H3 cell: {cell:x}")
    resolutions = [h3.get_resolution(cell) for cell in cells]
    finest = max(resolutions)
    count = sum(7 ** (finest - resolution) for resolution in resolutions)
    if count > MAX_CELLS:
        raise FenceError(
            "cells",
            f"must have at most {MAX_CELLS} cells at the finest resolution, got about {count} "
            f"at resolution {finest}",
        )
    return frozenset(h3.uncompact_cells(cells, finest))


def _straight_pieces(starts: Floats, ends: Floats) -> Floats:
    """Cut great-circle arcs into pieces that are close enough to straight lines.

    Arcs are halved until each is within `_MAX_ARC_M` and `_MAX_ARC_DEGREES` of longitude; see
    `_ARC_SAG_M` for the error.
    """
    start, end = _unit(starts), _unit(ends)
    while True:
        position, to = _position(start), _position(end)
        east = (to[:, 1] - position[:, 1] + 180) % 360 - 180
        length = np.linalg.norm(end - start, axis=1) * METRES_PER_RADIAN
        bent = (np.abs(east) > _MAX_ARC_DEGREES) & (length > _MIN_ARC_M)
        halve = bent | (length > _MAX_ARC_M)
        if length.sum() > _MAX_ARC_M * MAX_PIECES or len(start) > MAX_PIECES:
            raise FenceError("outline", f"is too long: it needs over {MAX_PIECES} pieces")
        if not halve.any():
            return np.column_stack((position, to[:, 0], position[:, 1] + east))
        middle = start[halve] + end[halve]
        middle /= np.linalg.norm(middle, axis=1, keepdims=True)
        start, end = (
            np.concatenate((start[~halve], start[halve], middle)),
            np.concatenate((end[~halve], middle, end[halve])),
        )


def _unit(positions: Floats) -> Floats:
    """Unit vectors of positions on H3's sphere."""
    latitude, longitude = np.radians(positions.T)
    across = np.cos(latitude)
    return np.column_stack(
        (across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude))
    )


def _position(vectors: Floats) -> Floats:
    """Latitudes and longitudes of unit vectors, in degrees."""
    x, y, z = vectors.T
    radians = np.column_stack((np.arctan2(z, np.hypot(x, y)), np.arctan2(y, x)))
    positions: Floats = np.degrees(radians)
    return positions
