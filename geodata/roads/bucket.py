"""Times from any origin to fixed targets, and the nearest of them by time.

Landmarks bound times from below (A. V. Goldberg and C. Harrelson, "Computing the shortest path:
A* search meets graph theory", 2005): by the triangle inequality, the time from x to y is at least
time(x, L) - time(y, L), and at least time(L, y) - time(L, x), for every landmark L. So the nearest
of many targets are found by timing few of them, and no other can be nearer.
"""

from collections.abc import Sequence
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
"""More bound hardly better, and each costs two searches for a query."""
_MORE_TIMED = 16
"""Targets timed at first beside those that are asked for; then twice as many each time."""
_SMALL = 20_000
"""Up to so many nodes, timing a thousand targets costs less than bounds."""
_UNKNOWN = -NO_WAY
"""A bound that says nothing."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """Targets in the order of their times; ties by index."""

    indices: Ints
    seconds: Floats
    timed: int
    """Number of targets that were timed; a lower bound excluded the others."""


class Bucket:
    """Fixed targets (all stores, say), prepared once for many origins."""

    def __init__(self, network: ModeNetwork, targets: Sequence[Snapped | None]) -> None:
        """None stands for a target that the network does not reach."""
        self._network = network
        self._targets = Places.of(targets, are_targets=True)

    @cached_property
    def _landmarks(self) -> Ints:
        # Landmarks and the times to them are for `nearest` alone: at the start of a server, in a
        # large network, they would take as long as all the rest.
        return _landmarks(self._network)

    @cached_property
    def _to_landmarks(self) -> Ints:
        """Of each target (columns), the largest time to each landmark, less its cost."""
        times, targets = self._network.hierarchy.times_ms, self._targets
        to: Ints = times(targets.nodes, self._landmarks).T - targets.costs_ms
        return np.maximum.reduceat(to, targets.firsts, axis=1) if len(self) else to

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
        times, costs = self._network.hierarchy.times_ms, start.costs_ms
        there = (times(start.nodes, self._landmarks) + costs[:, None]).min(axis=0)
        back = (times(self._landmarks, start.nodes) - costs).max(axis=1)
        known = (there < NO_WAY)[:, None] & (self._to_landmarks < NO_WAY // 2)
        by_end = np.where(known, there[:, None] - self._to_landmarks, _UNKNOWN)
        known = (back < NO_WAY // 2)[:, None]
        by_begin = np.where(known, self._from_landmarks - back[:, None], _UNKNOWN)
        least = np.maximum(by_end, by_begin).max(axis=0, initial=0)
        least[self._targets.edges == origin.edge] = 0
        return seconds(np.minimum(least, NO_WAY - 1), start.access_s, self._targets.access_s)

    def nearest(
        self,
        origin: Snapped,
        count: int,
        *,
        wanted: Bools | None = None,
        limit_s: float | None = None,
    ) -> Nearest:
        """The `count` targets with the least times, by (time, index), of those `wanted`."""
        is_small = self._network.hierarchy.node_count <= _SMALL
        bounds = np.zeros(len(self)) if is_small else self.lower_bounds(origin)
        limit = np.inf if limit_s is None else limit_s
        chosen = np.flatnonzero((bounds <= limit) & np.isfinite(bounds))
        if wanted is not None:
            chosen = chosen[wanted[chosen]]
        chosen = chosen[np.argsort(bounds[chosen], kind="stable")]
        start = Places.of([origin], are_targets=False)
        indices, found = np.empty(0, np.int64), np.empty(0)
        timed, size = 0, len(chosen) if is_small else count + _MORE_TIMED
        while timed < len(chosen):
            worst = found[count - 1] if len(found) >= count else limit
            if bounds[chosen[timed]] > worst:
                break
            batch = chosen[timed : timed + size]
            targets = self._targets.some(batch)
            times = self._network.times_ms(start, targets)[0]
            found = np.append(found, seconds(times, start.access_s, targets.access_s))
            indices = np.append(indices, batch)
            keep = np.flatnonzero(np.isfinite(found) & (found <= limit))
            keep = keep[np.lexsort((indices[keep], found[keep]))][:count]
            indices, found = indices[keep], found[keep]
            timed, size = timed + len(batch), size * 2
        return Nearest(indices, found, min(timed, len(chosen)))


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
