"""The RPCs about products."""

from collections.abc import AsyncIterator

from google.protobuf.empty_pb2 import Empty

from enrayon.stock.v1 import stock_pb2
from services.chassis.messages.paging import PageTokens
from services.chassis.messages.times import timestamp
from services.directory.directory import Directory
from services.directory.products import parse_product
from services.stock.catalogue import Catalogue


class ProductCalls:
    """Products in and out."""

    def __init__(self, directory: Directory, tokens: PageTokens, catalogue: Catalogue) -> None:
        self._directory = directory
        self._tokens = tokens
        self._catalogue = catalogue

    async def upsert_products(
        self, requests: AsyncIterator[stock_pb2.UpsertProductsRequest]
    ) -> stock_pb2.UpsertProductsResponse:
        """Creates and changes products in bulk."""
        return await self._catalogue.upsert(requests)

    def get_product(self, request: stock_pb2.GetProductRequest) -> stock_pb2.Product:
        """One product by name."""
        return self._catalogue.get(request.name)

    def search_products(
        self, request: stock_pb2.SearchProductsRequest
    ) -> stock_pb2.SearchProductsResponse:
        """Products by words, by barcode, or by department."""
        replica = self._directory.products.replica
        found = replica.search(request.query, request.gtin, request.department)
        page, token = self._tokens.page(request, found, tuple, default=20)
        return stock_pb2.SearchProductsResponse(
            products=[parse_product(replica.record(match.id) or b"") for match in page],
            next_page_token=token,
            total_size=len(found),
            as_of=timestamp(self._directory.products.stale_as_of),
        )

    async def delete_product(self, request: stock_pb2.DeleteProductRequest) -> Empty:
        """Deletes one product."""
        await self._catalogue.delete(request)
        return Empty()
