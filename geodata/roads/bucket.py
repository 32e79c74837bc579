"""Times from any origin to fixed targets, and the targets in the order of their times.

Landmarks bound times from below (A. V. Goldberg and C. Harrelson, "Computing the shortest path:
A* search meets graph theory", 2005): by the triangle inequality, the time from x to y is at least
time(L, y) - time(L, x), for every landmark L. So the nearest of many targets are found by timing
few of them, and no other can be nearer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geodata.roads.hierarchy import NO_WAY
from geodata.roads.mode_network import ModeNetwork
from geodata.roads.places import Places, Snapped, seconds

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_LANDMARKS = 6
"""More bound hardly better, and each costs a search for a query."""
_FIRST_TIMED = 96
"""Targets timed at first; then twice as many each time."""
_SMALL = 20_000
"""Up to so many nodes, timing a thousand targets costs less than bounds."""
_UNKNOWN = -NO_WAY
"""A bound that says nothing."""


@dataclass(frozen=True, slots=True)
class Block:
    """Targets in the order of their times; ties by index. Those of later blocks take longer."""

    indices: Ints
    seconds: Floats
    timed: int
    """Number of targets that were timed so far; a lower bound excluded the others."""


class Bucket:
    """Fixed targets (all stores, say), prepared once for many origins."""

    def __init__(self, network: ModeNetwork, targets: Sequence[Snapped | None]) -> None:
        """None stands for a target that the network does not reach."""
        self._network = network
        self._targets = Places.of(targets, are_targets=True)

    @property
    def is_narrowed(self) -> bool:
        """True if `by_time` times few of many targets: in a large network."""
        return self._network.hierarchy.node_count > _SMALL

    def prepare(self) -> None:
        """Work out what the first `by_time` needs. Takes long in a large network."""
        if self.is_narrowed:
            _ = self._from_landmarks

    @cached_property
    def _landmarks(self) -> Ints:
        return _landmarks(self._network)

    @cached_property
    def _from_landmarks(self) -> Ints:
        """Of each target (columns), the least time from each landmark."""
        times, targets = self._network.hierarchy.times_ms, self._targets
        since: Ints = times(self._landmarks, targets.nodes) + targets.costs_ms
        return np.minimum.reduceat(since, targets.firsts, axis=1) if len(self) else since

    def __len__(self) -> int:
        return len(self._targets)

    def times_from(self, origin: Snapped, limit_s: float | None = None) -> Floats:
        """Seconds to all targets, in their order; infinite beyond the limit or without a way."""
        start = Places.of([origin], are_targets=False)
        times = self._network.times_ms(start, self._targets)[0]
        found = seconds(times, start.access_s, self._targets.access_s)
        return found if limit_s is None else np.where(found <= limit_s, found, np.inf)

    def lower_bounds(self, origin: Snapped) -> Floats:
        """Seconds that the time to each target is not below."""
        start = Places.of([origin], are_targets=False)
        to_start = self._network.hierarchy.times_ms(self._landmarks, start.nodes)
        back = (to_start - start.costs_ms).max(axis=1)
        known = (back < NO_WAY // 2)[:, None]
        bounds = np.where(known, self._from_landmarks - back[:, None], _UNKNOWN)
        least = bounds.max(axis=0, initial=0)
        least[self._targets.edges == origin.edge] = 0
        return seconds(np.minimum(least, NO_WAY - 1), start.access_s, self._targets.access_s)

    def by_time(self, origin: Snapped, wanted: Bools | None = None) -> Iterator[Block]:
        """Yields the targets that a way leads to, of those `wanted`, by (time, index).

        Targets are timed as they are asked for, in the order of their lower bounds; a block has
        those that take less time than any other may.
        """
        bounds = self.lower_bounds(origin) if self.is_narrowed else np.zeros(len(self))
        chosen = np.arange(len(self)) if wanted is None else np.flatnonzero(wanted)
        chosen = chosen[np.argsort(bounds[chosen], kind="stable")]
        start = Places.of([origin], are_targets=False)
        indices, found = np.empty(0, np.int64), np.empty(0)
        timed, size = 0, _FIRST_TIMED if self.is_narrowed else len(chosen)
        while timed < len(chosen):
            batch = chosen[timed : timed + size]
            timed, size = timed + len(batch), size * 2
            targets = self._targets.some(batch)
            times = self._network.times_ms(start, targets)[0]
            found = np.append(found, seconds(times, start.access_s, targets.access_s))
            indices = np.append(indices, batch)
            order = np.lexsort((indices, found))
            indices, found = indices[order], found[order]
            # One that is as near as the next may be waits for it, so that no tie is torn.
            least = bounds[chosen[timed]] if timed < len(chosen) else np.inf
            end = int(np.searchsorted(found, least))
            if end:
                yield Block(indices[:end], found[:end], timed)
                indices, found = indices[end:], found[end:]


def _landmarks(network: ModeNetwork) -> Ints:
    """Nodes far out in all directions, that can be reached and left."""
    nodes = np.intersect1d(network.links[0], network.links[1])
    if not nodes.size:
        return nodes
    latitudes, longitudes = network.positions
    y, x = latitudes[nodes], longitudes[nodes] * np.cos(np.radians(latitudes[nodes].mean()))
    angles = np.arange(_LANDMARKS) * (2 * np.pi / _LANDMARKS)
    far = {int(nodes[np.argmax(x * np.cos(angle) + y * np.sin(angle))]) for angle in angles}
    return np.array(sorted(far))
