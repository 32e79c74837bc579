"""The replica of products: all of them in memory, by SKU, barcode, department, group and text."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sortedcontainers import SortedList

from enrayon.stock.v1 import stock_pb2
from geodata.barcodes import gtin_14
from services.chassis.processor import in_thread
from services.directory.replicas import Change, Records
from services.directory.text import Match, TextIndex, Texts


class ProductsReplica(Records):
    """All products of a process."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        super().__init__(records)
        self._by_gtin: defaultdict[str, set[str]] = defaultdict(set)
        self._by_department: defaultdict[str, set[str]] = defaultdict(set)
        self._by_group: defaultdict[str, set[str]] = defaultdict(set)
        self._sorted: SortedList[str] = SortedList(self._records)
        self._text = TextIndex(self._products, texts_of, takes_forms=True)
        for sku, product in self._products():
            self._file(sku, product)

    def __contains__(self, sku: str) -> bool:
        return sku in self._records

    def skus(self) -> Sequence[str]:
        """All SKUs in order; read-only."""
        skus: Sequence[str] = self._sorted
        return skus

    def texts(self) -> TextIndex[stock_pb2.Product]:
        """The index of the words of the products."""
        return self._text

    async def search(
        self, query: str = "", gtin: str = "", department: str = "", group: str = ""
    ) -> Sequence[Match]:
        """The products that meet all given arguments, the best match first, else by SKU."""
        filters = [
            by.get(wanted, set())
            for wanted, by in (
                (gtin_14(gtin), self._by_gtin),
                (department, self._by_department),
                (group, self._by_group),
            )
            if wanted
        ]
        if query:
            found = await in_thread(self._text.search, query)
            return [match for match in found if all(match.id in skus for skus in filters)]
        if filters:
            return [Match(0, 0, sku) for sku in sorted(set.intersection(*filters))]
        return Listed(self.skus())

    def _index(self, change: Change) -> None:
        before = None if change.before is None else parse_product(change.before)
        after = None if change.after is None else parse_product(change.after)
        if before is not None:
            self._unfile(change.id, before)
        if after is not None:
            self._file(change.id, after)
        if before is None and after is not None:
            self._sorted.add(change.id)
        elif before is not None and after is None:
            self._sorted.remove(change.id)
        self._text.put(change.id, before, after)

    def _products(self) -> Iterable[tuple[str, stock_pb2.Product]]:
        return ((sku, parse_product(encoded)) for sku, encoded in self._records.items())

    def _file(self, sku: str, product: stock_pb2.Product) -> None:
        for gtin in product.gtins:
            self._by_gtin[gtin_14(gtin)].add(sku)
        if product.department:
            self._by_department[product.department].add(sku)
        if product.variant_group:
            self._by_group[product.variant_group].add(sku)

    def _unfile(self, sku: str, product: stock_pb2.Product) -> None:
        for gtin in product.gtins:
            self._by_gtin[gtin_14(gtin)].discard(sku)
        self._by_department[product.department].discard(sku)
        self._by_group[product.variant_group].discard(sku)


class Listed(Sequence[Match]):
    """SKUs in order as matches, which are made when they are asked for."""

    def __init__(self, skus: Sequence[str]) -> None:
        self._skus = skus

    def __len__(self) -> int:
        return len(self._skus)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [Match(0, 0, sku) for sku in self._skus[index]]
        return Match(0, 0, self._skus[index])


def parse_product(encoded: bytes) -> stock_pb2.Product:
    """Decode a Product."""
    return stock_pb2.Product.FromString(encoded)


def product_sku(name: str) -> str:
    """`milk` of `products/milk`."""
    return name.removeprefix("products/")


def product_name(sku: str) -> str:
    """`products/milk` of `milk`."""
    return f"products/{sku}"


def texts_of(product: stock_pb2.Product) -> Texts:
    """The texts of a product: its name, its brand, its names in other languages, its variant."""
    localized = product.localized_names.values()
    rest = " ".join((*localized, *product.variant_attributes.values()))
    return Texts(product.display_name, product.brand, rest, (product.display_name, *localized))
