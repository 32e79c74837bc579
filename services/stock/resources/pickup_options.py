"""Pick-up options: near stores where a basket can be picked up, with the time window."""

import datetime as dt
from dataclasses import dataclass

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import Clock
from services.chassis.messages.masks import ReadMasks
from services.chassis.messages.paging import page_size
from services.chassis.messages.times import instant_if_set
from services.chassis.serving.turns import by_turns
from services.directory.directory import Directory
from services.directory.origins import Origins
from services.stock.convert.baskets import lines
from services.stock.convert.shops import DEAR
from services.stock.model.availability import Found, Option, Search
from services.stock.model.baskets import Offer
from services.stock.replica.lookups import Lookups
from services.stock.resources.availability import DEFAULT_RADIUS_M, Searches
from services.stock.resources.hold_terms import window_at

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
        search = Search(
            basket,
            origin.point,
            request.radius_m if request.HasField("radius_m") else DEFAULT_RADIUS_M,
            page_size(request.max_results, default=10, most=100),
            frozenset(request.services),
            instant_if_set(request, "open_at"),
            method=request.method,
        )
        found = await self.searches.find(search, now)
        options = [self._option(offer, found, now) for offer in offers_of(found, search)]
        offers = [option.offer for option in options]
        responses = await self.searches.responses(search, found, offers, fields, now)
        response = await by_turns(responses.pickup_options(options, found))
        self.searches.note_sources(response, origin)
        return response

    def _option(self, offer: Offer, found: Found, now: dt.datetime) -> Option:
        """Where goods are brought from another store, it is the nearest that has them all."""
        donor, at = "", now
        if offer.lack is not None:
            donor = found.offers[0].store
            at += dt.timedelta(seconds=offer.policy.transfer_s or 0)
        return Option(offer, window_at(self.directory, offer.store, at, offer.policy), donor)


def offers_of(found: Found, search: Search) -> list[Offer]:
    """The stores that have the basket, or to which another one brings it; nearest first."""
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
            and search.admits(offer)
        ]
    return sorted(offers, key=lambda offer: (offer.distance_m, offer.store))[: search.count]
