"""Changes products: rows of a stream, and deletion."""

from collections.abc import AsyncIterator

from enrayon.stock.v1 import stock_pb2
from geodata.barcodes import has_right_check_digit
from services.chassis.clock import Clock
from services.chassis.errors import FieldViolation
from services.chassis.serving.requests import violations_of
from services.directory.directory import Directory
from services.directory.kind import Kind
from services.directory.products import parse_product, product_sku
from services.directory.records import Write
from services.directory.resources import Resources
from services.directory.upserts import Upsert
from services.directory.writer import Writer
from services.stock.errors import ProductNotFound


def violations(product: stock_pb2.Product) -> list[FieldViolation]:
    """The fields of a product that break its contract, check digits of barcodes included."""
    return violations_of(product) + [
        FieldViolation(f"gtins[{number}]", "its check digit is wrong")
        for number, gtin in enumerate(product.gtins)
        if gtin.isdecimal() and not has_right_check_digit(gtin)
    ]


PRODUCT = Kind(
    message=stock_pb2.Product,
    field="product",
    record_id=product_sku,
    not_found=ProductNotFound,
    violations=violations,
)


class Products:
    """Changes products. A change returns once this process's own replica has it."""

    def __init__(self, writer: Writer, directory: Directory, clock: Clock) -> None:
        self._writer = writer
        self._directory = directory
        self._resources = Resources(PRODUCT, writer, clock)

    def get(self, name: str) -> stock_pb2.Product:
        """One product.

        Raises:
            ProductNotFound: there is none of that name.
        """
        record = self._directory.products.replica.record(product_sku(name))
        if record is None:
            raise ProductNotFound(name)
        return parse_product(record)

    async def upsert(
        self, requests: AsyncIterator[stock_pb2.UpsertProductsRequest]
    ) -> stock_pb2.UpsertProductsResponse:
        """Create and change the products of a stream."""
        response = stock_pb2.UpsertProductsResponse()
        rows = Upsert(self._write_of, self._writer.write, response, "name", "product")
        first: stock_pb2.UpsertProductsRequest | None = None
        async for request in requests:
            first = first or request
            for product in request.products:
                rows.take(product.name, product, violations(product))
            await rows.write(validate_only=first.validate_only)
        rows.count()
        return response

    async def delete(self, request: stock_pb2.DeleteProductRequest) -> None:
        """Delete one product.

        Raises:
            ProductNotFound: there is none, and that is not allowed.
            EtagMismatch: it was changed by another.
        """
        await self._resources.delete(
            request.name, etag=request.etag, allow_missing=request.allow_missing
        )

    def _write_of(self, product: stock_pb2.Product) -> Write:
        return self._resources.prepared(product).write
