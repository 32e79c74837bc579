"""The items argument of tools, and the products that its words mean."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Annotated

import grpc
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from enrayon.stock.v1 import stock_pb2
from geodata.barcodes import is_gtin
from geodata.product_words import CANDIDATES, meant, question
from services.client import Client


class WantedItem(BaseModel):
    """A wanted product and quantity."""

    product: str = Field(
        min_length=1, max_length=200, description="`products/{sku}`, a barcode, or words"
    )
    quantity: int = Field(1, ge=1, le=1_000_000)


class ChangedItem(WantedItem, extra="forbid"):
    """The new quantity of a product in a hold."""

    quantity: int = Field(ge=0, le=1_000_000, description="All units of it then; 0 takes it out")


Items = Annotated[list[WantedItem], Field(min_length=1, max_length=20)]
ChangedItems = Annotated[list[ChangedItem], Field(min_length=1, max_length=20)]


async def basket_of(
    client: Client, items: Sequence[WantedItem]
) -> tuple[list[stock_pb2.BasketItem], dict[str, str]]:
    """Finds the products of the items: the basket, and their display names by resource name.

    Raises:
        ToolError: no product matches an item.
    """
    products = await asyncio.gather(*(product_of(client, item.product) for item in items))
    basket = [
        stock_pb2.BasketItem(product=product.name, quantity=item.quantity)
        for product, item in zip(products, items, strict=True)
    ]
    return basket, {product.name: product.display_name for product in products}


async def names_of(client: Client, products: Iterable[str]) -> dict[str, str]:
    """The display names of products; their resource names if they cannot be had."""

    async def name(product: str) -> str:
        request = stock_pb2.GetProductRequest(name=product)
        try:
            return str((await client.stock.GetProduct(request)).display_name)
        except grpc.aio.AioRpcError:
            return product  # it may be deleted since

    some = list(dict.fromkeys(products))
    return dict(zip(some, await asyncio.gather(*map(name, some)), strict=True))


async def product_of(client: Client, text: str) -> stock_pb2.Product:
    """Finds a product by resource name, barcode or words.

    Raises:
        ToolError: no product matches, or the words may mean several: the error is the question.
    """
    if text.startswith("products/"):
        return await client.stock.GetProduct(stock_pb2.GetProductRequest(name=text))
    request = stock_pb2.SearchProductsRequest(page_size=CANDIDATES)
    if is_gtin(text):
        request.gtin = text
    else:
        request.query = text
    try:
        found = await client.stock.SearchProducts(request)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
            raise
        raise ToolError(f"{error.details()} (while searching for a product)") from None
    if not found.products:
        raise ToolError(f"No product matches {text!r}; try other words or its barcode.")
    product = found.products[0] if request.gtin else meant(text, found.products)
    if product is None:
        raise ToolError(
            f"{question(text, found.products)} Ask the person, then call again with the resource "
            "name that stands in brackets."
        )
    return product
