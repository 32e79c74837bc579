"""Pick-up options: near stores where a basket can be picked up, with the time window."""

import datetime as dt
from dataclasses import dataclass

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import Clock
from services.chassis.messages.paging import page_size
from services.directory.directory import Directory
from services.directory.origins import Origins
from services.stock.convert.baskets import lines
from services.stock.convert.times import ms_of
from services.stock.model.availability import Found, Option, Search
from services.stock.model.baskets import Offer
from services.stock.model.pickup import Window
from services.stock.replica.lookups import Lookups
from services.stock.resources.availability import DEFAULT_RADIUS_M, Searches
from services.stock.resources.page_holds import window_at


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
            InvalidArgument: the origin or the basket cannot be used.
        """
        basket = self.lookups.basket(lines(request.items))
        origin = await self.origins.resolve(request.origin)
        now = self.clock()
        search = Search(
            basket,
            origin.point,
            request.radius_m if request.HasField("radius_m") else DEFAULT_RADIUS_M,
            page_size(request.max_results, default=10, most=100),
            method=request.method,
        )
        found = await self.searches.find(search, now)
        options = self._options(found, search, now)
        offers = [option.offer for option in options]
        responses = await self.searches.responses(basket, offers, ms_of(now))
        return responses.pickup_options(options, found)

    def _options(self, found: Found, search: Search, now: dt.datetime) -> list[Option]:
        options = [Option(offer, self._window(offer, now), "") for offer in found.offers]
        if found.offers:
            donor = found.offers[0].store
            for offer in found.read.values():
                delay_s = offer.policy.transfer_s
                if offer.lack is not None and delay_s is not None and search.admits(offer):
                    brought = self._window(offer, now + dt.timedelta(seconds=delay_s))
                    options.append(Option(offer, brought, donor))
        options.sort(key=lambda option: (option.offer.distance_m, option.offer.store))
        return options[: search.count]

    def _window(self, offer: Offer, at: dt.datetime) -> Window | None:
        return window_at(self.directory, offer.store, at, offer.policy)
