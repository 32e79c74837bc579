"""A tree of balls over the places that finds the candidates of a nearest-place query.

It is a Hilbert R-tree (I. Kamel and C. Faloutsos, VLDB 1994) with two differences. The order of
places is the order of H3 cell numbers, in which the children of a cell are consecutive at every
resolution. The bound of a node is a ball in earth-centred coordinates instead of a rectangle.
H3 only decides which places share a node. A ball is fitted to the members of its node, so no
property of cell shapes is used, and the poles, the antimeridian and H3's pentagons need no
special case.

A change updates the nodes from one leaf to the root and fits their balls again. The tree stays
tight and never needs a rebuild.
"""

from collections.abc import Sequence
from math import inf

import numpy as np
from numpy.typing import NDArray

from geodata.columns import grown, lengths
from geodata.distance import LONGEST_CHORD_M, Floats, widened_chord_m
from geodata.nearest.places import Places, Rows

CAPACITY = 64
"""The largest number of members of a node; with more, it is split."""

_LEAST = CAPACITY // 8
"""The smallest number of members in the first part of a split."""

ROOT_CAPACITY = 1024
"""The largest number of members of the root: one more level costs more than some hundred balls."""


class BallTree:
    """The rows of `Places`, grouped by position.

    The members of a leaf (a node of the first level) are rows, unordered. The members of any
    other node are nodes of the previous level, in H3 order. The last level has one node: the
    root.
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
        """Find the places that may be among the `count` nearest to a point.

        The search descends all branches at once, level by level. A ball at distance d with
        radius r holds chords in [d - r, d + r]. Sort the balls of a level by d + r: the first
        balls that together hold `count` places give an upper bound of the `count`-th chord.
        Balls with d - r beyond the bound are dropped.

        Args:
            xyz: the point, shape (3,).
            count: the number of neighbours; None means all within `outer_m`.
            outer_m: longer chords are ignored.
            inner_m: shorter chords are ignored.
            counted_from_m: places up to this chord are returned, but not counted.

        Returns:
            Rows (unordered), their chords, and the chord within which the rows are complete.
            No place beyond that chord is among the `count` nearest by geodesic.
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
        """Add a row of `Places` to the tree."""
        if row >= len(self._leaf):
            self._leaf = grown(self._leaf, len(self._places.latitude))
        node = self._leaf[row] = self._leaf_of(self._places.cell[row])
        self._replace(0, node, np.append(self._levels[0].members[node], row))

    def add_many(self, rows: Rows) -> None:
        """Add rows of `Places`; each node above them is fitted once."""
        if len(self._leaf) < len(self._places.latitude):
            self._leaf = grown(self._leaf, len(self._places.latitude))
        if len(self._levels) == 1:
            self._leaf[rows] = 0
            self._replace(0, 0, np.append(self._levels[0].members[0], rows))
            return
        leaves = np.array([self._leaf_of(cell) for cell in self._places.cell[rows]], np.int32)
        order = leaves.argsort(kind="stable")
        distinct, starts = np.unique(leaves[order], return_index=True)
        self._leaf[rows] = leaves
        crowded: list[tuple[int, Rows]] = []
        changed: list[int] = []
        members = self._levels[0].members
        for node, added in zip(distinct.tolist(), np.split(rows[order], starts[1:]), strict=True):
            together = np.append(members[node], added)
            if len(together) > CAPACITY:
                crowded.append((node, together))
            else:
                members[node] = together
                changed.append(node)
        self._fit_upwards(changed)
        for node, together in crowded:
            self._replace(0, node, together)

    def remove(self, row: int) -> None:
        """Remove a row; its position in `Places` may have changed already."""
        node = int(self._leaf[row])
        members = self._levels[0].members[node]
        self._replace(0, node, members[members != row])

    def _replace(self, depth: int, node: int, members: Rows) -> None:
        """Set the members of a node and update its ancestors up to the root.

        A node with too many members is split into siblings, an empty one is removed; either
        changes the members of the parent, so the update continues one level up.
        """
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
        """Split the members of a node; returns the new siblings that take all but the first
        part."""
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

    def _leaf_of(self, cell: np.int64) -> int:
        """The leaf in which a cell belongs: at each level the last node whose key is not higher."""
        node = 0
        for depth in range(len(self._levels) - 1, 0, -1):
            members = self._levels[depth].members[node]
            keys = self._levels[depth - 1].key.take(members)
            node = int(members[max(0, int(keys.searchsorted(cell, side="right")) - 1)])
        return node

    def _fit_upwards(self, leaves: Sequence[int]) -> None:
        """Fit leaves whose members changed, then all nodes above them, level by level."""
        nodes = np.array(leaves, dtype=np.intp)
        for depth, level in enumerate(self._levels):
            if not len(nodes):
                return
            members = [level.members[node] for node in nodes.tolist()]
            starts = np.cumsum([0, *map(len, members[:-1])])
            centres, radii, weights = self._balls(depth, np.concatenate(members))
            level.centre[nodes], level.radius[nodes] = _around(centres, radii, starts)
            level.weight[nodes] = np.add.reduceat(weights, starts)
            nodes = np.unique(level.parent[nodes]) if depth + 1 < len(self._levels) else nodes

    def _pack(self) -> None:
        """Build all levels bottom-up from the rows in use."""
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
        """Centres, radii and weights of members; a row is a ball of radius 0 and weight 1."""
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
        """The number of rows below the node."""
        self.key: NDArray[np.int64] = np.zeros(count, dtype=np.int64)
        """The lowest cell of the node; the first member of a parent also takes lower cells."""
        self.parent: NDArray[np.int32] = np.zeros(count, dtype=np.int32)
        self.members: list[Rows] = [np.empty(0, dtype=np.intp)] * count
        self.free: list[int] = []

    @classmethod
    def over(cls, root: "_Level") -> "_Level":
        """A new last level whose only node has the old root as its only member."""
        level = cls(1)
        level.key[0] = root.key[0]
        level.members[0] = np.array([0])
        return level

    def allocate(self) -> int:
        """The index of an unused node."""
        if self.free:
            return self.free.pop()
        node = len(self.members)
        self.members.append(np.empty(0, dtype=np.intp))
        if node == len(self.radius):
            for column in ("centre", "radius", "weight", "key", "parent"):
                setattr(self, column, grown(getattr(self, column), 8 + 3 * node // 2))
        return node


def _bound(ends: Floats, weights: NDArray[np.int64], count: int) -> float:
    """A chord that surely contains the `count` nearest places, from the far ends of balls."""
    order = ends.argsort()
    enough = int(weights[order].cumsum().searchsorted(count))
    return widened_chord_m(float(ends[order[enough]])) if enough < len(ends) else inf


def _around(centres: Floats, radii: Floats, starts: Rows) -> tuple[Floats, Floats]:
    """A ball around each run of balls: the middle of their centres, and the reach from there."""
    low = np.minimum.reduceat(centres, starts, axis=0)
    middle = (low + np.maximum.reduceat(centres, starts, axis=0)) / 2
    sizes = np.diff(starts, append=len(centres))
    reach = lengths(centres - middle.repeat(sizes, axis=0)) + radii
    return middle, np.maximum.reduceat(reach, starts)


def _cuts(keys: NDArray[np.int64]) -> Rows:
    """Start positions of runs of at most CAPACITY ascending keys.

    Each cut is where the cells on both sides share only the coarsest parent, so that few nodes
    span distant cells and balls are small.
    """
    # The exponent of the XOR is the position of the highest differing bit; an H3 digit has three.
    bits = np.frexp((keys[1:] ^ keys[:-1]).astype(np.float64))[1]
    jumps = (bits + 2) // 3
    starts, count = [0], len(keys)
    while count - starts[-1] > CAPACITY:
        first, last = starts[-1] + _LEAST, starts[-1] + CAPACITY
        # Among equal jumps take the last one, so that nodes are full.
        starts.append(last - int(jumps[first - 1 : last][::-1].argmax()))
    return np.array(starts)
