"""The filter of items: which stores have all of them."""

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
_THERE = {stock_pb2.STOCK_BAND_IN_STOCK, stock_pb2.STOCK_BAND_LIMITED}
_LATER = {
    BACK_ORDER: stock_pb2.SELL_POLICY_BACK_ORDER,
    PRE_ORDER: stock_pb2.SELL_POLICY_PRE_ORDER,
}


class Stocked:
    """Asks the stock service."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def holding(
        self, stores: Sequence[stores_pb2.Store], items: Sequence[ItemFilter]
    ) -> list[stores_pb2.Store]:
        """Those of at most 100 stores at which every item is as asked; unknown items never are."""
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
                _is_as_asked(levels.get((store.name, f"products/{item.id}")), item)
                for item in items
            )
        ]


def _is_as_asked(level: stock_pb2.StockLevel | None, item: ItemFilter) -> bool:
    if level is None:
        return False
    there = level.band in _THERE
    asked = item.availability_status
    if asked == IN_STOCK:
        return there
    later = not there and level.available_to_order > 0
    if asked in _LATER:
        return later and level.sell_policy == _LATER[asked]
    # Without a status: it can be ordered now, from what is there or from what will come.
    return asked is None and (there or (later and level.sell_policy in _LATER.values()))
