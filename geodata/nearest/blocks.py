"""A cache of candidates per H3 cell, so that a repeated query measures one small array."""

from collections import OrderedDict
from dataclasses import dataclass
from math import dist

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


@dataclass(frozen=True, slots=True)
class Block:
    """All rows within a chord of `radius_m` of a centre."""

    centre: tuple[float, float, float]
    radius_m: float
    rows: NDArray[np.int32]


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

    def candidates(self, query: Query) -> tuple[Rows, Floats, float]:
        """Rows, their chords, and the chord within which the rows are complete."""
        block = self.find(query.latitude, query.longitude)
        if block is not None:
            complete_m = block.radius_m - dist(block.centre, query.position) - SLACK_M
            return block.rows, self._places.chords_m(block.rows, query.xyz), complete_m
        found = self._tree.nearest(query.xyz, NEIGHBOURS)
        self._learn(latlng_to_cell(query.latitude, query.longitude, _FINEST), found[2])
        return found

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

        The row of a place that moved away may stay in a block: its new position is beyond the
        radius, or the block was dropped, and a block proves nothing beyond its radius.
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
                self._keep(cell, Block(centre, radius_m, rows.astype(np.int32)))
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
        self._free = list(range(MAX_BLOCKS))
        self._cell = np.zeros(MAX_BLOCKS, dtype=np.int64)
        self._centre: Floats = np.zeros((3, MAX_BLOCKS))
        self._radius_m: Floats = np.full(MAX_BLOCKS, -1.0)
        """-1 in a free slot, which therefore reaches nothing."""

    def put(self, cell: int, centre: tuple[float, float, float], radius_m: float) -> None:
        slot = self._slot_of[cell] = self._free.pop()
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
        slots = np.flatnonzero(np.abs(self._centre[0] - xyz[0]) <= self._radius_m)
        chords = lengths(self._centre[:, slots].T - xyz)
        near: list[int] = self._cell[slots[chords <= self._radius_m[slots]]].tolist()
        for cell in near:
            self.take(cell)
        return near
