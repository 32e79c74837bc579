"""Where a basket is to be had: the shelves narrow, the levels decide.

Whatever the radius it takes two round trips to Redis at the most: one for the nearest stores that
have everything on the shelf, and one for all the rest, if those did not do.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from geodata.nearest import Rows
from geodata.points import Point
from geodata.schedule.timeline import timeline
from services.directory.directory import Directory
from services.directory.filters import EVERYTHING, Mask, StoreFilter
from services.directory.keys import parse_store
from services.stock.model.baskets import Lack, Offer, offer_of, ranked, split
from services.stock.model.pickup import Window, window
from services.stock.model.shelves import Bits, Shelves, has_bits
from services.stock.state.follower import Follower
from services.stock.state.levels import Levels, LevelsUnreachable

SPARE = 6
"""Candidates beyond the results wanted that are read at first."""
MOST_CANDIDATES = 5000
NEAREST_EXPLAINED = 8
MOST_LEFT_OUT = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search."""

    lines: Mapping[str, int]
    origin: Point
    radius_m: float
    count: int
    services: frozenset[str] = frozenset()
    open_at: dt.datetime | None = None
    allow_partial: bool = False
    allow_split: bool = False
    method: int = 0
    """Only stores that hand over so; 0: any."""

    def admits(self, offer: Offer) -> bool:
        """Whether a store hands over as wanted."""
        return not self.method or self.method in offer.policy.methods


@dataclass(slots=True)
class Found:
    """What a search found."""

    offers: list[Offer] = field(default_factory=list)
    split: list[tuple[Offer, tuple[int, ...]]] = field(default_factory=list)
    fewest: bool = False
    left_out: list[tuple[str, float, Lack, int | None]] = field(default_factory=list)
    """Store, distance, why, and the number of the line that is the reason, if one is."""
    is_reachable: bool = True
    read: dict[str, Offer] = field(default_factory=dict)
    """All that was read, by store."""

    def not_found(self, lines: Mapping[str, int]) -> list[str]:
        """The SKUs for which people go home with empty hands: no store read has so many."""
        if not self.is_reachable or any(offer.lack is None for offer in self.read.values()):
            return []
        return [
            sku
            for number, (sku, quantity) in enumerate(lines.items())
            if not any(offer.units[number] >= quantity for offer in self.read.values())
        ]


class Availability:
    """Searches stores by what they have."""

    def __init__(
        self, levels: Levels, follower: Follower, directory: Directory, fresh_s: float
    ) -> None:
        self._levels = levels
        self._follower = follower
        self._directory = directory
        self._fresh_ms = int(fresh_s * 1000)
        self._rows = ShelfRows(directory)

    async def find(self, wanted: Wanted, now_ms: int) -> Found:
        """The stores that have a basket."""
        replica = self._directory.stores.replica
        store_filter = self._filter(wanted)
        found = Found()
        first = wanted.count + SPARE
        whole = self._near(wanted, first, store_filter, self._on_shelf(wanted.lines, whole=True))
        around = replica.nearest(
            wanted.origin, NEAREST_EXPLAINED, EVERYTHING, radius_m=wanted.radius_m
        )
        await self._read(found, dict([*whole, *around]), wanted, now_ms)
        candidates = dict(whole)
        if found.is_reachable and self._wants_more(found, candidates, wanted, first):
            partial = wanted.allow_partial or wanted.allow_split
            mask = self._on_shelf(wanted.lines, whole=not partial)
            candidates = dict(self._near(wanted, MOST_CANDIDATES, store_filter, mask))
            unread = {id: m for id, m in candidates.items() if id not in found.read}
            await self._read(found, unread, wanted, now_ms)
        read = [found.read[id] for id in candidates if id in found.read]
        offers = [offer for offer in read if wanted.admits(offer)]
        found.offers = ranked(offers, allow_partial=wanted.allow_partial)[: wanted.count]
        if wanted.allow_split and not any(offer.lack is None for offer in offers):
            together = split(offers, list(wanted.lines.values()))
            if together:
                found.split, found.fewest = together
        self._explain(found, dict(around), wanted, store_filter)
        return found

    async def pickups(
        self, wanted: Wanted, now_ms: int
    ) -> tuple[list[tuple[Offer, Window | None, str]], bool]:
        """Stores near that have a basket or can have it brought, when, and from where."""
        found = await self.find(wanted, now_ms)
        at = dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC)
        options = [(offer, self._window(offer, at), "") for offer in found.offers]
        if found.offers:
            donor = found.offers[0].store
            for offer in found.read.values():
                delay_s = offer.policy.transfer_s
                if offer.lack is not None and delay_s is not None and wanted.admits(offer):
                    later = self._window(offer, at + dt.timedelta(seconds=delay_s))
                    options.append((offer, later, donor))
        options.sort(key=lambda option: (option[0].distance_m, option[0].store))
        return options[: wanted.count], found.is_reachable

    def _window(self, offer: Offer, at: dt.datetime) -> Window | None:
        schedules = self._directory.schedules.of(offer.store)
        return window(timeline(schedules.own), at, offer.policy) if schedules else None

    def _filter(self, wanted: Wanted) -> StoreFilter:
        opening = (
            None if wanted.open_at is None else self._directory.schedules.opening(wanted.open_at)
        )
        return StoreFilter(attributes=wanted.services, opening=opening)

    def _near(
        self,
        wanted: Wanted,
        count: int,
        store_filter: StoreFilter,
        also: Callable[[Rows], Mask] | None,
    ) -> list[tuple[str, float]]:
        replica = self._directory.stores.replica
        return replica.nearest(
            wanted.origin, count, store_filter, radius_m=wanted.radius_m, also=also
        )

    def _on_shelf(self, lines: Mapping[str, int], *, whole: bool) -> Callable[[Rows], Mask] | None:
        """Which rows of the stores' index have all (or some) on the shelf; None when not known.

        Units dated to come lie on no shelf: stores that sell ahead are found by asking them.
        """
        if not self._follower.is_loaded:
            return None
        shelves = self._follower.shelves
        bits = shelves.all_of(lines) if whole else shelves.any_of(lines)
        return self._rows.accepting(shelves, bits)

    async def _read(
        self, found: Found, distances: Mapping[str, float], wanted: Wanted, now_ms: int
    ) -> None:
        quantities = list(wanted.lines.values())
        try:
            answers = await self._levels.read(distances, list(wanted.lines))
        except LevelsUnreachable:
            found.is_reachable = False
            return
        for store, (policy, levels) in answers.items():
            found.read[store] = offer_of(
                store, distances[store], policy, levels, quantities, now_ms, self._fresh_ms
            )

    def _wants_more(
        self, found: Found, candidates: Mapping[str, float], wanted: Wanted, first: int
    ) -> bool:
        read = [found.read[id] for id in candidates]
        complete = sum(offer.lack is None and wanted.admits(offer) for offer in read)
        if complete >= wanted.count:
            return False
        if wanted.allow_partial or (wanted.allow_split and not complete):
            return True
        return len(candidates) == first  # there are more with everything on the shelf

    def _explain(
        self,
        found: Found,
        around: Mapping[str, float],
        wanted: Wanted,
        store_filter: StoreFilter,
    ) -> None:
        shown = {offer.store for offer in found.offers} | {o.store for o, _ in found.split}
        replica = self._directory.stores.replica
        for store, distance_m in around.items():
            if store in shown:
                continue
            encoded = replica.public(store)
            if encoded is None:
                continue
            offer = found.read.get(store)
            why: tuple[Lack, int | None]
            if not wanted.services.issubset(parse_store(encoded).attributes):
                why = (Lack.LACKS_SERVICE, None)
            elif store_filter.opening is not None and not store_filter.opening.admits(store):
                why = (Lack.NOT_OPEN, None)
            elif offer is None:
                why = (Lack.STOCK_UNKNOWN, None)
            elif offer.lack is not None and any(offer.levels):  # else it is no shop for this
                why = (offer.lack, offer.lacking)
            else:
                continue
            found.left_out.append((store, distance_m, *why))
        known = {store for store, *_ in found.left_out} | shown
        others = sorted(
            (
                offer
                for offer in found.read.values()
                if offer.lack is not None and any(offer.levels) and offer.store not in known
            ),
            key=lambda offer: (offer.distance_m, offer.store),
        )
        room = MOST_LEFT_OUT - len(found.left_out)
        found.left_out += [
            (offer.store, offer.distance_m, offer.lack, offer.lacking)
            for offer in others[:room]
            if offer.lack is not None
        ]
        found.left_out.sort(key=lambda entry: (entry[1], entry[0]))


class ShelfRows:
    """From rows of the stores' index to numbers of the shelves; made anew when either changes."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._key: tuple[object, ...] = ()
        self._numbers = np.zeros(0, np.int64)

    def accepting(self, shelves: Shelves, bits: Bits) -> Callable[[Rows], Mask]:
        """For each of some rows whether the bit of its store is set."""
        feed = self._directory.stores
        replica = feed.replica
        key = (id(shelves), len(shelves.stores), id(replica), feed.sequence)
        if key != self._key:
            self._numbers = np.full(replica.index.row_count, -1)
            for number, store in enumerate(shelves.stores):
                if (row := replica.row(store)) is not None:
                    self._numbers[row] = number
            self._key = key
        numbers = self._numbers

        def accept(rows: Rows) -> Mask:
            return has_bits(bits, numbers[rows])

        return accept


def names_of(directory: Directory, stores: Sequence[str]) -> dict[str, str]:
    """What people call some stores."""
    replica = directory.stores.replica
    return {
        store: parse_store(encoded).display_name
        for store in stores
        if (encoded := replica.public(store)) is not None
    }
