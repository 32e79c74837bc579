"""Converts the items of requests to a basket: SKU -> units."""

from collections.abc import Iterable

from enrayon.stock.v1 import stock_pb2
from services.chassis.errors import InvalidArgument
from services.directory.products import product_sku

MOST_UNITS = 1_000_000


def reserved_lines(items: Iterable[stock_pb2.ReservedItem]) -> dict[str, int]:
    """SKU -> requested units of the items of a hold.

    Raises:
        InvalidArgument: a sum is over the cap.
    """
    wanted = (
        stock_pb2.BasketItem(product=item.product, quantity=item.requested_quantity)
        for item in items
    )
    return lines(wanted, "reservation.items")


def lines(items: Iterable[stock_pb2.BasketItem], field: str = "items") -> dict[str, int]:
    """SKU -> units; those of a product that is named twice are summed.

    Raises:
        InvalidArgument: a sum is over the cap.
    """
    result: dict[str, int] = {}
    for item in items:
        sku = product_sku(item.product)
        result[sku] = result.get(sku, 0) + item.quantity
        if result[sku] > MOST_UNITS:
            raise InvalidArgument.field(field, f"{item.product}: at most {MOST_UNITS} in all")
    return result
