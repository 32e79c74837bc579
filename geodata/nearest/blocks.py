"""A cache of candidates per H3 cell, so that a repeated query measures one small array."""

from collections import OrderedDict
from dataclasses import dataclass
from math import dist, sqrt

import numpy as np
from h3.api.basic_int import (
    average_hexagon_edge_length,
    cell_to_boundary,
    cell_to_latlng,
    cell_to_parent,
    get_resolution,
    latlng_to_cell,
)
from numpy.typing import NDArray

from geodata.columns import lengths
from geodata.distance import SLACK_M, Floats, ecef
from geodata.nearest.places import Places, Rows
from geodata.nearest.query import Query
from geodata.nearest.tree import BallTree

NEIGHBOURS = 32
"""A block is sized to hold about this many neighbours of any point in its cell."""

MAX_BLOCKS = 32_768
MAX_ROWS = 512

_FINEST = 11
_EDGE_M = [average_hexagon_edge_length(resolution, "m") for resolution in range(_FINEST + 1)]


_ROUNDING = 32 * 2.0**-24
"""Bound of the error of a squared chord, in squared radii; see `Block.chords_m`."""


@dataclass(frozen=True, slots=True)
class Block:
    """All places within a chord of `radius_m` of a centre, and where they are."""

    centre: tuple[float, float, float]
    radius_m: float
    rows: NDArray[np.int32]
    offsets: NDArray[np.float32]
    """-2u of each place, shape (3, n), where u is its position less the centre."""
    squares: NDArray[np.float32]
    """The square of the length of u of each place."""

    @classmethod
    def around(
        cls, centre: tuple[float, float, float], radius_m: float, rows: Rows, xyz: Floats
    ) -> "Block":
        """The block of these rows, whose positions have the shape (n, 3)."""
        offsets = (xyz - centre).T
        return cls(
            centre,
            radius_m,
            rows.astype(np.int32),
            (-2 * offsets).astype(np.float32, order="C"),
            (offsets * offsets).sum(axis=0).astype(np.float32),
        )

    def chords_m(self, position: tuple[float, float, float]) -> Floats:
        """Chords in metres from a position within the radius, each wrong by `error_m` at most.

        With v the position less the centre, the square of a chord is u.u - 2u.v + v.v. Let R be
        the radius, so that the lengths of u and v are R at most, and e = 2^-24 the rounding of one
        operation of float32. The products and sums of u.v err by 6e, u.u and v.v by 3e each, the
        two additions by 3e and 4e, and the rounding of u and v themselves by 8e, all times R^2:
        27e R^2 together. If squares of numbers that are not negative differ by E, the numbers
        differ by the square root of E at most.
        """
        x, y, z = self.centre
        x, y, z = position[0] - x, position[1] - y, position[2] - z
        squares = np.array((x, y, z), dtype=np.float32) @ self.offsets
        squares += self.squares
        squares += x * x + y * y + z * z
        np.maximum(squares, 0, out=squares)
        chords: Floats = np.sqrt(squares, dtype=np.float64)
        return chords

    @property
    def error_m(self) -> float:
        """Bound of the error of `chords_m`."""
        return sqrt(_ROUNDING) * self.radius_m


class BlockCache:
    """Candidates for a query, from the block of its cell or from the tree.

    A block holds all places within `radius_m` of its centre, by chord. By the triangle
    inequality it holds all places within (radius - chord from the centre) of any query. That
    is the whole claim: cells only decide which queries share a block. Cells are larger where
    places are sparse. The least recently used block is dropped first.
    """

    def __init__(self, places: Places, tree: BallTree) -> None:
        self._places = places
        self._tree = tree
        self._blocks: OrderedDict[int, Block] = OrderedDict()
        self._resolutions: list[int] = []
        self._seen: set[int] = set()
        self._slots = _Slots()

    def candidates(self, query: Query) -> tuple[Rows, Floats, float, float]:
        """Rows, their chords, the chord within which they are complete, and the error of chords.

        Without an error the chords are within `SLACK_M` of the true ones.
        """
        block = self.find(query.latitude, query.longitude)
        if block is not None:
            complete_m = block.radius_m - dist(block.centre, query.position) - SLACK_M
            if complete_m > 0:
                return block.rows, block.chords_m(query.position), complete_m, block.error_m
        rows, chords, complete_m = self._tree.nearest(query.xyz, NEIGHBOURS)
        if block is None:
            self._learn(latlng_to_cell(query.latitude, query.longitude, _FINEST), complete_m)
        return rows, chords, complete_m, 0.0

    def find(self, latitude: float, longitude: float) -> Block | None:
        """The block of the smallest cell around a position that has a block."""
        cell = latlng_to_cell(latitude, longitude, _FINEST)
        for resolution in self._resolutions:
            key = cell_to_parent(cell, resolution)
            block = self._blocks.get(key)
            if block is not None:
                self._blocks.move_to_end(key)
                return block
        return None

    def forget(self, xyz: Floats) -> None:
        """Drop the blocks that reach a position where a place was added or deleted.

        A place that moves is deleted at the one position and added at the other.
        """
        if self._blocks:
            for cell in self._slots.take_near(xyz):
                del self._blocks[cell]

    def _learn(self, finest: int, neighbours_m: float) -> None:
        """Make a block for the cell of a query, at the second query in that cell.

        `neighbours_m` is the chord within which the query has `NEIGHBOURS` neighbours.
        """
        fitting = next((r for r in range(_FINEST) if _EDGE_M[r] <= neighbours_m), _FINEST)
        cell = cell_to_parent(finest, fitting)
        if cell not in self._seen:
            if len(self._seen) >= 4 * MAX_BLOCKS:
                self._seen.clear()
            self._seen.add(cell)
            return
        # If the block would exceed MAX_ROWS (dense places near by), try a smaller cell.
        for resolution in range(fitting, min(fitting + 4, _FINEST + 1)):
            cell = cell_to_parent(finest, resolution)
            centre = ecef(*cell_to_latlng(cell))
            cell_m = max(dist(centre, ecef(*corner)) for corner in cell_to_boundary(cell))
            radius_m = neighbours_m + 2 * cell_m
            rows, _, complete_m = self._tree.nearest(np.array(centre), MAX_ROWS, radius_m)
            if complete_m >= radius_m:
                xyz = self._places.xyz.take(rows, axis=0)
                self._keep(cell, Block.around(centre, radius_m, rows, xyz))
                return

    def _keep(self, cell: int, block: Block) -> None:
        if len(self._blocks) == MAX_BLOCKS:
            self._slots.take(self._blocks.popitem(last=False)[0])
        self._slots.put(cell, block.centre, block.radius_m)
        self._blocks[cell] = block
        resolution = get_resolution(cell)
        if resolution not in self._resolutions:
            self._resolutions = sorted([*self._resolutions, resolution], reverse=True)


class _Slots:
    """Centres and radii of all blocks in columns, to find the blocks that a change touches."""

    def __init__(self) -> None:
        self._slot_of: dict[int, int] = {}
        self._free = list(range(MAX_BLOCKS))[::-1]
        self._end = 0
        """The slots from here on were never used."""
        self._cell = np.zeros(MAX_BLOCKS, dtype=np.int64)
        self._centre: Floats = np.zeros((3, MAX_BLOCKS))
        self._radius_m: Floats = np.full(MAX_BLOCKS, -1.0)
        """-1 in a free slot, which therefore reaches nothing."""

    def put(self, cell: int, centre: tuple[float, float, float], radius_m: float) -> None:
        slot = self._slot_of[cell] = self._free.pop()
        self._end = max(self._end, slot + 1)
        self._cell[slot] = cell
        self._centre[:, slot] = centre
        self._radius_m[slot] = radius_m + SLACK_M

    def take(self, cell: int) -> None:
        slot = self._slot_of.pop(cell)
        self._radius_m[slot] = -1.0
        self._free.append(slot)

    def take_near(self, xyz: Floats) -> list[int]:
        """Remove and return the cells of all blocks that reach this position."""
        # The test on x alone is cheap and leaves few slots.
        off_m = np.abs(self._centre[0, : self._end] - xyz[0])
        slots = np.flatnonzero(off_m <= self._radius_m[: self._end])
        chords = lengths(self._centre[:, slots].T - xyz)
        near: list[int] = self._cell[slots[chords <= self._radius_m[slots]]].tolist()
        for cell in near:
            self.take(cell)
        return near
