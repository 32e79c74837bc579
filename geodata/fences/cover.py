"""Which H3 cells a shape touches, by descent from cells larger than the shape."""

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
"""A cover gets finer only while it is expected to stay below this."""

_GROWTH = 3.3
"""How many cells, a level finer, take the place of a border cell in the cover of a circle. For
other shapes it may be more, in theory 7, which leaves a bound of 7 / 3.3 times the cells."""
_START_RINGS = 3


@dataclass(frozen=True)
class Cover:
    """Cells that stand for a shape: every place in the shape is under one of them.

    "Under" goes by a cell's number; see `grid`.
    """

    inner: tuple[int, ...]
    """Every place under one of these is in the shape."""
    border: tuple[int, ...]
    """Places under these may be."""
    resolution: int
    """Of the border cells. A place under no cell is farther than its margin from the shape."""


def margin_m(resolution: int) -> float:
    """How far a shape surely is from a place that its cover, with such border cells, leaves out."""
    return reach_rad(resolution) * MIN_METRES_PER_RADIAN


def cover(shape: Shape) -> Cover:
    """Cover a shape with a bounded number of cells, large ones inside and small ones at its edge.

    A cell is judged by the cap that holds every place under it, so no cell's drawn outline, no
    pole, pentagon or antimeridian is a special case. It is inner when its cap lies in the shape,
    and left out when its cap, made wider by as much again (the margin), cannot touch the shape.
    Cells between the two give way to their children, until these would be too many.
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
    """The cells of one resolution whose centres lie in a shape.

    Raises:
        FenceError: the resolution is not in [0, 15], or there would be more than `MAX_CELLS`
            cells by an estimate from area and perimeter, or there is none.
    """
    if not 0 <= resolution <= 15:
        raise FenceError("resolution", f"must be in [0, 15], got {resolution}")
    reach = reach_rad(resolution)
    width = 2 * reach * METRES_PER_RADIAN
    touched = shape.area_m2 + shape.perimeter_m * width + pi * width**2
    estimate = touched / h3.average_hexagon_area(resolution, "m^2")
    if estimate > MAX_CELLS:
        raise FenceError("resolution", f"would need about {estimate:.0f} cells, over {MAX_CELLS}")
    at, cells = _start(shape, resolution)
    while at < resolution:
        touching = shape.touches_caps(*centers(cells), reach_rad(at)).tolist()
        parents = (cell for cell, kept in zip(cells, touching, strict=True) if kept)
        cells = [child for cell in parents for child in h3.cell_to_children(cell)]
        at += 1
    inside = shape.contains_many(*centers(cells)).tolist()
    filled = frozenset(cell for cell, kept in zip(cells, inside, strict=True) if kept)
    if not filled:
        raise FenceError("resolution", "is so coarse that no cell's centre lies in the shape")
    return CellSet(filled)


def _start(shape: Shape, finest: int) -> tuple[int, list[int]]:
    """A resolution whose cells are as large as the shape, and all cells near it.

    Every place within the shape's bounds widened by one more reach is under one of the cells:
    with three rings round the cell of the centre it would be, in the plane, out to 2.28 times
    the spacing of the centres; the reach is 0.61 of it, and H3's cells are drawn smaller than
    that by 0.62 at most (at the corners of the icosahedron; with WGS84's smallest radius).
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
    """The inner and the border cells among cells of one resolution."""
    reach, at = reach_rad(resolution), centers(cells)
    touching = shape.touches_caps(*at, 2 * reach)
    covered = shape.covers_caps(*at, reach)
    inner = [cell for cell, is_inner in zip(cells, covered.tolist(), strict=True) if is_inner]
    border = [
        cell for cell, kept in zip(cells, (touching & ~covered).tolist(), strict=True) if kept
    ]
    return inner, border
