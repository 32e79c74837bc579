"""Covers a shape with H3 cells, by descent from cells larger than the shape."""

from dataclasses import dataclass
from math import pi

from h3.api import basic_int as h3

from geodata.fences.cellset import MAX_CELLS, CellSet
from geodata.fences.grid import (
    LEAF_RESOLUTION,
    METRES_PER_RADIAN,
    MIN_METRES_PER_RADIAN,
    centers,
    reach_rad,
)
from geodata.fences.shape import FenceError, Shape

MAX_COVER_CELLS = 128
"""A cover is refined only while its expected number of cells stays below this."""

_GROWTH = 3.3
"""Expected number of finer cells that replace a border cell in the cover of a circle. Other
shapes may need up to 7, so a cover has at most 7 / 3.3 times `MAX_COVER_CELLS` cells."""
_START_RINGS = 3


@dataclass(frozen=True)
class Cover:
    """Cells that cover a shape: every point of the shape is under one of them.

    `grid` defines "under a cell".
    """

    inner: tuple[int, ...]
    """Every point under these cells is in the shape."""
    border: tuple[int, ...]
    """A point under these cells may be in the shape."""
    resolution: int
    """That of the border cells; a point under no cell is over `margin_m` from the shape."""


def margin_m(resolution: int) -> float:
    """Least distance from a shape to a point under no cell of its cover, by the resolution of
    the border cells."""
    return reach_rad(resolution) * MIN_METRES_PER_RADIAN


def cover(shape: Shape) -> Cover:
    """Cover a shape with a bounded number of cells: large cells inside, small cells at the edge.

    Each cell is tested by the cap that contains every point under it, so poles, pentagons and
    the antimeridian need no special case. A cell is inner if its cap lies in the shape. It is
    dropped if a cap of twice the radius (the margin) does not touch the shape. Other cells are
    border cells; they are replaced by their children until there would be too many.
    """
    resolution, border = _start(shape, LEAF_RESOLUTION)
    inner: list[int] = []
    while True:
        inside, border = _sort(shape, resolution, border)
        inner += inside
        too_many = len(inner) + _GROWTH * len(border) > MAX_COVER_CELLS
        if too_many or not border or resolution == LEAF_RESOLUTION:
            return Cover(tuple(inner), tuple(border), resolution)
        border = [child for cell in border for child in h3.cell_to_children(cell)]
        resolution += 1


def fill(shape: Shape, resolution: int) -> CellSet:
    """The cells of one resolution whose centre lies in a shape.

    Raises:
        FenceError: the resolution is not in [0, 15]; the number of cells, estimated from area
            and perimeter, is over `MAX_CELLS`; or no cell has its centre in the shape.
    """
    if not 0 <= resolution <= 15:
        raise FenceError("resolution", f"must be in [0, 15], got {resolution}")
    reach = reach_rad(resolution)
    width = 2 * reach * METRES_PER_RADIAN
    touched = shape.area_m2 + shape.perimeter_m * width + pi * width**2
    estimate = touched / h3.average_hexagon_area(resolution, "m^2")
    if estimate > MAX_CELLS:
        raise FenceError(
            "resolution", f"needs about {estimate:.0f} cells, the limit is {MAX_CELLS}"
        )
    at, cells = _start(shape, resolution)
    while at < resolution:
        touching = shape.touches_caps(*centers(cells), reach_rad(at)).tolist()
        parents = (cell for cell, kept in zip(cells, touching, strict=True) if kept)
        cells = [child for cell in parents for child in h3.cell_to_children(cell)]
        at += 1
    inside = shape.contains_many(*centers(cells)).tolist()
    filled = frozenset(cell for cell, kept in zip(cells, inside, strict=True) if kept)
    if not filled:
        raise FenceError("resolution", "is too coarse: no cell has its centre in the shape")
    return CellSet(filled)


def _start(shape: Shape, finest: int) -> tuple[int, list[int]]:
    """A resolution whose cells are as large as the shape, and all cells near the shape.

    Every point within the bounds of the shape, widened by one reach, is under one of the cells.
    In the plane, three rings around the centre cell cover 2.28 times the spacing of the centres.
    A reach is 0.61 of the spacing, and H3 shrinks cells by a factor of 0.62 at worst (at the
    corners of the icosahedron, with WGS84's smallest radius).
    """
    bounds = shape.bounds
    if bounds.radius_m > margin_m(0):
        return 0, list(h3.get_res0_cells())
    resolution = finest
    while bounds.radius_m > margin_m(resolution):
        resolution -= 1
    cell = h3.latlng_to_cell(bounds.center.latitude, bounds.center.longitude, resolution)
    return resolution, h3.grid_disk(cell, _START_RINGS)


def _sort(shape: Shape, resolution: int, cells: list[int]) -> tuple[list[int], list[int]]:
    """Select the inner and the border cells among cells of one resolution."""
    reach, at = reach_rad(resolution), centers(cells)
    touching = shape.touches_caps(*at, 2 * reach)
    covered = shape.covers_caps(*at, reach)
    inner = [cell for cell, is_inner in zip(cells, covered.tolist(), strict=True) if is_inner]
    border = [
        cell for cell, kept in zip(cells, (touching & ~covered).tolist(), strict=True) if kept
    ]
    return inner, border
