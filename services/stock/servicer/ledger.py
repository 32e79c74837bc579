"""The RPCs about the ledger."""

from collections.abc import AsyncIterator

from enrayon.stock.v1 import stock_pb2
from services.chassis.messages.times import instant_if_set
from services.stock import convert
from services.stock.known import Known
from services.stock.state.ledger import Ledger

DRIFTS_SHOWN = 1000


class LedgerCalls:
    """Whether all adds up, and what moved."""

    def __init__(self, known: Known, ledger: Ledger) -> None:
        self._known = known
        self._ledger = ledger

    async def export_stock_movements(
        self, request: stock_pb2.ExportStockMovementsRequest
    ) -> AsyncIterator[stock_pb2.ExportStockMovementsResponse]:
        """The movements that the ledger still has."""
        store = self._known.store(request.store) if request.store else ""
        start = instant_if_set(request, "start_time")
        start_ms = int(start.timestamp() * 1000) if start else 0
        async for entries in self._ledger.pages(store, start_ms):
            movements = [m for entry in entries for m in convert.movements(entry)]
            yield stock_pb2.ExportStockMovementsResponse(movements=movements)

    async def reconcile_stock(
        self, _request: stock_pb2.ReconcileStockRequest
    ) -> stock_pb2.ReconcileStockResponse:
        """Compares all levels with the ledger and with the holds."""
        result = await self._ledger.reconcile()
        return stock_pb2.ReconcileStockResponse(
            level_count=result.levels,
            movement_count=result.movements,
            hold_count=result.holds,
            drift_count=len(result.drifts),
            drifts=map(convert.drift, result.drifts[:DRIFTS_SHOWN]),
        )
