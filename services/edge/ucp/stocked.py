"""UCP's filter of items: keeps the stores that have all of them."""

import re
from collections.abc import Sequence

import grpc

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from services.client import Client
from services.edge.problems import reason_of
from services.edge.ucp.requests import ItemFilter

IN_STOCK, BACK_ORDER, PRE_ORDER = "in_stock", "backorder", "preorder"
_SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,90}")
_AVAILABLE = {stock_pb2.STOCK_BAND_IN_STOCK, stock_pb2.STOCK_BAND_LIMITED}
_SELL_POLICIES = {
    BACK_ORDER: stock_pb2.SELL_POLICY_BACK_ORDER,
    PRE_ORDER: stock_pb2.SELL_POLICY_PRE_ORDER,
}


class Stocked:
    """Filters stores by the stock service's levels."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def holding(
        self, stores: Sequence[stores_pb2.Store], items: Sequence[ItemFilter]
    ) -> list[stores_pb2.Store]:
        """The stores, of at most 100, where every item has the wanted status.

        An unknown item matches at no store.
        """
        if not stores or not all(_SKU.fullmatch(item.id) for item in items):
            return []
        request = stock_pb2.BatchGetStockLevelsRequest(
            stores=[store.name for store in stores],
            products=list(dict.fromkeys(f"products/{item.id}" for item in items)),
        )
        try:
            answer = await self._client.stock.BatchGetStockLevels(request)
        except grpc.aio.AioRpcError as error:
            if reason_of(error) == "PRODUCT_NOT_FOUND":
                return []
            raise
        levels = {(level.store, level.product): level for level in answer.levels}
        return [
            store
            for store in stores
            if all(
                _matches(levels.get((store.name, f"products/{item.id}")), item) for item in items
            )
        ]


def _matches(level: stock_pb2.StockLevel | None, item: ItemFilter) -> bool:
    if level is None:
        return False
    available = level.band in _AVAILABLE
    wanted = item.availability_status
    if wanted == IN_STOCK:
        return available
    can_be_ordered = not available and level.available_to_order > 0
    if wanted in _SELL_POLICIES:
        return can_be_ordered and level.sell_policy == _SELL_POLICIES[wanted]
    # Without a status: it can be ordered now, from stock or from a future delivery.
    return wanted is None and (
        available or (can_be_ordered and level.sell_policy in _SELL_POLICIES.values())
    )
