"""Points on a network, and how ways begin and end at them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geodata.roads.estimates import WALKING_SPEED
from geodata.roads.hierarchy import NO_WAY
from geodata.roads.modes import Mode

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CLOSED_MS = -1
"""The time to a point along an arc that is closed."""


@dataclass(frozen=True, slots=True)
class Snapped:
    """A point with its place on the nearest edge that a mode may use."""

    mode: Mode
    latitude: float
    """Of the place on the edge."""
    longitude: float
    distance_m: float
    """Geodesic from the point to the edge, at most `SNAP_LIMIT_M`."""
    island: int
    """Number of the connected part of the network: within one, a way leads from each place to each
    other; between two there may be none."""
    may_be_nearer_outside: bool
    """True if the border of the extract is nearer than the edge: a nearer one may lie beyond."""
    edge: int = field(repr=False)
    share: float = field(repr=False)
    """Share of the edge's length before the place: 0 and 1 are junctions."""
    along_ms: tuple[int, int] = field(repr=False)
    """Time from the edge's begin to the place, and from its end; `CLOSED_MS` if one-way."""
    begins: tuple[tuple[int, int], ...] = field(repr=False)
    """Nodes at which a way from here enters the network, with milliseconds."""
    ends: tuple[tuple[int, int], ...] = field(repr=False)
    """Nodes from which a way leaves the network to here, with milliseconds."""

    @property
    def access_s(self) -> float:
        """Seconds on foot between the point and the edge."""
        return self.distance_m / WALKING_SPEED

    def direct_ms(self, other: "Snapped") -> int:
        """Time to another place along the same edge, without a junction; `NO_WAY` if none.

        Junctions are left to the network, which knows the waits at them.
        """
        if self.edge != other.edge or not (0 < self.share < 1 and 0 < other.share < 1):
            return NO_WAY
        times = [
            to - start
            for start, to in zip(self.along_ms, other.along_ms, strict=True)
            if CLOSED_MS < start <= to
        ]
        return min(times, default=NO_WAY)


@dataclass(frozen=True, slots=True)
class Places:
    """Many points in flat arrays, as origins or as targets."""

    points: NDArray[np.object_]
    """`Snapped`, or None for a point that the network does not reach."""
    edges: Ints
    """The edge of each; -1 for None."""
    access_s: Floats
    counts: Ints
    """Number of nodes of each point, at least one."""
    firsts: Ints
    """The place of each point's first node in `nodes`."""
    nodes: Ints
    costs_ms: Ints

    @classmethod
    def of(cls, points: Sequence[Snapped | None], *, are_targets: bool) -> "Places":
        """Arrays of points."""
        # A point without any node has one that leads nowhere, so that each has at least one.
        nowhere = ((0, NO_WAY),)
        pairs = [
            ((point.ends if are_targets else point.begins) or nowhere) if point else nowhere
            for point in points
        ]
        counts = np.array([len(each) for each in pairs], np.int64)
        flat = np.array([pair for each in pairs for pair in each], np.int64).reshape(-1, 2)
        found = np.empty(len(points), object)
        found[:] = points
        return cls(
            found,
            np.array([point.edge if point else -1 for point in points], np.int64),
            np.array([point.access_s if point else np.inf for point in points]),
            counts,
            np.cumsum(counts) - counts,
            flat[:, 0],
            flat[:, 1],
        )

    def some(self, numbers: Ints) -> "Places":
        """Some of the points, in the order of their numbers."""
        counts = self.counts[numbers]
        firsts = np.cumsum(counts) - counts
        at = np.repeat(self.firsts[numbers] - firsts, counts) + np.arange(counts.sum())
        return Places(
            self.points[numbers], self.edges[numbers], self.access_s[numbers], counts, firsts,
            self.nodes[at], self.costs_ms[at],
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.points)

    def least(self, table: Ints, axis: int) -> Ints:
        """Of the values by node, the least of each point, with its cost added."""
        costs = self.costs_ms if axis else self.costs_ms[:, None]
        least: Ints = np.minimum.reduceat(table + costs, self.firsts, axis=axis)
        return least


def seconds(times_ms: Ints, origin_access_s: Floats, target_access_s: Floats) -> Floats:
    """Times with the walks at both ends; infinite where there is no way."""
    total: Floats = times_ms / 1000 + (origin_access_s + target_access_s)
    return np.where(times_ms >= NO_WAY, np.inf, total)
