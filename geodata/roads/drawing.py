"""Draws an isochrone as polygons, of large cells inside and small cells along its border.

Bounds decide most cells for all their points. The others, at the finest resolution, are decided by
their centres. If such a cell and all its neighbours have one decision, yet one of its children has
the other, the cell takes that of the child; so a cell with wrong points has a line at its side.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import shapely
from h3.api import basic_int as h3
from shapely import MultiPolygon, Polygon

from geodata.fences.grid import centers
from geodata.roads.isochrone import START, Isochrone

FINEST = 12
"""Resolution of the smallest cells, 19 m across."""
MOST_BORDER = 6_000
"""Cells along the border, about; a finer resolution would have more."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Polygons of an isochrone, for the eye: the isochrone itself decides on points."""

    polygons: MultiPolygon
    """Longitude first, with holes; over the antimeridian it goes on past 180 degrees."""
    resolution: int
    """That of the cells along the border. Points at which the polygons are wrong lie within the
    width of such a cell from their line; a sliver that is narrower than a cell may be missed."""


def draw(isochrone: Isochrone) -> Drawing:
    """The polygons of an isochrone."""
    at, inside, border = START, set[int](), isochrone.start(START)
    while True:
        within, border = isochrone.sort(border, at)
        inside.update(within)
        if at == FINEST or 7 * len(border) > MOST_BORDER:
            break
        border = [child for cell in border for child in h3.cell_to_children(cell)]
        at += 1
    cells = _Cells(isochrone, at, inside, border)
    cells.mend()
    rings = [shapely.LinearRing(ring) for ring in _rings(cells.sides(), isochrone.origin.longitude)]
    return Drawing(_joined(rings), at)


class _Cells:
    """The decisions on cells of one resolution."""

    def __init__(
        self, isochrone: Isochrone, resolution: int, inside: set[int], border: list[int]
    ) -> None:
        self._isochrone = isochrone
        self._at = resolution
        self._inside = inside
        """Cells of this and coarser resolutions."""
        decided = isochrone.contains_many(*centers(border)).tolist()
        self._border: dict[int, bool] = dict(zip(border, decided, strict=True))

    def mend(self) -> None:
        """Turn cells in the midst of equal ones that have a child of the other kind."""
        alone = [cell for cell in self._border if self._is_alone(cell)]
        children = [child for cell in alone for child in h3.cell_to_children(cell)]
        decided = self._isochrone.contains_many(*centers(children)).tolist()
        is_in = dict(zip(children, decided, strict=True))
        for cell in alone:
            kind = self._border[cell]
            other = any(is_in[child] != kind for child in h3.cell_to_children(cell))
            if other and self._is_alone(cell):
                self._border[cell] = not kind

    def sides(self) -> Iterator[tuple[int, int]]:
        """The sides between a cell inside and one outside, as vertices with the inside at the
        left."""
        for cell, is_in in self._border.items():
            for other in h3.grid_ring(cell, 1):
                if is_in and not self._is_in(other):
                    yield _side(cell, other)
                elif not is_in and other not in self._border and self._is_in(other):
                    yield _side(other, cell)

    def _is_alone(self, cell: int) -> bool:
        kind = self._border[cell]
        return all(self._is_in(other) == kind for other in h3.grid_ring(cell, 1))

    def _is_in(self, cell: int) -> bool:
        if cell in self._border:
            return self._border[cell]
        levels = range(START, self._at + 1)
        return any(h3.cell_to_parent(cell, level) in self._inside for level in levels)


def _side(cell: int, other: int) -> tuple[int, int]:
    """The vertices between two neighbours, counter-clockwise around the first."""
    corners = h3.cell_to_vertexes(cell)
    shared = set(h3.cell_to_vertexes(other))
    [side] = [
        (first, last)
        for first, last in zip(corners, (*corners[1:], corners[0]), strict=True)
        if first in shared and last in shared
    ]
    return side


def _rings(sides: Iterable[tuple[int, int]], middle: float) -> Iterator[list[tuple[float, float]]]:
    """The closed rings of sides, longitude first. At a vertex three cells meet, so one ring passes
    it at most."""
    after = dict(sides)
    while after:
        vertex, last = after.popitem()
        ring = [vertex]
        while last != vertex:
            ring.append(last)
            last = after.pop(last)
        yield [_corner(vertex, middle) for vertex in ring]


def _corner(vertex: int, middle: float) -> tuple[float, float]:
    latitude, longitude = h3.vertex_to_latlng(vertex)
    return middle + (longitude - middle + 180) % 360 - 180, latitude


def _joined(rings: list[shapely.LinearRing]) -> MultiPolygon:
    """Rings that run counter-clockwise, each without the others right inside it."""
    shells = [Polygon(ring) for ring in rings if ring.is_ccw]
    tree = shapely.STRtree(shells)
    holes: dict[int, list[shapely.LinearRing]] = {}
    for ring in rings:
        if not ring.is_ccw:
            around = tree.query(Polygon(ring), predicate="within").tolist()
            holes.setdefault(min(around, key=lambda n: shells[n].area), []).append(ring)
    return MultiPolygon([Polygon(shell.exterior, holes.get(n)) for n, shell in enumerate(shells)])
