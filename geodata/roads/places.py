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
    """Number of the connected part of the network; there is no way between two islands."""
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


class Places:
    """Many points in flat arrays, as origins or as targets."""

    def __init__(self, points: Sequence[Snapped | None], *, are_targets: bool) -> None:
        """None stands for a point that the network does not reach."""
        self.points = points
        # A point without any has one that leads nowhere, so that each has at least one.
        nowhere = ((0, NO_WAY),)
        pairs = [
            ((point.ends if are_targets else point.begins) or nowhere) if point else nowhere
            for point in points
        ]
        counts = np.array([len(each) for each in pairs], np.int64)
        self.firsts: Ints = np.cumsum(counts) - counts
        flat = [pair for each in pairs for pair in each]
        self.nodes: Ints = np.array([node for node, _ in flat], np.int64)
        self.costs_ms: Ints = np.array([cost for _, cost in flat], np.int64)
        self.access_s: Floats = np.array([point.access_s if point else np.inf for point in points])
        self.by_edge: dict[int, list[int]] = {}
        for number, point in enumerate(points):
            if point:
                self.by_edge.setdefault(point.edge, []).append(number)

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
