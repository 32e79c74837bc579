"""A tree of balls over the places, kept in H3 order, that answers which may be nearest.

It is a Hilbert R-tree (I. Kamel and C. Faloutsos, VLDB 1994) with two differences: the order
along the curve is the order of H3 cell numbers, in which the cells of one parent follow each
other at every resolution, and a node is bounded by a ball in earth-centred coordinates instead
of a rectangle. H3 only says which places share a node. Each ball bounds the members the node
has, so nothing is assumed of the shapes of cells, and the poles, the antimeridian and the
pentagons are no special cases.

A change costs a walk from a leaf to the root, on which every ball is fitted again to what it
holds: balls never grow stale, and there is nothing to rebuild.
"""

from math import inf

import numpy as np
from numpy.typing import NDArray

from geodata.columns import grown, lengths
from geodata.distance import LONGEST_CHORD_M, Floats, widened_chord_m
from geodata.nearest.places import Places, Rows

CAPACITY = 64
"""A node with more members than this is split."""

_LEAST = CAPACITY // 8
"""A split leaves no fewer in the first of the two."""

ROOT_CAPACITY = 1024
"""The root may hold more, because a level costs more than some hundred balls."""


class BallTree:
    """The rows of `Places` by where they are.

    The members of a node of the first level, a leaf, are rows, in no order; those of any other
    are nodes of the level before, in H3 order. The last level has one node, the root.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._leaf: NDArray[np.int32] = np.empty(len(places.latitude), dtype=np.int32)
        self._levels: list[_Level] = []
        self._pack()

    def nearest(
        self,
        xyz: Floats,
        count: int | None,
        outer_m: float = LONGEST_CHORD_M,
        inner_m: float = -inf,
        counted_from_m: float = -inf,
    ) -> tuple[Rows, Floats, float]:
        """Find the places whose chord from a point may be among the `count` shortest.

        The search goes down all branches at once, level by level. The balls of a level prove
        an upper bound of the chord that is sought (as many places as asked for lie in balls that
        end within it), and balls that begin beyond the bound are dropped.

        Args:
            xyz: the point, shape (3,).
            count: how many to find; None is all within `outer_m`.
            outer_m: longer chords do not matter.
            inner_m: shorter chords do not matter.
            counted_from_m: places up to this chord are found, but do not count.

        Returns:
            Rows in no order, their chords, and the chord up to which they are all there: long
            enough that by geodesic, too, nothing beyond it is among the `count` nearest.
        """
        items = self._levels[-1].members[0]
        for level in reversed(self._levels[:-1]):
            distance = lengths(level.centre.take(items, axis=0) - xyz)
            radius = level.radius.take(items)
            begin, end = distance - radius, distance + radius
            if count is not None:
                weight = level.weight.take(items)
                weight[begin <= counted_from_m] = 0
                outer_m = min(outer_m, _bound(end, weight, count))
            kept = items[(begin <= outer_m) & (end >= inner_m)].tolist()
            if not kept:
                return np.empty(0, dtype=np.intp), np.empty(0), outer_m
            items = np.concatenate([level.members[node] for node in kept])
        chords = self._places.chords_m(items, xyz)
        if count is not None:
            counted = chords if counted_from_m < 0 else chords[chords > counted_from_m]
            if len(counted) >= count:
                outer_m = min(outer_m, widened_chord_m(np.partition(counted, count - 1)[count - 1]))
        within = (chords <= outer_m) & (chords >= inner_m)
        return items[within], chords[within], outer_m

    def add(self, row: int) -> None:
        """Take in a row that is in `Places` and not in the tree."""
        if row >= len(self._leaf):
            self._leaf = grown(self._leaf, len(self._places.latitude))
        cell = self._places.cell[row]
        node = 0
        for depth in range(len(self._levels) - 1, 0, -1):
            members = self._levels[depth].members[node]
            keys = self._levels[depth - 1].key.take(members)
            node = int(members[max(0, int(keys.searchsorted(cell, side="right")) - 1)])
        self._leaf[row] = node
        self._replace(0, node, np.append(self._levels[0].members[node], row))

    def remove(self, row: int) -> None:
        """Let go of a row; its position may have changed already."""
        node = int(self._leaf[row])
        members = self._levels[0].members[node]
        self._replace(0, node, members[members != row])

    def _replace(self, depth: int, node: int, members: Rows) -> None:
        """Give a node other members, and put right what follows from it up to the root."""
        level = self._levels[depth]
        if depth == len(self._levels) - 1:
            if len(members) == 0:
                self._levels = [_Level(1)]
                return
            if len(members) <= ROOT_CAPACITY:
                self._fit(depth, node, members)
                return
            self._levels.append(_Level.over(level))
        parent = int(level.parent[node])
        siblings = self._levels[depth + 1].members[parent]
        if len(members) > CAPACITY:
            after = int((siblings == node).argmax()) + 1
            siblings = np.insert(siblings, after, self._split(depth, node, members))
        elif len(members) == 0:
            siblings = siblings[siblings != node]
            level.free.append(node)
        else:
            self._fit(depth, node, members)
        self._replace(depth + 1, parent, siblings)

    def _split(self, depth: int, node: int, members: Rows) -> list[int]:
        """Leave a node the first of its members, and make nodes beside it for the others."""
        level = self._levels[depth]
        keys = self._keys(depth, members)
        order = keys.argsort(kind="stable")
        keys, members = keys[order], members[order]
        starts = _cuts(keys)
        parts = np.split(members, starts[1:])
        nodes = [node, *(level.allocate() for _ in parts[1:])]
        level.key[nodes] = keys[starts]
        level.parent[nodes] = level.parent[node]
        for part_node, part in zip(nodes, parts, strict=True):
            self._set_parents(depth, part, part_node)
            self._fit(depth, part_node, part)
        return nodes[1:]

    def _fit(self, depth: int, node: int, members: Rows) -> None:
        level = self._levels[depth]
        level.members[node] = members
        centres, radii, weights = self._balls(depth, members)
        centre, radius = _around(centres, radii, np.array([0]))
        level.centre[node], level.radius[node] = centre[0], radius[0]
        level.weight[node] = weights.sum()

    def _pack(self) -> None:
        """Build all levels from the rows in use, bottom up."""
        items = self._places.rows()
        items = items[self._places.cell[items].argsort(kind="stable")]
        while True:
            depth = len(self._levels)
            keys = self._keys(depth, items)
            is_root = len(items) <= ROOT_CAPACITY
            starts = np.array([0]) if is_root else _cuts(keys)
            level = _Level(len(starts))
            self._levels.append(level)
            level.members = np.split(items, starts[1:])
            sizes = np.diff(starts, append=len(items))
            self._set_parents(depth, items, np.arange(len(starts)).repeat(sizes))
            if len(items) == 0:
                return
            centres, radii, weights = self._balls(depth, items)
            level.centre, level.radius = _around(centres, radii, starts)
            level.weight = np.add.reduceat(weights, starts)
            level.key = keys[starts]
            if is_root:
                return
            items = np.arange(len(starts))

    def _keys(self, depth: int, members: Rows) -> NDArray[np.int64]:
        below = self._levels[depth - 1].key if depth else self._places.cell
        return below.take(members)

    def _balls(self, depth: int, members: Rows) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Centres, radii and weights of a node's members; a row is a ball of radius 0."""
        if depth == 0:
            centres = self._places.xyz.take(members, axis=0)
            return centres, np.zeros(len(members)), np.ones(len(members), dtype=np.int64)
        below = self._levels[depth - 1]
        return (
            below.centre.take(members, axis=0),
            below.radius.take(members),
            below.weight.take(members),
        )

    def _set_parents(self, depth: int, members: Rows, parents: Rows | int) -> None:
        if depth == 0:
            self._leaf[members] = parents
        else:
            self._levels[depth - 1].parent[members] = parents


class _Level:
    """The nodes of one level, in columns."""

    def __init__(self, count: int) -> None:
        self.centre: Floats = np.zeros((count, 3))
        self.radius: Floats = np.zeros(count)
        self.weight: NDArray[np.int64] = np.zeros(count, dtype=np.int64)
        """How many rows lie beneath."""
        self.key: NDArray[np.int64] = np.zeros(count, dtype=np.int64)
        """The lowest cell that leads here; a first member takes lower ones too."""
        self.parent: NDArray[np.int32] = np.zeros(count, dtype=np.int32)
        self.members: list[Rows] = [np.empty(0, dtype=np.intp)] * count
        self.free: list[int] = []

    @classmethod
    def over(cls, root: "_Level") -> "_Level":
        """A new last level, whose node has the old root as its one member."""
        level = cls(1)
        level.key[0] = root.key[0]
        level.members[0] = np.array([0])
        return level

    def allocate(self) -> int:
        """The number of an unused node."""
        if self.free:
            return self.free.pop()
        node = len(self.members)
        self.members.append(np.empty(0, dtype=np.intp))
        if node == len(self.radius):
            for column in ("centre", "radius", "weight", "key", "parent"):
                setattr(self, column, grown(getattr(self, column), 8 + 3 * node // 2))
        return node


def _bound(ends: Floats, weights: NDArray[np.int64], count: int) -> float:
    """A chord within which at least `count` places lie for sure."""
    order = ends.argsort()
    enough = int(weights[order].cumsum().searchsorted(count))
    return widened_chord_m(float(ends[order[enough]])) if enough < len(ends) else inf


def _around(centres: Floats, radii: Floats, starts: Rows) -> tuple[Floats, Floats]:
    """The ball about each run of balls: the middle of its extent, and the reach from there."""
    low = np.minimum.reduceat(centres, starts, axis=0)
    middle = (low + np.maximum.reduceat(centres, starts, axis=0)) / 2
    sizes = np.diff(starts, append=len(centres))
    reach = lengths(centres - middle.repeat(sizes, axis=0)) + radii
    return middle, np.maximum.reduceat(reach, starts)


def _cuts(keys: NDArray[np.int64]) -> Rows:
    """Where ascending keys are cut into runs of at most CAPACITY.

    Each cut is at the greatest jump of the order, where the cells on both sides have only a
    coarse parent in common, so that few nodes span a jump and balls are small.
    """
    # The exponent is the length in bits, three of which make a digit of H3.
    bits = np.frexp((keys[1:] ^ keys[:-1]).astype(np.float64))[1]
    jumps = (bits + 2) // 3
    starts, count = [0], len(keys)
    while count - starts[-1] > CAPACITY:
        first, last = starts[-1] + _LEAST, starts[-1] + CAPACITY
        # Of equal jumps the last, for full nodes.
        starts.append(last - int(jumps[first - 1 : last][::-1].argmax()))
    return np.array(starts)
