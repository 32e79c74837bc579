"""What a store has of a basket, who comes first, and which stores hold it together."""

import enum
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.stock.model.levels import Level, Policy

KEPT_FOR_SPLIT = 120
"""Stores among which triples are tried, once those that others outdo are left out."""


class Lack(enum.IntEnum):
    """Why a store does not have a basket; the values are the contract's."""

    OUT_OF_STOCK = 1
    NOT_ENOUGH = 2
    STOCK_UNKNOWN = 3
    NOT_OPEN = 4
    LACKS_SERVICE = 5


class Offer(NamedTuple):
    """What one store has of a basket."""

    store: str
    distance_m: float
    policy: Policy
    levels: tuple[Level | None, ...]
    """One for each line, in their order."""
    units: tuple[int, ...]
    """Of each line, what of the units wanted the store could give now."""
    lack: Lack | None
    """Why it is not all of the basket; None when it is."""
    lacking: int = 0
    """The number of the line that is the reason."""

    @property
    def total(self) -> int:
        """Units of all lines."""
        return sum(self.units)


def offer_of(
    store: str,
    distance_m: float,
    policy: Policy,
    levels: Sequence[Level | None],
    wanted: Sequence[int],
    now_ms: int,
    fresh_ms: int,
) -> Offer:
    """Judge what a store has."""
    units, lack, lacking = [], None, 0
    oldest_s = (now_ms - (policy.fresh_ms or fresh_ms)) / 1000
    least, most = policy.least, policy.most
    for number, (level, quantity) in enumerate(zip(levels, wanted, strict=True)):
        room, why = 0, None
        if level is None or level.as_of_s < oldest_s:
            why = Lack.STOCK_UNKNOWN
        elif quantity < least or (most and quantity > most):
            why = Lack.NOT_ENOUGH
        else:
            room = level.room(policy)
            if room < quantity:
                why = Lack.NOT_ENOUGH if room else Lack.OUT_OF_STOCK
            else:
                room = quantity
        units.append(room)
        if why and not lack:
            lack, lacking = why, number
    return Offer(store, distance_m, policy, tuple(levels), tuple(units), lack, lacking)


def ranked(offers: Sequence[Offer], *, allow_partial: bool) -> list[Offer]:
    """Whole baskets by distance; if allowed the partial ones by units and distance after them."""
    found = [offer for offer in offers if offer.lack is None or (allow_partial and offer.total)]
    return sorted(
        found,
        key=lambda o: (o.lack is not None, -o.total if o.lack else 0, o.distance_m, o.store),
    )


def split(
    offers: Sequence[Offer], wanted: Sequence[int]
) -> tuple[list[tuple[Offer, tuple[int, ...]]], bool] | None:
    """The fewest stores that hold a basket together, each with what to take from it.

    Pairs and triples are all tried, the one of the least distance in all wins. A store that three
    nearer ones outdo in every line is not needed for that: of three stores two at most are among
    those, so that the third can take its place. Beyond, the store that adds most is taken again and
    again, so that of five stores or more fewer might do; the answer says whether none can.

    None when all of them together do not hold it.
    """
    nearest = sorted(offers, key=lambda offer: (offer.distance_m, offer.store))
    need = np.array(wanted, np.int64)
    kept: list[Offer] = []
    table = np.zeros((0, len(wanted)), np.int64)
    for offer in nearest:
        row = np.array(offer.units, np.int64)
        if row.any() and int((table >= row).all(axis=1).sum()) < 3:
            kept.append(offer)
            table = np.vstack([table, row])
    certain = len(kept) <= KEPT_FOR_SPLIT
    few = table[:KEPT_FOR_SPLIT]
    distances = np.array([offer.distance_m for offer in kept[:KEPT_FOR_SPLIT]])
    for size in (1, 2, 3):
        if (chosen := _best(few, distances, need, size)) is not None:
            return _shared([kept[number] for number in chosen], wanted), certain or size < 2
    everyone = [offer for offer in nearest if offer.total]
    chosen_greedily = _greedy(everyone, need)
    if chosen_greedily is None:
        return None
    # Three cannot do it, so four are the fewest.
    return _shared(chosen_greedily, wanted), certain and len(chosen_greedily) == 4


def _best(
    table: NDArray[np.int64], distances: NDArray[np.float64], need: NDArray[np.int64], size: int
) -> tuple[int, ...] | None:
    count = len(table)
    if count < size:
        return None
    numbers = np.array(list(itertools.combinations(range(count), size)), np.int64)
    covered = (table[numbers].sum(axis=1) >= need).all(axis=1)
    if not covered.any():
        return None
    rows = np.flatnonzero(covered)
    best = rows[np.argmin(distances[numbers[rows]].sum(axis=1))]
    return tuple(numbers[best].tolist())


def _greedy(offers: Sequence[Offer], need: NDArray[np.int64]) -> list[Offer] | None:
    if not offers:
        return None
    table = np.array([offer.units for offer in offers], np.int64)
    left, chosen = need.copy(), []
    while left.any():
        gains = np.minimum(table, left).sum(axis=1)
        best = int(np.argmax(gains))  # the first of the best is the nearest
        if not gains[best]:
            return None
        chosen.append(offers[best])
        left = np.maximum(left - table[best], 0)
    return sorted(chosen, key=lambda offer: (offer.distance_m, offer.store))


def _shared(chosen: Sequence[Offer], wanted: Sequence[int]) -> list[tuple[Offer, tuple[int, ...]]]:
    """What to take from each, the nearest first."""
    left = list(wanted)
    shares = []
    for offer in chosen:
        taken = tuple(min(units, rest) for units, rest in zip(offer.units, left, strict=True))
        left = [rest - units for rest, units in zip(left, taken, strict=True)]
        shares.append((offer, taken))
    return [share for share in shares if any(share[1])]


def coverage(units: Sequence[int], wanted: Sequence[tuple[str, int]]) -> float:
    """The part of the wanted units, 0 to 1."""
    return sum(units) / sum(quantity for _, quantity in wanted)
