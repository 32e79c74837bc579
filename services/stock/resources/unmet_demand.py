"""Unmet demand: products that searches did not find, counted by day and coarse cell."""

import datetime as dt
from collections.abc import Iterable

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import Clock
from services.directory.products import product_sku
from services.stock.convert.demand import days
from services.stock.model.availability import Search
from services.stock.model.demand import Unmet
from services.stock.state.demand import Demand


class UnmetDemand:
    """Counts and lists unmet demand."""

    def __init__(self, demand: Demand, clock: Clock) -> None:
        self._demand = demand
        self._clock = clock

    def note(self, day: dt.date, skus: Iterable[str], search: Search) -> None:
        """Count the products of a search that no store has."""
        for sku in skus:
            self._demand.note(day, sku, search.origin, search.lines[sku])

    async def of_days(self, request: stock_pb2.ListUnmetDemandRequest) -> list[Unmet]:
        """The unmet demand of a request's days, by day, product and cell.

        Raises:
            InvalidArgument: the dates are in the wrong order, or too far apart.
        """
        wanted = days(request, self._clock().date())
        await self._demand.flush()
        return [
            unmet
            for day in wanted
            for unmet in await self._demand.of_day(day)
            if not request.product or unmet.sku == product_sku(request.product)
        ]
