"""Stock movements: the ledger, exported and reconciled with the levels."""

from collections.abc import AsyncIterator

from enrayon.stock.v1 import stock_pb2
from services.chassis.messages.times import instant_if_set
from services.stock.convert.movements import drift, movements
from services.stock.convert.times import ms_of
from services.stock.replica.lookups import Lookups
from services.stock.state.ledger import Ledger

DRIFTS_SHOWN = 1000


class StockMovements:
    """Reads the ledger."""

    def __init__(self, ledger: Ledger, lookups: Lookups) -> None:
        self._ledger = ledger
        self._lookups = lookups

    async def export(
        self, request: stock_pb2.ExportStockMovementsRequest
    ) -> AsyncIterator[stock_pb2.ExportStockMovementsResponse]:
        """Pages of the movements that the ledger still keeps.

        Raises:
            StoreNotFound: there is no such store.
            InvalidArgument: the instant is not a valid Timestamp.
        """
        store = self._lookups.store(request.store) if request.store else ""
        start = instant_if_set(request, "start_time")
        async for entries in self._ledger.pages(store, ms_of(start) if start else 0):
            yield stock_pb2.ExportStockMovementsResponse(
                movements=[movement for entry in entries for movement in movements(entry)]
            )

    async def reconcile(self) -> stock_pb2.ReconcileStockResponse:
        """The differences of all levels from the ledger and from the holds."""
        result = await self._ledger.reconcile()
        return stock_pb2.ReconcileStockResponse(
            level_count=result.levels,
            movement_count=result.movements,
            hold_count=result.holds,
            drift_count=len(result.drifts),
            drifts=map(drift, result.drifts[:DRIFTS_SHOWN]),
        )
