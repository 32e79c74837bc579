"""A lower bound of the length of a walk through all stops (Held and Karp 1970)."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Lengths = npt.NDArray[np.float64]

ROUNDS = 100
SLOWER = 0.95


def lower_bound(
    from_start: Lengths,
    between: Lengths,
    to_end: Lengths,
    groups: npt.NDArray[np.int_],
    upper_m: float,
) -> float:
    """A length in metres that no order of the stops undercuts.

    M. Held and R. M. Karp, "The traveling-salesman problem and minimum spanning trees",
    Operations Research 18, 1970. A walk from start to end is a tree in which each stop has two
    neighbours, and start and end have one. Its part within a group is at least as long as the
    cheapest spanning tree of the group, and one edge joins each group to the next (start and end
    are groups too). The sum of these trees and edges is a lower bound.

    Prices on the stops raise the bound: a price adds to every edge at its stop and is subtracted
    twice, which changes no walk but changes the cheapest trees. Subgradient steps raise prices
    where a tree has too many neighbours and lower them where it has too few. Within a group an
    edge counts with its shorter direction, which only lowers the bound.

    The arguments are those of `tour.best_tour`, and:

    Args:
        upper_m: the length of a known walk, which scales the steps.
    """
    count = len(from_start)
    ways = np.full((count + 2, count + 2), np.inf)
    ways[:count, :count] = between
    ways[count, :count] = from_start
    ways[:count, count + 1] = to_end
    members = [np.nonzero(groups == group)[0] for group in np.unique(groups)]
    steps = [np.array([count]), *members, np.array([count + 1])]
    either_way = np.minimum(ways, ways.T)
    wanted = np.array([2] * count + [1, 1])
    prices = np.zeros(count + 2)
    best, pace = 0.0, 1.0
    for _ in range(ROUNDS):
        priced = prices[:, None] + prices[None, :]
        length, neighbours = -float(prices @ wanted), np.zeros(count + 2, dtype=np.int_)
        for group in members:
            tree = _spanning_tree((either_way + priced)[np.ix_(group, group)])
            length += tree[0]
            neighbours[group] += tree[1]
        for here, there in pairwise(steps):
            crossing = (ways + priced)[np.ix_(here, there)]
            i, j = np.unravel_index(crossing.argmin(), crossing.shape)
            length += float(crossing[i, j])
            neighbours[[here[i], there[j]]] += 1
        best, pace = (length, pace) if length > best else (best, pace * SLOWER)
        surplus = neighbours - wanted
        if not surplus.any():
            break
        prices += pace * max(upper_m - length, 0.0) / float(surplus @ surplus) * surplus
    return best


def _spanning_tree(ways: Lengths) -> tuple[float, npt.NDArray[np.int_]]:
    """Prim's algorithm: the length of the cheapest spanning tree, and the degree of each vertex."""
    count = len(ways)
    degrees = np.zeros(count, dtype=np.int_)
    nearest, parent = ways[0].copy(), np.zeros(count, dtype=np.intp)
    outside = np.ones(count, dtype=bool)
    outside[0] = False
    length = 0.0
    for _ in range(count - 1):
        new = int(np.where(outside, nearest, np.inf).argmin())
        length += float(nearest[new])
        degrees[new] += 1
        degrees[parent[new]] += 1
        outside[new] = False
        closer = ways[new] < nearest
        nearest[closer], parent[closer] = ways[new][closer], new
    return length, degrees
