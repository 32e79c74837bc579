"""Reads a basket from arguments such as `milk:2 bread`: SKUs, barcodes or words."""

from collections.abc import Iterable
from typing import Annotated

import grpc
import typer

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from geodata.barcodes import is_gtin
from geodata.product_words import CANDIDATES, meant, question
from services.cli.channel import TIMEOUT_S
from services.cli.output import USAGE, CommandError

BasketArgument = Annotated[
    list[str],
    typer.Argument(metavar="PRODUCT[:UNITS]...", help="SKUs, barcodes or words: milk:2 bread."),
]


def resolved(
    stub: "stock_pb2_grpc.StockServiceStub", basket: Iterable[str]
) -> tuple[list[stock_pb2.BasketItem], dict[str, str]]:
    """Finds the products of a basket: its items, and their display names by resource name.

    Raises:
        CommandError: no product matches, or a quantity is not a number.
    """
    items, names = [], {}
    for typed in basket:
        word, colon, units = typed.rpartition(":") if ":" in typed else (typed, "", "1")
        if colon and not units.isdecimal():
            raise CommandError(f"{typed}: want PRODUCT:UNITS", USAGE)
        product = product_of(stub, word)
        items.append(stock_pb2.BasketItem(product=product.name, quantity=int(units)))
        names[product.name] = product.display_name
    return items, names


def product_of(stub: "stock_pb2_grpc.StockServiceStub", word: str) -> stock_pb2.Product:
    """Finds a product by SKU, barcode or words.

    Raises:
        CommandError: no product matches, or the words may mean several.
    """
    try:
        return stub.GetProduct(
            stock_pb2.GetProductRequest(name=f"products/{word}"), timeout=TIMEOUT_S
        )
    except grpc.RpcError as error:
        if error.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
            raise
    request = search_request(word, CANDIDATES)
    found = stub.SearchProducts(request, timeout=TIMEOUT_S).products
    if not found:
        raise CommandError(f"no product matches {word!r}", USAGE)
    product = found[0] if request.gtin else meant(word, found)
    if product is None:
        raise CommandError(f"{question(word, found)} Give the SKU.", USAGE)
    return product


def search_request(text: str, page_size: int) -> stock_pb2.SearchProductsRequest:
    """A search by barcode if the text has the form of one, else by words."""
    if is_gtin(text):
        return stock_pb2.SearchProductsRequest(gtin=text, page_size=page_size)
    return stock_pb2.SearchProductsRequest(query=text, page_size=page_size)
