"""Converts movements and drifts of the ledger to messages."""

from collections.abc import Iterator

from enrayon.stock.v1 import stock_pb2
from services.chassis.messages.times import timestamp_of_ms
from services.directory.keys import store_name
from services.directory.products import product_name
from services.stock.convert.names import reservation_name
from services.stock.model.ledger import Drift, Entry, entry_id

KINDS = {
    "set": stock_pb2.StockMovement.KIND_STATED,
    "adjust": stock_pb2.StockMovement.KIND_ADJUSTED,
    "CONFIRMED": stock_pb2.StockMovement.KIND_HELD,
    "RETURNED": stock_pb2.StockMovement.KIND_RETURNED,
    "HANDED": stock_pb2.StockMovement.KIND_HANDED_OVER,
}
"""Kinds of entries with lines; all others are the states in which holds end."""


def movements(entry: Entry) -> Iterator[stock_pb2.StockMovement]:
    """Yields the change of each level by an entry."""
    for line in entry.lines:
        message = stock_pb2.StockMovement(
            store=store_name(entry.store),
            product=product_name(line.sku),
            kind=KINDS.get(entry.kind, stock_pb2.StockMovement.KIND_RELEASED),
            on_hand_change=line.on_hand_change,
            reserved_change=line.reserved_change,
            on_hand=line.on_hand,
            reserved=line.reserved,
            level_version=line.version,
            create_time=timestamp_of_ms(entry_id(entry.id)[0]),
        )
        if entry.is_fed:
            message.source = entry.about
        else:
            message.reservation = reservation_name(entry.store, entry.about)
        yield message


def drift(found: Drift) -> stock_pb2.StockDrift:
    """A figure that differs from the ledger or the holds."""
    return stock_pb2.StockDrift(
        store=store_name(found.store),
        product=product_name(found.sku) if found.sku else "",
        kind=found.kind,
        expected=found.expected,
        actual=found.actual,
    )
