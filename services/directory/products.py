"""All products in memory: by SKU, by barcode, by department and by text. Knows nothing of Redis."""

from collections import defaultdict
from collections.abc import Iterable

from enrayon.stock.v1 import stock_pb2
from services.directory.replicas import Change
from services.directory.text import Match, TextIndex, Texts

GTIN_LENGTH = 14


class ProductsReplica:
    """The products."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._records: dict[str, bytes] = dict(records)
        self._by_gtin: defaultdict[str, set[str]] = defaultdict(set)
        self._by_department: defaultdict[str, set[str]] = defaultdict(set)
        self._sorted: list[str] | None = None
        self._text: TextIndex | None = None
        for sku, encoded in self._records.items():
            self._file(sku, parse_product(encoded))

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, sku: str) -> bool:
        return sku in self._records

    def record(self, sku: str) -> bytes | None:
        """The encoded product."""
        return self._records.get(sku)

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All SKUs with their encoded products."""
        return self._records.items()

    def skus(self) -> list[str]:
        """All SKUs in order. Not to be changed."""
        if self._sorted is None:
            self._sorted = sorted(self._records)
        return self._sorted

    def search(self, query: str = "", gtin: str = "", department: str = "") -> list[Match]:
        """The products for which all that is given holds: the best first, without words by SKU."""
        found = self._matching(query) if query else [Match(0, 0, sku) for sku in self.skus()]
        for wanted, by in ((folded_gtin(gtin), self._by_gtin), (department, self._by_department)):
            if wanted:
                admitted = by.get(wanted, set())
                found = [match for match in found if match.id in admitted]
        return found

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one product."""
        before = self._records.get(id)
        if before is not None:
            self._unfile(id, parse_product(before))
        if after is None:
            self._records.pop(id, None)
        else:
            self._records[id] = after
            self._file(id, parse_product(after))
        if (before is None) != (after is None):
            self._sorted = None
        return Change(id, before, after)

    def _matching(self, query: str) -> list[Match]:
        if self._text is None:
            self._text = TextIndex()
            self._text.put_all(
                (sku, texts_of(parse_product(record))) for sku, record in self._records.items()
            )
        return self._text.search(query)

    def _file(self, sku: str, product: stock_pb2.Product) -> None:
        for gtin in product.gtins:
            self._by_gtin[folded_gtin(gtin)].add(sku)
        if product.department:
            self._by_department[product.department].add(sku)
        if self._text is not None:
            self._text.put_all([(sku, texts_of(product))])

    def _unfile(self, sku: str, product: stock_pb2.Product) -> None:
        for gtin in product.gtins:
            self._by_gtin[folded_gtin(gtin)].discard(sku)
        self._by_department[product.department].discard(sku)
        if self._text is not None:
            self._text.remove(sku)


def parse_product(encoded: bytes) -> stock_pb2.Product:
    """The Product in the bytes."""
    return stock_pb2.Product.FromString(encoded)


def product_sku(name: str) -> str:
    """`milk` of `products/milk`."""
    return name.removeprefix("products/")


def product_name(sku: str) -> str:
    """`products/milk` of `milk`."""
    return f"products/{sku}"


def folded_gtin(gtin: str) -> str:
    """A barcode of any length as the GTIN-14 that it stands for; empty stays empty."""
    return gtin.zfill(GTIN_LENGTH) if gtin else ""


def texts_of(product: stock_pb2.Product) -> Texts:
    """The words of a product: its name, its brand, its names elsewhere and its variant."""
    rest = (*product.localized_names.values(), *product.variant_attributes.values())
    return product.display_name, product.brand, " ".join(rest)
