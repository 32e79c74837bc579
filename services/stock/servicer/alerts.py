"""The RPCs about alerts."""

from collections.abc import AsyncIterator

from google.protobuf.empty_pb2 import Empty

from enrayon.stock.v1 import stock_pb2
from services.chassis.messages.paging import PageTokens
from services.chassis.serving.methods import endless
from services.stock.alerting import Alerting, message_of


class AlertCalls:
    """Alerts, and what of them has fired."""

    def __init__(self, tokens: PageTokens, alerting: Alerting) -> None:
        self._tokens = tokens
        self._alerting = alerting

    async def list_stock_alerts(
        self, request: stock_pb2.ListStockAlertsRequest
    ) -> stock_pb2.ListStockAlertsResponse:
        """The caller's alerts."""
        alerts = await self._alerting.all()
        page, token = self._tokens.page(request, alerts, lambda alert: (alert.id,))
        return stock_pb2.ListStockAlertsResponse(
            stock_alerts=map(message_of, page),
            next_page_token=token,
        )

    async def create_stock_alert(
        self, request: stock_pb2.CreateStockAlertRequest
    ) -> stock_pb2.StockAlert:
        """Asks to be told once when stock comes."""
        return await self._alerting.create(request)

    async def get_stock_alert(
        self, request: stock_pb2.GetStockAlertRequest
    ) -> stock_pb2.StockAlert:
        """One alert by name."""
        return await self._alerting.get(request)

    async def delete_stock_alert(self, request: stock_pb2.DeleteStockAlertRequest) -> Empty:
        """Takes an alert back."""
        await self._alerting.delete(request)
        return Empty()

    @endless
    async def watch_stock_alerts(
        self, request: stock_pb2.WatchStockAlertsRequest
    ) -> AsyncIterator[stock_pb2.WatchStockAlertsResponse]:
        """The caller's alerts that have fired."""
        async for delivery in self._alerting.watch(request):
            yield delivery
