"""Unmet demand: products that searches did not find, counted by day and coarse cell."""

import datetime as dt
from collections.abc import Iterable, Sequence

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

    async def after(
        self, request: stock_pb2.ListUnmetDemandRequest, key: Sequence[str], count: int
    ) -> list[Unmet]:
        """The next entries of a request's days past a key, by day, product and cell; so many.

        Days are read one by one, so that a page costs no more than its own days.

        Raises:
            InvalidArgument: the dates are in the wrong order, or too far apart.
        """
        wanted = days(request, self._clock().date())
        await self._demand.flush()
        found: list[Unmet] = []
        for day in wanted:
            if key and day.isoformat() < key[0]:
                continue
            found += [
                unmet
                for unmet in sorted(await self._demand.of_day(day), key=lambda unmet: unmet.key)
                if unmet.key > tuple(key)
                and (not request.product or unmet.sku == product_sku(request.product))
            ]
            if len(found) >= count:
                break
        return found[:count]
