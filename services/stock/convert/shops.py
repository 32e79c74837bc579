"""The facts of a store that a list shows: its address, position and open state."""

import datetime as dt
from typing import NamedTuple

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.schedule.model import State
from geodata.schedule.timeline import Timeline
from services.chassis.messages.masks import ReadMask
from services.chassis.messages.times import timestamp

DEAR = frozenset({"address", "location", "phone", "open_state"})
"""The facts that an answer has only if its read mask names them."""
STATES = {
    State.OPEN: stock_pb2.OpenState.STATE_OPEN,
    State.CLOSED: stock_pb2.OpenState.STATE_CLOSED,
    State.UNKNOWN: stock_pb2.OpenState.STATE_UNKNOWN,
}


class Shop(NamedTuple):
    """What the directory has of a store."""

    record: stores_pb2.Store
    open_state: stock_pb2.OpenState | None
    """None where nobody asks for it."""


def open_state(line: Timeline, at: dt.datetime) -> stock_pb2.OpenState:
    """The state of a schedule at an instant."""
    now = line.state_at(at)
    return stock_pb2.OpenState(
        state=STATES[now.state],
        until_time=timestamp(now.until),
        next_open_time=timestamp(line.next_opening(at)),
        time_zone=line.schedule.time_zone,
    )


def fill_shop(
    message: stock_pb2.StoreAvailability | stock_pb2.PickupOption, shop: Shop, fields: ReadMask
) -> None:
    """Fill in the dear facts of a store that are asked for."""
    record = shop.record
    if "address" in fields and record.HasField("address"):
        message.address.CopyFrom(record.address)
    if "location" in fields and record.HasField("location"):
        message.location.CopyFrom(record.location)
    if "phone" in fields and record.phones:
        message.phone = record.phones[0]
    if shop.open_state is not None:
        message.open_state.CopyFrom(shop.open_state)
