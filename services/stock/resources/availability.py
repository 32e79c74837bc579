"""Availability: the nearest stores that have a basket. Shelves narrow the search, levels decide.

Whatever the radius, a search takes two round trips to the database at most: one for the nearest
stores with everything on the shelf, and one for all others, if the first found too few.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.nearest import Rows
from geodata.schedule.timeline import timeline
from services.chassis.clock import Clock
from services.chassis.messages.masks import ReadMask, ReadMasks
from services.chassis.messages.paging import page_size
from services.chassis.messages.times import instant_if_set, timestamp
from services.chassis.serving.turns import Turns, by_turns
from services.directory.directory import Directory
from services.directory.filters import Mask, StoreFilter, attributes_of
from services.directory.hits import Hit
from services.directory.journeys import travel_of
from services.directory.keys import parse_store
from services.directory.origins import Origins, ResolvedOrigin
from services.directory.reach import Reach
from services.directory.trading import closed_rows, not_open, sells
from services.stock.convert.availability import SearchResponses, Seen
from services.stock.convert.baskets import lines
from services.stock.convert.levels import view_at
from services.stock.convert.shops import DEAR, Shop, open_state
from services.stock.convert.times import duration, ms_of
from services.stock.model.availability import Found, LeftOut, Search
from services.stock.model.baskets import Lack, Offer, offer_of, ranked, split
from services.stock.replica.follower import Follower
from services.stock.replica.lookups import Lookups
from services.stock.replica.shelf_rows import ShelfRows
from services.stock.resources.unmet_demand import UnmetDemand
from services.stock.settings import StockSettings
from services.stock.state.levels import Levels, LevelsUnreachable

FIELDS = ReadMasks(stock_pb2.StoreAvailability.DESCRIPTOR, DEAR)
DEFAULT_RADIUS_M = 50_000.0
SPARE = 6
"""Candidates that the first round trip reads beyond the wanted number of stores."""
MOST_CANDIDATES = 5000
NEAREST_EXPLAINED = 8
"""The number of nearest stores that the answer lists with a reason if they lack the basket."""
MOST_LEFT_OUT = 20
OPEN = frozenset({stores_pb2.STORE_STATUS_OPEN})
ANY_STATUS = StoreFilter(statuses=frozenset(stores_pb2.StoreStatus.values()))
"""Stores that are closed for good are explained too, where they still have stock."""


class Near(NamedTuple):
    """A store to be read."""

    distance_m: float
    hit: Hit | None = None
    """With travel: the way there."""


class Searches:
    """Searches stores by their levels."""

    def __init__(
        self,
        levels: Levels,
        shelves: ShelfRows,
        follower: Follower,
        directory: Directory,
        lookups: Lookups,
        settings: StockSettings,
    ) -> None:
        self._levels = levels
        self._shelves = shelves
        self._follower = follower
        self._directory = directory
        self._lookups = lookups
        self._settings = settings
        self._fresh_ms = int(settings.stock_freshness_s * 1000)
        self._bands_only = not settings.stock_quantities

    async def find(
        self,
        search: Search,
        now: dt.datetime,
        soonest_s: Callable[[Sequence[Offer]], float | None] | None = None,
    ) -> Found:
        """The stores that have a basket, and the reasons why near ones do not.

        With `search.soonest` all that could be among the first are read: from the offers so far
        `soonest_s` gives the travel time beyond which a store is not; None if there is none.
        """
        store_filter = self._filter(search)
        closed = closed_rows(self._directory, now)
        found = Found()
        first = search.count + SPARE
        complete = await self._near(search, first, store_filter, closed, every=True)
        around = await self._around(search, found)
        await self._read(found, {**complete, **around}, search, ms_of(now))
        for store in around:  # candidates further away are filtered
            if store in found.read and not_open(self._directory, store, now):
                found.read[store] = found.read[store].closed
        candidates = complete
        wider = search
        if soonest_s is not None:
            read = [found.read[id] for id in candidates if id in found.read]
            if (
                limit_s := soonest_s([offer for offer in read if search.admits(offer)])
            ) is not None:
                wider = search.within(limit_s)
        if found.is_reachable and needs_more(found, candidates, wider, first):
            some = search.allow_partial or search.allow_split
            candidates = await self._near(
                wider, MOST_CANDIDATES, store_filter, closed, every=not some
            )
            unread = {id: m for id, m in candidates.items() if id not in found.read}
            await self._read(found, unread, search, ms_of(now))
            candidates = {**complete, **candidates}
        read = [found.read[id] for id in candidates if id in found.read]
        offers = [offer for offer in read if search.admits(offer)]
        found.offers = ranked(offers, search.order, allow_partial=search.allow_partial)
        if not search.soonest:
            found.offers = found.offers[: search.count]
        if search.allow_split and not any(offer.lack is None for offer in offers):
            together = split(offers, search.quantities)
            if together:
                found.split, found.is_fewest = together
        self._explain(found, around, search, store_filter)
        return found

    async def responses(
        self,
        search: Search,
        found: Found,
        offers: Sequence[Offer],
        fields: ReadMask,
        now: dt.datetime,
    ) -> SearchResponses:
        """The builder of a response with these offers, and with the stores that are left out."""
        levels = {offer.store: offer.levels for offer in offers}
        await self._follower.learn_sources(levels)
        left_out = (each.store for each in found.left_out)
        seen = Seen(
            fields,
            view_at(ms_of(now), self._settings),
            self._lookups.display_names([*levels, *left_out]),
            await self._shops(offers, fields, search, now),
            partial(self._lookups.local_date, at=now),
            self._follower.sources_of,
            search.travel,
        )
        return SearchResponses(search.lines, seen)

    async def _shops(
        self, offers: Iterable[Offer], fields: ReadMask, search: Search, now: dt.datetime
    ) -> dict[str, Shop]:
        """Store -> its facts, if any of them is asked for."""
        shops: dict[str, Shop] = {}
        if fields.fields.isdisjoint(DEAR):
            return shops
        turns, replica = Turns(), self._directory.stores.replica
        for offer in offers:
            store = offer.store
            if (encoded := replica.public(store)) is None:
                continue
            state, at = None, search.open_state_at(offer, now)
            if (
                "open_state" in fields
                and at is not None
                and (schedules := self._directory.schedules.of(store))
            ):
                state = open_state(timeline(schedules.own), at)
            shops[store] = Shop(parse_store(encoded), state)
            await turns.give()
        return shops

    def note_sources(
        self,
        response: stock_pb2.FindNearestAvailabilityResponse | stock_pb2.FindPickupOptionsResponse,
        origin: ResolvedOrigin,
        offers: Iterable[Offer],
    ) -> None:
        """Note the origin of a search in its response, and the sources and ages of its parts."""
        if any(offer.hit is not None and offer.hit.ways is not None for offer in offers):
            response.road_attribution = self._directory.roads.attribution
        response.origin_uncertainty_m = origin.uncertainty_m
        if origin.place:
            response.origin_display_name = origin.place.name
        if (as_of := timestamp(self._directory.stale_as_of)) is not None:
            response.as_of.CopyFrom(as_of)
        if (lag_s := self._follower.lag_s) is not None:
            response.index_lag.CopyFrom(duration(lag_s))

    def _filter(self, search: Search) -> StoreFilter:
        opening = (
            None if search.open_at is None else self._directory.schedules.opening(search.open_at)
        )
        return StoreFilter(attributes=search.services, statuses=OPEN, opening=opening)

    async def _near(
        self, search: Search, count: int, store_filter: StoreFilter, closed: Rows, *, every: bool
    ) -> dict[str, Near]:
        """The nearest stores with every product on the shelf, or with any; with travel the first.

        Those in closed rows are left out.
        """
        reach = await self._reach(search)
        on_shelf = self._shelves.filter(search.lines, every=every)

        def accept(rows: Rows) -> Mask:
            return sells(rows, closed) if on_shelf is None else on_shelf(rows) & sells(rows, closed)

        also = accept if len(closed) else on_shelf
        if reach is not None:
            hits = reach.nearest(count, store_filter, radius_m=search.radius_m, also=also)
            return {hit.id: Near(hit.distance_m, hit) for hit in hits}
        found = self._directory.stores.replica.nearest(
            search.origin, count, store_filter, radius_m=search.radius_m, also=also
        )
        return {id: Near(distance_m) for id, distance_m in found}

    async def _around(self, search: Search, found: Found) -> dict[str, Near]:
        """The stores nearest by distance, which are explained, of those within the travel time."""
        reach = await self._reach(search)
        nearest = self._directory.stores.replica.nearest(
            search.origin, NEAREST_EXPLAINED, ANY_STATUS, radius_m=search.radius_m
        )
        if reach is None:
            return {id: Near(distance_m) for id, distance_m in nearest}
        hits = [hit for hit in reach.hits([id for id, _ in nearest]) if reach.is_in_time(hit)]
        found.late = {hit.id for hit in hits if not reach.is_open_on_arrival(hit)}
        return {hit.id: Near(hit.distance_m, hit) for hit in hits}

    async def _reach(self, search: Search) -> Reach | None:
        if search.travel is None:
            return None
        return await self._directory.roads.reach(search.origin, search.travel)

    async def _read(
        self, found: Found, stores: Mapping[str, Near], search: Search, now_ms: int
    ) -> None:
        """Add the offers of some stores, by their levels."""
        try:
            answers = await self._levels.read(stores, list(search.lines))
        except LevelsUnreachable:
            found.is_reachable = False
            return
        quantities, turns = search.quantities, Turns()
        for store, (policy, levels) in answers.items():
            distance_m, hit = stores[store]
            found.read[store] = offer_of(
                store,
                distance_m,
                policy,
                levels,
                quantities,
                now_ms,
                self._fresh_ms,
                bands_only=self._bands_only,
            )._replace(hit=hit)
            await turns.give()

    def _explain(
        self,
        found: Found,
        around: Mapping[str, Near],
        search: Search,
        store_filter: StoreFilter,
    ) -> None:
        """Add the stores that are left out: the nearest ones, then others that sell the products.

        A store that has no level of any product does not sell them, and needs no reason.
        """
        shown = set(found.shown)
        for store, (distance_m, _) in around.items():
            if store in shown:
                continue
            offer = found.read.get(store)
            reason, line = self._reason(store, offer, search, store_filter, found)
            if reason is not None:
                found.left_out.append(LeftOut(store, distance_m, reason, line, offer))
        explained = {left_out.store for left_out in found.left_out} | shown
        others = (offer for offer in found.read.values() if offer.store not in explained)
        room = MOST_LEFT_OUT - len(found.left_out)
        found.left_out += sorted(lacking(others), key=by_distance)[:room]
        found.left_out.sort(key=by_distance)

    def _reason(
        self,
        store: str,
        offer: Offer | None,
        search: Search,
        store_filter: StoreFilter,
        found: Found,
    ) -> tuple[Lack | None, int | None]:
        """The reason why a near store is left out, and its line; None when there is none."""
        encoded = self._directory.stores.replica.public(store)
        if encoded is None:
            return None, None
        if offer is not None and offer.lack is Lack.STORE_CLOSED:
            return (offer.lack if any(offer.levels) else None), None
        if search.services and not search.services.issubset(attributes_of(parse_store(encoded))):
            return Lack.LACKS_SERVICE, None
        if store in found.late or (
            store_filter.opening is not None and not store_filter.opening.admits(store)
        ):
            return Lack.NOT_OPEN, None
        if offer is None:
            return Lack.STOCK_UNKNOWN, None
        if not any(offer.levels):
            return None, None
        if not search.admits(offer):
            return Lack.LACKS_SERVICE, None
        return (None, None) if offer.lack is None else (offer.lack, offer.lacking)


def needs_more(found: Found, candidates: Mapping[str, Near], search: Search, first: int) -> bool:
    """True if the first round trip found too few stores, and another can find more."""
    if search.soonest:
        assert search.travel is not None
        last_s = max((near.hit.seconds for near in candidates.values() if near.hit), default=0.0)
        is_within = search.travel.limit_s is None or last_s <= search.travel.limit_s
        return len(candidates) == first and is_within
    read = [found.read[id] for id in candidates]
    complete = sum(offer.lack is None and search.admits(offer) for offer in read)
    if complete >= search.count:
        return False
    if search.allow_partial or (search.allow_split and not complete):
        return True
    return len(candidates) == first  # more stores may have everything on the shelf


def lacking(offers: Iterable[Offer]) -> Iterable[LeftOut]:
    """Yields the stores that sell the products and do not have the basket, with the reason."""
    for offer in offers:
        if offer.lack is not None and any(offer.levels):
            yield LeftOut(offer.store, offer.distance_m, offer.lack, offer.lacking, offer)


def by_distance(left_out: LeftOut) -> tuple[float, str]:
    """The order of stores that are left out."""
    return left_out.distance_m, left_out.store


@dataclass(frozen=True)
class Availability:
    """Answers where a basket is available."""

    searches: Searches
    demand: UnmetDemand
    lookups: Lookups
    origins: Origins
    clock: Clock

    async def find(
        self, request: stock_pb2.FindNearestAvailabilityRequest
    ) -> stock_pb2.FindNearestAvailabilityResponse:
        """The nearest stores that have a basket.

        Raises:
            ProductNotFound: there is no product of one name.
            InvalidArgument: the origin, the basket, the instant or the mask cannot be used.
        """
        basket = self.lookups.basket(lines(request.items))
        fields = FIELDS.of(request.read_mask)
        origin = await self.origins.resolve(request.origin)
        now = self.clock()
        travel = travel_of(request.travel, now) if request.HasField("travel") else None
        search = Search(
            basket,
            origin.point,
            request.radius_m if request.HasField("radius_m") else DEFAULT_RADIUS_M,
            page_size(request.max_results, default=10, most=100),
            frozenset(request.services),
            instant_if_set(request, "open_at"),
            request.allow_partial,
            request.allow_split,
            travel=travel,
        )
        found = await self.searches.find(search, now)
        self.demand.note(now.date(), found.unmet(basket), search)
        shown = [found.read[store] for store in found.shown]
        responses = await self.searches.responses(search, found, shown, fields, now)
        response = await by_turns(responses.availability(found))
        self.searches.note_sources(response, origin, shown)
        return response
