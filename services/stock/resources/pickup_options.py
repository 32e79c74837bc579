"""Pick-up options: near stores where a basket can be picked up, with the time window."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import Clock
from services.chassis.messages.masks import ReadMasks
from services.chassis.messages.paging import page_size
from services.chassis.messages.times import instant_if_set
from services.chassis.serving.turns import by_turns
from services.directory.directory import Directory
from services.directory.journeys import travel_of
from services.directory.origins import Origins
from services.stock.convert.baskets import lines
from services.stock.convert.shops import DEAR
from services.stock.model.availability import Found, Option, Search
from services.stock.model.baskets import Offer
from services.stock.model.pickup import Window, in_hand_at
from services.stock.replica.lookups import Lookups
from services.stock.resources.availability import DEFAULT_RADIUS_M, Searches
from services.stock.resources.hold_terms import open_intervals, window_at

FIELDS = ReadMasks(stock_pb2.PickupOption.DESCRIPTOR, DEAR)


@dataclass(frozen=True)
class PickupOptions:
    """Answers where and when a basket can be picked up."""

    searches: Searches
    directory: Directory
    lookups: Lookups
    origins: Origins
    clock: Clock

    async def find(
        self, request: stock_pb2.FindPickupOptionsRequest
    ) -> stock_pb2.FindPickupOptionsResponse:
        """The nearest stores that have a basket, or to which it can be brought.

        Raises:
            ProductNotFound: there is no product of one name.
            InvalidArgument: the origin, the basket, the instant or the mask cannot be used.
        """
        basket = self.lookups.basket(lines(request.items))
        fields = FIELDS.of(request.read_mask)
        origin = await self.origins.resolve(request.origin)
        now = self.clock()
        travel = travel_of(request.travel, now) if request.HasField("travel") else None
        if travel is not None and request.soonest_first:
            travel = replace(travel, by_time=True)
        search = Search(
            basket,
            origin.point,
            request.radius_m if request.HasField("radius_m") else DEFAULT_RADIUS_M,
            page_size(request.max_results, default=10, most=100),
            frozenset(request.services),
            instant_if_set(request, "open_at"),
            method=request.method,
            travel=travel,
            soonest=request.soonest_first,
        )
        bound = partial(self._soonest_s, search, now) if search.soonest else None
        found = await self.searches.find(search, now, bound)
        options = [self._option(offer, found, search, now) for offer in offers_of(found, search)]
        if search.soonest:
            options.sort(key=lambda option: soonest_first(option, search))
        del options[search.count :]
        offers = [option.offer for option in options]
        responses = await self.searches.responses(search, found, offers, fields, now)
        response = await by_turns(responses.pickup_options(options, found))
        self.searches.note_sources(response, origin, offers)
        return response

    def _soonest_s(self, search: Search, now: dt.datetime, offers: Sequence[Offer]) -> float | None:
        """The travel time of the last of the first options so far; None if they are too few.

        A store that is farther cannot have the goods in hand before that one.
        """
        assert search.travel is not None
        times = [
            self._in_hand(offer, window_at(self.directory, offer.store, now, offer.policy), search)
            for offer in offers
            if offer.lack is None
        ]
        in_hand = sorted(time for time in times if time is not None)
        if len(in_hand) < search.count:
            return None
        return (in_hand[search.count - 1] - search.travel.departs_at).total_seconds()

    def _option(self, offer: Offer, found: Found, search: Search, now: dt.datetime) -> Option:
        """Where goods are brought from another store, it is the nearest that has them all."""
        donor, at = "", now
        if offer.lack is not None:
            donor = found.offers[0].store
            at += dt.timedelta(seconds=offer.policy.transfer_s or 0)
        window = window_at(self.directory, offer.store, at, offer.policy)
        return Option(offer, window, donor, self._in_hand(offer, window, search))

    def _in_hand(self, offer: Offer, window: Window | None, search: Search) -> dt.datetime | None:
        hours = open_intervals(self.directory, offer.store)
        if search.travel is None or offer.hit is None or window is None or hours is None:
            return None
        arrival = search.travel.arrival(offer.hit.seconds)
        return None if arrival is None else in_hand_at(hours, window, arrival)


def soonest_first(option: Option, search: Search) -> tuple[bool, float, float, bool, str]:
    """The order of options by the time at which the goods are in hand; unknown ones come last."""
    at = option.in_hand
    return at is None, at.timestamp() if at else 0.0, *search.order(option.offer)


def offers_of(found: Found, search: Search) -> list[Offer]:
    """The stores that have the basket, or to which another one brings it, in order."""
    offers = list(found.offers)
    if offers:
        refused = {each.store for each in found.left_out if not each.reason.is_of_stock}
        offers += [
            offer
            for offer in found.read.values()
            if offer.lack is not None
            and offer.lack.is_of_stock
            and offer.policy.transfer_s is not None
            and offer.store not in refused
            and offer.store not in found.late
            and search.admits(offer)
        ]
    offers.sort(key=search.order)
    return offers if search.soonest else offers[: search.count]
