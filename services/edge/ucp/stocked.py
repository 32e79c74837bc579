"""UCP's filter of items: the stores that have all of them available now."""

import asyncio
import re
from collections.abc import Iterable, Sequence

import grpc

from enrayon.stock.v1 import stock_pb2
from services.chassis.errors import InvalidArgument, Unavailable
from services.client import Client
from services.edge.problems import reason_of

MOST_LEVELS = 10_000
"""Levels of one call to the stock service, at most."""
MOST_HOLDERS = 999
"""Stores with all items that are listed; items in more stores are found soon by looking. One less
than a filter takes names, so that the end of a page has room beside them."""
_ITEM = re.compile(r"(?:products/)?([A-Za-z0-9][A-Za-z0-9._~-]{0,90})")
_AVAILABLE = {stock_pb2.STOCK_BAND_IN_STOCK, stock_pb2.STOCK_BAND_LIMITED}


class Stocked:
    """Filters stores by the stock service's levels."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def products(self, items: Iterable[str]) -> tuple[list[str], list[str]]:
        """The products that items name, with or without `products/`; and the unknown items."""
        named = {item: product_of(item) for item in items}
        products = list(dict.fromkeys(filter(None, named.values())))
        known = await asyncio.gather(*map(self._is_known, products))
        missing = {product for product, exists in zip(products, known, strict=True) if not exists}
        unknown = [item for item, product in named.items() if not product or product in missing]
        return products, unknown

    async def holding(self, stores: Sequence[str], products: Sequence[str]) -> set[str]:
        """The stores where every product is available now.

        Raises:
            Unavailable: the stock cannot be read.
        """
        most = MOST_LEVELS // len(products)
        chunks = [stores[begin : begin + most] for begin in range(0, len(stores), most)]
        held = await asyncio.gather(*(self._holding(chunk, products) for chunk in chunks))
        return set[str]().union(*held)

    async def _holding(self, stores: Sequence[str], products: Sequence[str]) -> set[str]:
        answer = await self._client.stock.BatchGetStockLevels(
            stock_pb2.BatchGetStockLevelsRequest(stores=stores, products=products)
        )
        if answer.unreachable:
            raise Unavailable("the stock cannot be read at the moment; try again")
        available = {
            (level.store, level.product) for level in answer.levels if level.band in _AVAILABLE
        }
        return {
            store for store in stores if all((store, product) in available for product in products)
        }

    async def holders(self, products: Sequence[str]) -> set[str] | None:
        """Stores beyond which none has all products; None if they are too many to list.

        An index gives them, so that rare items are not looked for in every store.
        """
        product, *others = products
        answer = await self._client.stock.ListStoresWithStock(
            stock_pb2.ListStoresWithStockRequest(
                product=product, other_products=others, page_size=MOST_HOLDERS
            )
        )
        if answer.next_page_token or answer.unreachable:
            return None
        return {level.store for level in answer.levels}

    async def _is_known(self, product: str) -> bool:
        try:
            await self._client.stock.GetProduct(stock_pb2.GetProductRequest(name=product))
        except grpc.aio.AioRpcError as error:
            if reason_of(error) == "PRODUCT_NOT_FOUND":
                return False
            raise
        return True


def product_of(item: str) -> str | None:
    """The name of the product that an item names, with or without `products/`; None if none can."""
    match = _ITEM.fullmatch(item)
    return f"products/{match[1]}" if match else None


def no_stock(field: str) -> InvalidArgument:
    """The error where the stock service does not run."""
    return InvalidArgument.field(field, "this server has no stock service")
