"""Look-ups of the stores and products that requests name."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Mapping
from functools import lru_cache

from services.directory.directory import Directory
from services.directory.keys import parse_store, store_id
from services.directory.products import parse_product, product_name, product_sku
from services.stock.errors import ProductNotFound, StoreNotFound


class Lookups:
    """Turns names into ids, and refuses names of nothing."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def store(self, name: str) -> str:
        """The id of a public store.

        Raises:
            StoreNotFound: there is none of that name.
        """
        id = store_id(name)
        if self._directory.stores.replica.public(id) is None:
            raise StoreNotFound(name)
        return id

    def any_store(self, name: str) -> str:
        """The id of a store, public or private: feeds state the stock of both.

        Raises:
            StoreNotFound: there is none of that name.
        """
        id = store_id(name)
        if self._directory.stores.replica.record(id) is None:
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

    def basket(self, lines: Mapping[str, int]) -> Mapping[str, int]:
        """A basket, SKU -> units, whose products exist.

        Raises:
            ProductNotFound: one does not.
        """
        self.skus(lines)
        return lines

    def local_date(self, store: str, at: dt.datetime) -> dt.date:
        """The date at a store at an instant; that in UTC where its zone is not known."""
        encoded = self._directory.stores.replica.public(store)
        return at.astimezone(zone_of(parse_store(encoded).time_zone if encoded else "")).date()

    def product_names(self, skus: Iterable[str]) -> dict[str, str]:
        """SKU -> display name; the SKU of a product that no longer exists."""
        replica = self._directory.products.replica
        return {
            sku: parse_product(encoded).display_name if (encoded := replica.record(sku)) else sku
            for sku in skus
        }

    def display_names(self, stores: Iterable[str]) -> dict[str, str]:
        """Store -> display name, of those stores that are public."""
        replica = self._directory.stores.replica
        return {
            store: display_name(encoded)
            for store in stores
            if (encoded := replica.public(store)) is not None
        }


@lru_cache(maxsize=16_384)
def display_name(encoded: bytes) -> str:
    """The display name of an encoded store; most answers show no other field of it."""
    return parse_store(encoded).display_name


def zone_of(name: str) -> dt.tzinfo:
    """A time zone by its name; UTC for one that this machine does not know."""
    try:
        return zoneinfo.ZoneInfo(name or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return dt.UTC
