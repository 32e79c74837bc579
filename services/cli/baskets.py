"""Baskets as they are typed: `milk:2 bread`, by SKU, barcode or words."""

from collections.abc import Iterable
from typing import Annotated

import grpc
import typer

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from services.cli.channel import TIMEOUT_S
from services.cli.output import USAGE, CommandError

BasketArgument = Annotated[
    list[str],
    typer.Argument(metavar="PRODUCT[:UNITS]...", help="SKUs, barcodes or words: milk:2 bread."),
]


def resolved(
    stub: "stock_pb2_grpc.StockServiceStub", basket: Iterable[str]
) -> tuple[list[stock_pb2.BasketItem], dict[str, str]]:
    """The items that were typed, and what each product is called.

    Raises:
        CommandError: nothing is called that, or the number is none.
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
    """The product of a SKU, a barcode, or words: the one that is called just that, or the best."""
    try:
        return stub.GetProduct(
            stock_pb2.GetProductRequest(name=f"products/{word}"), timeout=TIMEOUT_S
        )
    except grpc.RpcError as error:
        if error.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
            raise
    is_barcode = word.isdecimal() and len(word) in (8, 12, 13, 14)
    request = (
        stock_pb2.SearchProductsRequest(gtin=word)
        if is_barcode
        else stock_pb2.SearchProductsRequest(query=word, page_size=100)
    )
    found = stub.SearchProducts(request, timeout=TIMEOUT_S).products
    if not found:
        raise CommandError(f"no product is called {word!r}", USAGE)
    exact = [p for p in found if p.display_name.casefold() == word.casefold()]
    return exact[0] if exact else found[0]
