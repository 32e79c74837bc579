"""Products and acts that the tests of the service are about."""

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

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
    """A snapshot of a store: SKUs with units on hand."""
    levels = [
        stock_pb2.StockLevelInput(product=f"products/{sku}", on_hand=on_hand)
        for sku, on_hand in units.items()
    ]
    request = stock_pb2.SetStockLevelsRequest(
        store=store, source=source, sequence=sequence, levels=levels
    )
    return await stock.SetStockLevels(iter([request]))


def basket(**units: int) -> list[stock_pb2.BasketItem]:
    """SKUs with units wanted."""
    return [
        stock_pb2.BasketItem(product=f"products/{sku}", quantity=quantity)
        for sku, quantity in units.items()
    ]


async def hold(stock: Any, store: str, request_id: str = "", **units: int) -> Any:
    """A hold of SKUs at a store."""
    return await stock.CreateReservation(
        stock_pb2.CreateReservationRequest(
            parent=store, items=basket(**units), request_id=request_id
        )
    )


async def available(stock: Any, store: str, product: str = MILK) -> Any:
    """Units that can be promised."""
    answer = await stock.GetStockLevels(
        stock_pb2.GetStockLevelsRequest(store=store, products=[product])
    )
    return answer.levels[0].available


async def refusal(call: Any) -> tuple[grpc.StatusCode, str, list[str]]:
    """Code, reason and the fields named of a call that must fail."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call
    status = rpc_status.from_call(failure.value)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        for message in (info, bad):
            if detail.Is(message.DESCRIPTOR):
                detail.Unpack(message)
    return failure.value.code(), info.reason, [v.field for v in bad.field_violations]
