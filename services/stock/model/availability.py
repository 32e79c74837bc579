"""A search for stores that have a basket, and its result."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from geodata.points import Point
from services.directory.journeys import Travel
from services.stock.model.baskets import Lack, Offer, Share
from services.stock.model.pickup import Window


@dataclass(frozen=True, slots=True)
class Search:
    """A search for a basket around a place."""

    lines: Mapping[str, int]
    """SKU -> units."""
    origin: Point
    radius_m: float
    count: int
    """Stores to be found."""
    services: frozenset[str] = frozenset()
    open_at: dt.datetime | None = None
    allow_partial: bool = False
    allow_split: bool = False
    method: int = 0
    """Only stores with this pick-up method; 0: any."""
    travel: Travel | None = None
    """How the shopper gets there; None: only the distance counts."""
    soonest: bool = False
    """True to rank by the time at which the goods are in hand."""

    @property
    def quantities(self) -> Sequence[int]:
        """The units of each line."""
        return list(self.lines.values())

    def order(self, offer: Offer) -> tuple[float, bool, str]:
        """The place of an offer: by travel time or by distance, then by the id."""
        if self.travel is not None and self.travel.by_time and offer.hit is not None:
            return *offer.hit.order, offer.store
        return offer.distance_m, False, offer.store

    def within(self, limit_s: float) -> "Search":
        """The search for stores within a travel time at most."""
        assert self.travel is not None
        least = limit_s if self.travel.limit_s is None else min(limit_s, self.travel.limit_s)
        return replace(self, travel=replace(self.travel, limit_s=least))

    def open_state_at(self, offer: Offer, now: dt.datetime) -> dt.datetime | None:
        """The instant at which the open state of a store is told; None if it is out of range."""
        if self.open_at is not None or self.travel is None or offer.hit is None:
            return self.open_at or now
        return self.travel.arrival(offer.hit.seconds)

    def admits(self, offer: Offer) -> bool:
        """True if a store is open for business, and has the wanted pick-up method."""
        if offer.lack is Lack.STORE_CLOSED:
            return False
        return not self.method or self.method in offer.policy.methods


class LeftOut(NamedTuple):
    """A store near the origin that is not in the result."""

    store: str
    distance_m: float
    reason: Lack
    line: int | None
    """The number of the line that is the reason, if one is."""
    offer: Offer | None = None
    """What it has of the basket; None if its levels were not read."""


class Option(NamedTuple):
    """A store where a basket can be picked up."""

    offer: Offer
    window: Window | None
    """None where no opening is known."""
    donor: str
    """The store that the goods are brought from; empty when they are there."""
    in_hand: dt.datetime | None = None
    """With travel: when the shopper can have the goods; None where that is not known."""


@dataclass(slots=True)
class Found:
    """The result of a search."""

    offers: list[Offer] = field(default_factory=list)
    split: list[Share] = field(default_factory=list)
    """The stores that have the basket together, where no single one has it."""
    is_fewest: bool = False
    """True if no smaller number of stores has the basket together."""
    left_out: list[LeftOut] = field(default_factory=list)
    is_reachable: bool = True
    """True if levels could be read."""
    late: set[str] = field(default_factory=set)
    """The near stores that are not open on arrival."""
    read: dict[str, Offer] = field(default_factory=dict)
    """Store -> its offer, of all stores whose levels were read."""

    @property
    def shown(self) -> list[str]:
        """The stores of the result."""
        return [offer.store for offer in self.offers] + [share.offer.store for share in self.split]

    def unmet(self, lines: Mapping[str, int]) -> list[str]:
        """SKUs that no store has in the wanted quantity (unmet demand).

        None where no store lies within the radius: there is nobody whose demand it is.
        """
        if (
            not self.is_reachable
            or not self.read
            or any(offer.lack is None for offer in self.read.values())
        ):
            return []
        return [
            sku
            for number, (sku, quantity) in enumerate(lines.items())
            if not any(offer.units[number] >= quantity for offer in self.read.values())
        ]
