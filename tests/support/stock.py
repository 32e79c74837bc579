"""Stores and products of Helsinki, and calls of the stock service in few words."""

from typing import Any

from enrayon.stock.v1 import stock_pb2

STOCKMANN = "stores/t-stockmann"
FORUM = "stores/t-forum"
SOKOS = "stores/t-sokos"
ITIS = "stores/t-itis"
SELLO = "stores/t-sello"
MILK, BREAD, SHEARS = "products/milk", "products/bread", "products/shears"
KAMPPI = {"point": {"latitude": 60.1690, "longitude": 24.9310}}

PRODUCTS = [
    stock_pb2.Product(
        name=MILK,
        display_name="Milk",
        localized_names={"fi": "Maito", "fr": "Lait"},
        gtins=["6408430000012"],
        department="dairy",
    ),
    stock_pb2.Product(
        name=BREAD, display_name="Rye bread", localized_names={"fi": "Ruisleipä"}, brand="Vaasan"
    ),
    stock_pb2.Product(
        name=SHEARS,
        display_name="Garden shears",
        department="garden",
        variant_attributes={"colour": "green"},
        variant_group="shears",
    ),
]


async def state(
    stock: Any, store: str, sequence: int = 1, source: str = "erp", **units: int
) -> Any:
    """Feeds a snapshot of a store: SKU=units on hand."""
    levels = [
        stock_pb2.StockLevelInput(product=f"products/{sku}", on_hand=on_hand)
        for sku, on_hand in units.items()
    ]
    request = stock_pb2.SetStockLevelsRequest(
        store=store, source=source, sequence=sequence, levels=levels
    )
    return await stock.SetStockLevels(iter([request]))


def basket(**units: int) -> list[stock_pb2.BasketItem]:
    """A basket: SKU=wanted units."""
    return [
        stock_pb2.BasketItem(product=f"products/{sku}", quantity=quantity)
        for sku, quantity in units.items()
    ]


async def hold(stock: Any, store: str, request_id: str = "", **units: int) -> Any:
    """Holds a basket at a store."""
    return await stock.CreateReservation(
        stock_pb2.CreateReservationRequest(
            parent=store, items=basket(**units), request_id=request_id
        )
    )


async def available(stock: Any, store: str, product: str = MILK) -> Any:
    """Available units of a product at a store."""
    answer = await stock.GetStockLevels(
        stock_pb2.GetStockLevelsRequest(store=store, products=[product])
    )
    return answer.levels[0].available
