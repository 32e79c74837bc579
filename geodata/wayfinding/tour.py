"""Orders the stops of a walk with a given start and a given end."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from geodata.wayfinding.bound import lower_bound
from geodata.wayfinding.local_search import UNREACHABLE_M, improved_order

Lengths = npt.NDArray[np.float64]

EXACT_STOPS = 12
"""The largest number of stops for an exact order; the work doubles with each stop."""


@dataclass(frozen=True, slots=True)
class Tour:
    """An order of stops, with a bound of its excess over the shortest."""

    order: tuple[int, ...]
    length_m: float
    """Infinite if no order of the stops can be walked."""
    lower_bound_m: float
    """Lower bound for any order; equals `length_m` for an exact order."""


def best_tour(
    from_start: Lengths, between: Lengths, to_end: Lengths, groups: Sequence[int] = ()
) -> Tour:
    """Order stops to shorten the walk from the start through all stops to the end.

    The order is exact for up to `EXACT_STOPS` stops, by dynamic programming over subsets (M. Held
    and R. M. Karp, "A dynamic programming approach to sequencing problems", J. SIAM 10, 1962).
    Beyond that, `local_search` improves the given order and never returns a longer one, and
    `bound` gives the lower bound.

    Args:
        from_start: (n,) metres from the start to each stop.
        between: (n, n) metres from row to column; may be asymmetric and infinite.
        to_end: (n,) metres from each stop to the end; zeros if the walk may end anywhere.
        groups: (n,) stops of a lower group come before those of a higher group; empty means one
            group.
    """
    count = len(from_start)
    kinds = np.asarray(groups if len(groups) else [0] * count)
    if count == 0:
        return Tour((), 0.0, 0.0)
    if count <= EXACT_STOPS:
        exact = _held_karp(from_start, between, to_end, kinds)
        if exact is None:
            return Tour(tuple(range(count)), np.inf, np.inf)
        order = exact
        length_m = tour_length(order, from_start, between, to_end)
        return Tour(tuple(order), length_m, length_m)
    order = improved_order(from_start, between, to_end, kinds)
    length_m = tour_length(order, from_start, between, to_end)
    if length_m >= UNREACHABLE_M:
        return Tour(tuple(order), np.inf, np.inf)
    bound_m = lower_bound(from_start, between, to_end, kinds, length_m)
    return Tour(tuple(order), length_m, min(bound_m, length_m))


def tour_length(
    order: Sequence[int], from_start: Lengths, between: Lengths, to_end: Lengths
) -> float:
    """Metres from the start through the stops in this order to the end."""
    if not len(order):
        return 0.0
    stops = np.asarray(order)
    legs = between[stops[:-1], stops[1:]].sum()
    return float(from_start[stops[0]] + legs + to_end[stops[-1]])


def _held_karp(
    from_start: Lengths, between: Lengths, to_end: Lengths, groups: npt.NDArray[np.int_]
) -> list[int] | None:
    """The exact order, by dynamic programming over subsets of stops, as bit masks.

    `best[last, subset]` is the length of the shortest walk from the start through the subset
    that ends at `last`. Subsets are extended by one stop in the order of their size. Returns None
    if no order can be walked.
    """
    count = len(from_start)
    stops = np.arange(count)
    before = np.array([sum(1 << i for i in np.nonzero(groups < g)[0]) for g in groups])
    best = np.full((count, 1 << count), np.inf)
    first = np.nonzero(before == 0)[0]
    best[first, 1 << first] = from_start[first]
    for without in _layers(count):
        lengths = np.take(best, without, axis=1)
        lengths += between[:, :, None]
        lengths = lengths.min(axis=0)
        if before.any():  # a stop needs all stops of lower groups before it
            lengths[(before[:, None] & ~without) != 0] = np.inf
        best[stops[:, None], without | (1 << stops)[:, None]] = lengths
    subset = (1 << count) - 1
    ends = best[:, subset] + to_end
    last = int(ends.argmin())
    if np.isinf(ends[last]):
        return None
    order = [last]
    while subset := subset & ~(1 << last):
        last = int((best[:, subset] + between[:, last]).argmin())
        order.append(last)
    return order[::-1]


@lru_cache(maxsize=EXACT_STOPS + 1)
def _layers(count: int) -> tuple[npt.NDArray[np.intp], ...]:
    """For each size of subsets below `count`: the subsets without each stop, shape (count, n)."""
    subsets = np.arange(1 << count)
    members = (subsets[:, None] >> np.arange(count)) & 1
    sizes = members.sum(axis=1)
    return tuple(
        np.array([subsets[(sizes == size) & (members[:, stop] == 0)] for stop in range(count)])
        for size in range(1, count)
    )
