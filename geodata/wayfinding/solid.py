"""A raster of the cells that lie wholly outside a floor, which rejects most lines of sight early.

A line with a point in such a cell is blocked for certain; any other line is left to the exact test.
So the answers stay exact, and of the pairs of corners of a large building few need that test.
"""

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

Points = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CELLS = 512
"""Cells along the longer side of the floor."""
SHARES = [(2 * step + 1) / parts for parts in (2, 4, 8, 16, 32) for step in range(parts // 2)]
"""The points of a line that are looked at: its middle first."""
LEAST_OUTSIDE = 0.1
"""The share of cells outside from which the raster pays."""


class Solid:
    """The cells outside a floor, and the lines that one of them blocks."""

    def __init__(self, space: BaseGeometry) -> None:
        west, south, east, north = space.bounds
        self._cell_m = max(east - west, north - south) / CELLS
        self._corner = np.array([west, south])
        columns, self._rows = (
            int(np.ceil((end - begin) / self._cell_m)) + 1
            for begin, end in ((west, east), (south, north))
        )
        shape = columns, self._rows
        middles = (np.indices(shape).reshape(2, -1).T + 0.5) * self._cell_m + self._corner
        # A middle farther from the space than the corners of its cell: the whole cell is outside.
        near = space.buffer(self._cell_m * 0.72)
        shapely.prepare(near)
        self._outside: Mask = ~shapely.contains_xy(near, *middles.T)
        self.pays = bool(self._outside.mean() > LEAST_OUTSIDE)

    def may_pass(self, one: Points, other: Points) -> npt.NDArray[np.intp]:
        """The numbers of the lines between points of the floor that no cell blocks for certain."""
        left = np.arange(len(one))
        if not self.pays:
            return left
        begin = (one - self._corner) / self._cell_m
        way = (other - one) / self._cell_m
        for share in SHARES:
            at = (begin + share * way).astype(np.int32)
            passing = ~self._outside[at[:, 0] * self._rows + at[:, 1]]
            left, begin, way = left[passing], begin[passing], way[passing]
        return left
