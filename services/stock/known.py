"""What exists: the stores and products that requests name."""

from collections.abc import Iterable

from enrayon.stock.v1 import stock_pb2
from services.directory.directory import Directory
from services.directory.keys import store_id
from services.directory.products import product_name, product_sku
from services.stock import convert
from services.stock.errors import ProductNotFound, StoreNotFound


class Known:
    """Turns names into ids of what exists."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def store(self, name: str) -> str:
        """The id of a store that people may see.

        Raises:
            StoreNotFound: there is none.
        """
        id = store_id(name)
        if self._directory.stores.replica.public(id) is None:
            raise StoreNotFound(name)
        return id

    def skus(self, products: Iterable[str]) -> list[str]:
        """The SKUs of products, each once.

        Raises:
            ProductNotFound: there is none of one name.
        """
        skus = list(dict.fromkeys(map(product_sku, products)))
        for sku in skus:
            if sku not in self._directory.products.replica:
                raise ProductNotFound(product_name(sku))
        return skus

    def basket(self, items: Iterable[stock_pb2.BasketItem]) -> dict[str, int]:
        """SKU to units of a basket.

        Raises:
            InvalidArgument: too many of one.
            ProductNotFound: there is none of one name.
        """
        lines = convert.lines(items)
        self.skus(lines)
        return lines
