"""The RPCs that search stores by what they have, and tell what was searched in vain."""

import datetime as dt

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import Clock
from services.chassis.messages.paging import PageTokens, page_size
from services.chassis.messages.times import instant_if_set, timestamp
from services.directory.directory import Directory
from services.directory.origins import Origins
from services.directory.products import product_sku
from services.stock import convert
from services.stock.answers import Answers
from services.stock.availability import Availability, Wanted, names_of
from services.stock.known import Known
from services.stock.state.demand import Demand
from services.stock.state.follower import Follower

DEFAULT_RADIUS_M = 50_000.0


class SearchCalls:
    """Baskets near a place."""

    def __init__(
        self,
        directory: Directory,
        origins: Origins,
        tokens: PageTokens,
        clock: Clock,
        *,
        known: Known,
        availability: Availability,
        answers: Answers,
        follower: Follower,
        demand: Demand,
    ) -> None:
        self._directory = directory
        self._origins = origins
        self._tokens = tokens
        self._clock = clock
        self._known = known
        self._availability = availability
        self._answers = answers
        self._follower = follower
        self._demand = demand

    async def find_nearest_availability(
        self, request: stock_pb2.FindNearestAvailabilityRequest
    ) -> stock_pb2.FindNearestAvailabilityResponse:
        """The nearest stores that hold a basket."""
        lines = self._known.basket(request.items)
        origin = await self._origins.resolve(request.origin)
        now_ms = self._now_ms()
        wanted = Wanted(
            lines,
            origin.point,
            request.radius_m if request.HasField("radius_m") else DEFAULT_RADIUS_M,
            page_size(request.max_results, default=10, most=100),
            frozenset(request.services),
            instant_if_set(request, "open_at"),
            request.allow_partial,
            request.allow_split,
        )
        found = await self._availability.find(wanted, now_ms)
        for sku in found.not_found(lines):
            self._demand.note(self._clock().date(), sku, origin.point, lines[sku])
        shown = [offer.store for offer in found.offers] + [offer.store for offer, _ in found.split]
        response = self._answers.availability(
            found, lines, names_of(self._directory, shown), now_ms
        )
        response.origin_uncertainty_m = origin.uncertainty_m
        if origin.place:
            response.origin_display_name = origin.place.name
        if (as_of := timestamp(self._directory.stale_as_of)) is not None:
            response.as_of.CopyFrom(as_of)
        if (lag_s := self._follower.lag_s) is not None:
            response.index_lag.CopyFrom(convert.duration(lag_s))
        return response

    async def find_pickup_options(
        self, request: stock_pb2.FindPickupOptionsRequest
    ) -> stock_pb2.FindPickupOptionsResponse:
        """Where near a basket can be fetched."""
        lines = self._known.basket(request.items)
        origin = await self._origins.resolve(request.origin)
        now_ms = self._now_ms()
        wanted = Wanted(
            lines,
            origin.point,
            request.radius_m if request.HasField("radius_m") else DEFAULT_RADIUS_M,
            page_size(request.max_results, default=10, most=100),
            method=request.method,
        )
        options, is_reachable = await self._availability.pickups(wanted, now_ms)
        names = names_of(self._directory, [offer.store for offer, *_ in options])
        return self._answers.pickup(options, lines, names, now_ms, is_reachable=is_reachable)

    async def list_unmet_demand(
        self, request: stock_pb2.ListUnmetDemandRequest
    ) -> stock_pb2.ListUnmetDemandResponse:
        """What people looked for and did not find."""
        first, last = convert.days(request, self._clock().date())
        await self._demand.flush()
        found = [
            unmet
            for number in range((last - first).days + 1)
            for unmet in await self._demand.of_day(first + dt.timedelta(number))
            if not request.product or unmet.sku == product_sku(request.product)
        ]
        page, token = self._tokens.page(
            request,
            found,
            lambda unmet: (unmet.date.isoformat(), unmet.sku, unmet.h3_cell),
            default=100,
        )
        return stock_pb2.ListUnmetDemandResponse(
            demands=map(convert.unmet, page),
            next_page_token=token,
        )

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)
