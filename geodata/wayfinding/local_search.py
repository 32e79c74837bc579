"""Finds a good order of many stops by local search: 2-opt and Or-opt, on one-way lengths too."""

import numpy as np
import numpy.typing as npt

Lengths = npt.NDArray[np.float64]
Order = npt.NDArray[np.intp]

UNREACHABLE_M = 1e9
"""Replaces infinity, so that sums of lengths and their differences stay finite."""
LONGEST_MOVED = 3
SMALLEST_GAIN_M = 1e-9


def improved_order(
    from_start: Lengths, between: Lengths, to_end: Lengths, groups: npt.NDArray[np.int_]
) -> list[int]:
    """The better of two local optima: from the given order, and from nearest neighbours.

    2-opt (G. A. Croes, "A method for solving traveling-salesman problems", Operations Research 6,
    1958) reverses a part of the order; Or-opt (I. Or, PhD thesis, Northwestern University, 1976)
    moves up to three stops in a row. The best move of both is made until none is shorter. Every
    move shortens the walk, so the result is never longer than the given order, sorted by group.
    The arguments are those of `tour.best_tour`.
    """
    count = len(from_start)
    # No edge leads to the start or from the end; zeros there keep the sums below exact.
    lengths = np.zeros((count + 2, count + 2))
    lengths[:count, :count] = np.minimum(between, UNREACHABLE_M)
    lengths[count, :count] = np.minimum(from_start, UNREACHABLE_M)
    lengths[:count, count + 1] = np.minimum(to_end, UNREACHABLE_M)
    ranks = np.concatenate([groups, [groups.min() - 1, groups.max() + 1]])
    starts = [np.argsort(groups, kind="stable"), _nearest_neighbours(lengths, groups)]
    found = [_local_optimum(lengths, ranks, order) for order in starts]
    best = min(found, key=lambda order: _length(lengths, order))
    return [int(stop) for stop in best[1:-1]]


def _nearest_neighbours(lengths: Lengths, groups: npt.NDArray[np.int_]) -> Order:
    here, left, order = len(groups), set(range(len(groups))), []
    while left:
        lowest = min(groups[stop] for stop in left)
        here = min((s for s in left if groups[s] == lowest), key=lambda s: (lengths[here, s], s))
        left.remove(here)
        order.append(here)
    return np.array(order)


def _local_optimum(lengths: Lengths, ranks: npt.NDArray[np.int_], stops: Order) -> Order:
    order = np.concatenate([[len(stops)], stops, [len(stops) + 1]])
    length = _length(lengths, order)
    while True:
        _, better = max(
            _best_reversal(lengths, ranks, order),
            _best_shift(lengths, ranks, order),
            key=lambda found: found[0],
        )
        # Gains are differences of sums: without a least gain, rounding could loop between equal
        # walks for ever.
        shorter = _length(lengths, better)
        if shorter >= length - SMALLEST_GAIN_M:
            return order
        order, length = better, shorter


def _best_reversal(
    lengths: Lengths, ranks: npt.NDArray[np.int_], order: Order
) -> tuple[float, Order]:
    """2-opt: reverse order[i..j]; evaluates all pairs i < j within a group at once.

    Lengths differ by direction, so the gain includes the change of the reversed part, from
    prefix sums of the forward and the backward walk.
    """
    forward = np.concatenate([[0.0], np.cumsum(lengths[order[:-1], order[1:]])])
    backward = np.concatenate([[0.0], np.cumsum(lengths[order[1:], order[:-1]])])
    inner = order[1:-1]
    before, after = order[:-2], order[2:]
    now = lengths[before, inner][:, None] + lengths[inner, after][None, :]
    then = lengths[before][:, inner] + lengths[inner][:, after]
    turned = (backward[None, 1:-1] - backward[1:-1, None]) - (
        forward[None, 1:-1] - forward[1:-1, None]
    )
    gains = now - then - turned
    rank = ranks[inner]
    gains[(rank[:, None] != rank[None, :]) | np.tri(len(inner), dtype=bool)] = -np.inf
    i, j = np.unravel_index(gains.argmax(), gains.shape)
    better = order.copy()
    better[i + 1 : j + 2] = better[i + 1 : j + 2][::-1]
    return float(gains[i, j]), better


def _best_shift(lengths: Lengths, ranks: npt.NDArray[np.int_], order: Order) -> tuple[float, Order]:
    """Or-opt: move up to `LONGEST_MOVED` stops in a row to another gap, in their direction."""
    best_gain, best_move = -np.inf, (1, 1, 0)
    for size in range(1, min(LONGEST_MOVED, len(order) - 3) + 1):
        first = np.arange(1, len(order) - size)
        last = first + size - 1
        head, tail = order[first], order[last]
        left, right = order[first - 1], order[last + 1]
        freed = lengths[left, head] + lengths[tail, right] - lengths[left, right]
        here, there = order[:-1], order[1:]
        added = lengths[here][:, head] + lengths[tail][:, there].T - lengths[here, there][:, None]
        gains = freed[None, :] - added
        gap = np.arange(len(order) - 1)[:, None]
        lowest, highest = ranks[head], ranks[tail]
        inside = (gap >= first - 1) & (gap <= last)
        out_of_turn = (ranks[here][:, None] > lowest) | (ranks[there][:, None] < highest)
        gains[inside | out_of_turn | (lowest != highest)] = -np.inf
        where, which = np.unravel_index(gains.argmax(), gains.shape)
        if gains[where, which] > best_gain:
            best_gain, best_move = gains[where, which], (int(first[which]), size, int(where))
    first_moved, size, where_to = best_move
    moved = order[first_moved : first_moved + size]
    rest = np.delete(order, np.arange(first_moved, first_moved + size))
    target = where_to + 1 if where_to < first_moved else where_to + 1 - size
    return float(best_gain), np.insert(rest, target, moved)


def _length(lengths: Lengths, order: Order) -> float:
    return float(lengths[order[:-1], order[1:]].sum())
