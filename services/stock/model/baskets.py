"""Offers of stores for a basket: judged, ranked, and split over several stores."""

import datetime as dt
import enum
import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.directory.hits import Hit
from services.stock.model.levels import Level
from services.stock.model.policies import Policy

KEPT_FOR_SPLIT = 120
"""Stores of which all triples are tried: 280,840, which takes about 0.1 s."""
OUTDONE_BY = 3
"""A store that so many nearer ones equal or exceed in every line is never needed in a triple."""


class Lack(enum.IntEnum):
    """The reason why a store does not have a basket; the values are the contract's."""

    OUT_OF_STOCK = 1
    NOT_ENOUGH = 2
    STOCK_UNKNOWN = 3
    NOT_OPEN = 4
    LACKS_SERVICE = 5
    STORE_CLOSED = 6

    @property
    def is_of_stock(self) -> bool:
        """True if the stock is the reason, False if the store itself is."""
        return self in {Lack.OUT_OF_STOCK, Lack.NOT_ENOUGH, Lack.STOCK_UNKNOWN}


class Offer(NamedTuple):
    """The part of a basket that one store has."""

    store: str
    distance_m: float
    policy: Policy
    levels: tuple[Level | None, ...]
    """One for each line, in their order."""
    units: tuple[int, ...]
    """For each line the units that the store can give now, at most the wanted ones."""
    lack: Lack | None
    """The reason why it is not the whole basket; None when it is."""
    lacking: int | None = 0
    """The number of the line that is the reason, if one is."""
    hit: Hit | None = None
    """With travel: the way there."""

    @property
    def closed(self) -> "Offer":
        """The offer of the store while it is not open for business: nothing."""
        return self._replace(units=(0,) * len(self.units), lack=Lack.STORE_CLOSED, lacking=None)

    @property
    def total(self) -> int:
        """Units of all lines."""
        return sum(self.units)


class Missing(NamedTuple):
    """A line of a basket that a store has less of than is wanted."""

    line: int
    units: int | None
    """The units that the store cannot give; None when its level is unknown."""
    expected: dt.date | None
    """The local date on which they are expected there; None when none is known."""


class Share(NamedTuple):
    """The units of each line that a split takes from one store."""

    offer: Offer
    units: tuple[int, ...]


def offer_of(
    store: str,
    distance_m: float,
    policy: Policy,
    levels: Sequence[Level | None],
    wanted: Sequence[int],
    now_ms: int,
    fresh_ms: int,
    *,
    bands_only: bool = False,
) -> Offer:
    """The offer of a store for the wanted units, by the levels it has of each line.

    With bands alone it offers each line whole or not at all: a part would tell the level.
    """
    units, lack, lacking = [], None, 0
    oldest_s = (now_ms - (policy.fresh_ms or fresh_ms)) / 1000
    for number, (level, quantity) in enumerate(zip(levels, wanted, strict=True)):
        room, why = 0, None
        if level is None or level.as_of_s < oldest_s:
            why = Lack.STOCK_UNKNOWN
        elif not policy.sells(quantity):
            why = Lack.NOT_ENOUGH
        else:
            room = level.room(policy)
            if room < quantity:
                why = Lack.NOT_ENOUGH if room else Lack.OUT_OF_STOCK
                room = 0 if bands_only or policy.bands_only else room
            else:
                room = quantity
        units.append(room)
        if why and not lack:
            lack, lacking = why, number
    return Offer(store, distance_m, policy, tuple(levels), tuple(units), lack, lacking)


def missing_from(
    offer: Offer,
    wanted: Sequence[int],
    today: Callable[[], dt.date],
    now_ms: int,
    fresh_ms: int,
    *,
    bands_only: bool = False,
) -> list[Missing]:
    """The lines that a store lacks units of; `today` gives the local date there.

    With bands alone the date is that of the next delivery, whatever its units: one that depended on
    the wanted units would tell the level.
    """
    policy: Policy = offer.policy
    found: list[Missing] = []
    if offer.lack is Lack.STORE_CLOSED:
        return found  # it may have everything
    for number, (level, quantity) in enumerate(zip(offer.levels, wanted, strict=True)):
        units = quantity - offer.units[number]
        if not units:
            continue
        if level is None or not level.is_fresh(now_ms, policy.fresh_ms or fresh_ms):
            found.append(Missing(number, None, None))
            continue
        expected = None
        if level.futures and policy.sells(quantity):
            least = quantity if not (bands_only or policy.bands_only) else None
            expected = level.expected(least, today())
        found.append(Missing(number, units, expected))
    return found


def ranked(
    offers: Sequence[Offer],
    order: Callable[[Offer], tuple[float, bool, str]],
    *,
    allow_partial: bool,
) -> list[Offer]:
    """Whole baskets in an order; then, if allowed, partial ones by units and in that order."""
    found = [offer for offer in offers if offer.lack is None or (allow_partial and offer.total)]
    return sorted(found, key=lambda o: (o.lack is not None, -o.total if o.lack else 0, *order(o)))


def split(offers: Sequence[Offer], wanted: Sequence[int]) -> tuple[list[Share], bool] | None:
    """The fewest stores that have a basket together, and whether they surely are the fewest.

    All pairs and triples are tried; the least sum of distances wins. A store that three nearer ones
    equal or exceed in every line is left out of that: a triple has at most two of those three, so
    the third can replace it. When no triple is enough, the store that adds most units is taken
    until the basket is complete (greedy set cover); then only four stores are surely the fewest.

    None when all stores together do not have the basket.
    """
    nearest = sorted(offers, key=lambda offer: (offer.distance_m, offer.store))
    need = np.array(wanted, np.int64)
    kept: list[Offer] = []
    table = np.zeros((0, len(wanted)), np.int64)
    for offer in nearest:
        row = np.array(offer.units, np.int64)
        if row.any() and int((table >= row).all(axis=1).sum()) < OUTDONE_BY:
            kept.append(offer)
            table = np.vstack([table, row])
    is_complete = len(kept) <= KEPT_FOR_SPLIT
    few = table[:KEPT_FOR_SPLIT]
    distances = np.array([offer.distance_m for offer in kept[:KEPT_FOR_SPLIT]])
    for size in (1, 2, 3):
        if (chosen := _best(few, distances, need, size)) is not None:
            return _shared([kept[number] for number in chosen], wanted), is_complete or size < 2
    cover = _greedy([offer for offer in nearest if offer.total], need)
    if cover is None:
        return None
    return _shared(cover, wanted), is_complete and len(cover) == 4


def _best(
    table: NDArray[np.int64], distances: NDArray[np.float64], need: NDArray[np.int64], size: int
) -> tuple[int, ...] | None:
    """The rows, so many, that cover the need with the least sum of distances; None if none do."""
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
    """Offers that cover the need, each the one that adds most; the nearest first."""
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
        table[best] = 0  # its units are taken: it must not be chosen again
    return sorted(chosen, key=lambda offer: (offer.distance_m, offer.store))


def _shared(chosen: Sequence[Offer], wanted: Sequence[int]) -> list[Share]:
    """The units to take from each store: as many as possible from the nearest."""
    left = list(wanted)
    shares: list[Share] = []
    for offer in chosen:
        taken = tuple(min(units, rest) for units, rest in zip(offer.units, left, strict=True))
        left = [rest - units for rest, units in zip(left, taken, strict=True)]
        shares.append(Share(offer, taken))
    return [share for share in shares if any(share.units)]


def coverage(units: Sequence[int], wanted: Sequence[int]) -> float:
    """Offered units as a share of the wanted ones, 0 to 1."""
    return sum(units) / sum(wanted)
