"""Loads the demo's made-up catalogue and stock for the sample's real shops."""

import time
from collections.abc import Collection, Iterable, Iterator

import grpc

from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from geodata.samples.catalogue import Article, catalogue, stock_of
from geodata.stores import Store

SOURCE = "demo"
TIMEOUT_S = 600.0
CONFIRMED_AT_ONCE = 250
"""Products of one call, which takes 500 movements."""


def load(channel: grpc.Channel, stores: Iterable[Store]) -> tuple[int, int]:
    """Send products, and levels of stores that the services have.

    Returns:
        The numbers of products and of levels that were set.
    """
    stub = stock_pb2_grpc.StockServiceStub(channel)
    articles = catalogue()
    products = stock_pb2.UpsertProductsRequest(products=map(product_of, articles))
    stub.UpsertProducts(iter([products]), timeout=TIMEOUT_S)
    sequence = int(time.time())

    def snapshots() -> Iterator[stock_pb2.SetStockLevelsRequest]:
        for store in stores:
            levels = [
                stock_pb2.StockLevelInput(product=f"products/{article.sku}", on_hand=units)
                for article, units in stock_of(store, articles)
            ]
            if levels:
                yield stock_pb2.SetStockLevelsRequest(
                    store=f"stores/{store.id}", source=SOURCE, sequence=sequence, levels=levels
                )

    answer = stub.SetStockLevels(snapshots(), timeout=TIMEOUT_S)
    return len(articles), answer.applied_count


def confirm(channel: grpc.Channel, stores: Iterable[Store], skus: Collection[str]) -> None:
    """Say of levels that were loaded earlier that they are as they are: units sold stay sold.

    A level that nobody confirms for a day reads UNKNOWN.

    Args:
        channel: of the services.
        stores: those that the services have.
        skus: those that they have; others were deleted.
    """
    stub = stock_pb2_grpc.StockServiceStub(channel)
    articles = catalogue()
    sequence = int(time.time())
    for store in stores:
        stocked = (article.sku for article, _ in stock_of(store, articles))
        kept = [sku for sku in stocked if sku in skus]
        for first in range(0, len(kept), CONFIRMED_AT_ONCE):
            # One unit in and out again changes the time of a level alone, whatever is sold now.
            deltas = [
                stock_pb2.StockDelta(product=f"products/{sku}", delta=delta)
                for sku in kept[first : first + CONFIRMED_AT_ONCE]
                for delta in (1, -1)
            ]
            request = stock_pb2.AdjustStockRequest(
                store=f"stores/{store.id}", source=SOURCE, sequence=sequence, deltas=deltas
            )
            stub.AdjustStock(request, timeout=TIMEOUT_S)


def product_of(article: Article) -> stock_pb2.Product:
    """The product message of an article of the sample."""
    return stock_pb2.Product(
        name=f"products/{article.sku}",
        display_name=article.name,
        localized_names=article.names,
        gtins=[article.gtin],
        department=article.department,
        variant_attributes=article.variant,
        variant_group=article.group,
    )
