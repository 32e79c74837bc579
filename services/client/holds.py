"""The lines of a hold after a change of some of them."""

from collections.abc import Iterable

from enrayon.stock.v1 import stock_pb2


def changed_lines(
    hold: stock_pb2.Reservation, changes: Iterable[stock_pb2.BasketItem]
) -> list[stock_pb2.ReservedItem]:
    """All lines for UpdateReservation, which releases those that it is not given.

    Args:
        hold: The hold as it is; send its etag along.
        changes: New quantities; 0 drops the product, and those that are not named stay.
    """
    units = {item.product: item.held_quantity for item in hold.items}
    named: dict[str, int] = {}
    for item in changes:
        named[item.product] = named.get(item.product, 0) + item.quantity
    return [
        stock_pb2.ReservedItem(product=product, requested_quantity=quantity)
        for product, quantity in (units | named).items()
        if quantity
    ]
