"""Converts holds to reservations of the contract."""

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2 import PickupMethod
from services.chassis.messages.times import timestamp_of_ms
from services.directory.products import product_name
from services.stock.convert.names import reservation_name, slot_name
from services.stock.model.holds import Hold, NoticeKind

State = stock_pb2.Reservation.State
TEXTS = {
    NoticeKind.STORE_CLOSED: "The store is no longer open for business. Your goods are held there; "
    "you can transfer them to another store.",
    NoticeKind.SLOT_CHANGED: "The store cannot keep your pick-up slot. Choose another one.",
    NoticeKind.ITEMS_MISSING: "The shop could not find some of your goods.",
    NoticeKind.ENDS_BEFORE_READY: "The hold ends before the goods are ready.",
    NoticeKind.SHORTENED: "The hold is shorter than asked for, or than the store's time for "
    "pick-up, because it may last no longer.",
}
ArrivalState = stock_pb2.Reservation.Arrival.State


def reservation(hold: Hold, receipt: str, trip_token: str) -> stock_pb2.Reservation:
    """A hold as its owner sees it; others see no trip token."""
    message = stock_pb2.Reservation(
        name=reservation_name(hold.store, hold.id),
        state=State.Value(f"STATE_{hold.state}"),
        shopper=hold.shopper,
        method=PickupMethod.ValueType(hold.method),
        create_time=timestamp_of_ms(hold.create_ms),
        expire_time=timestamp_of_ms(hold.expire_ms),
        update_time=timestamp_of_ms(hold.update_ms),
        receipt=receipt,
        transferred_from=hold.transferred_from,
        transferred_to=hold.transferred_to,
        etag=str(hold.revision),
        trip_token=trip_token,
        pickup_slot=slot_name(hold.store, hold.slot.id) if hold.slot else "",
    )
    if hold.ready_ms is not None:
        message.ready_by.FromMilliseconds(hold.ready_ms)
    if hold.pickup_ms is not None:
        message.pickup_by.FromMilliseconds(hold.pickup_ms)
    for notice in hold.notices:
        kind = NoticeKind(notice.kind)
        message.notices.add(
            kind=stock_pb2.Notice.Kind.ValueType(kind),
            create_time=timestamp_of_ms(notice.time_ms),
            text=notice.text or TEXTS[kind],
        )
    if arrival := hold.arrival:
        message.arrival.trip = arrival.trip
        message.arrival.state = ArrivalState.Value(f"STATE_{arrival.state}")
        message.arrival.bay, message.arrival.vehicle = arrival.bay, arrival.vehicle
        if arrival.arrive_ms:
            message.arrival.arrive_time.FromMilliseconds(arrival.arrive_ms)
    for item in hold.items:
        message.items.add(
            product=product_name(item.sku),
            requested_quantity=item.requested,
            held_quantity=item.held,
            collected_quantity=item.collected,
            back_ordered_quantity=item.back_ordered,
            level_version=item.version,
        )
    return message


def queue_entry(hold: Hold, reservation: stock_pb2.Reservation) -> stock_pb2.PickupQueueEntry:
    """A hold in the queue of its store."""
    entry = stock_pb2.PickupQueueEntry(
        reservation=reservation, due_time=timestamp_of_ms(hold.due_ms)
    )
    if reservation.arrival.HasField("arrive_time"):
        entry.waiting_since_time.CopyFrom(reservation.arrival.arrive_time)
    return entry


def state_of(value: "State.ValueType") -> str:
    """The state of holds that a value of the contract means."""
    return State.Name(value).removeprefix("STATE_")
