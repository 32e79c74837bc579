"""Between the contract and what the service works with. Total: what is checked needs no check."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from google.protobuf.duration_pb2 import Duration
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from google.type import date_pb2

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2 import PickupMethod, SellPolicy, StockBand
from services.chassis.errors import FieldViolation, InvalidArgument
from services.chassis.messages import times
from services.chassis.messages.times import timestamp_of_ms
from services.directory.keys import store_id, store_name
from services.directory.products import product_name, product_sku
from services.stock.model.holds import Hold
from services.stock.model.ledger import Drift, Entry
from services.stock.model.levels import Band, Level, Policy, Sell, band_of
from services.stock.state.demand import Unmet

MOVEMENTS = {
    "set": stock_pb2.StockMovement.KIND_STATED,
    "adjust": stock_pb2.StockMovement.KIND_ADJUSTED,
    "CONFIRMED": stock_pb2.StockMovement.KIND_HELD,
    "HANDED": stock_pb2.StockMovement.KIND_HANDED_OVER,
}
"""Kinds of entries; all others are the states in which holds end."""
MOST_UNITS = 1_000_000
REJECTED_SHOWN = 1000
MOST_DAYS = 92


def lines(items: Iterable[stock_pb2.BasketItem], field: str = "items") -> dict[str, int]:
    """SKU to units; those of a product named twice are summed.

    Raises:
        InvalidArgument: the sum of one is over the cap.
    """
    result: dict[str, int] = {}
    for item in items:
        sku = product_sku(item.product)
        result[sku] = result.get(sku, 0) + item.quantity
        if result[sku] > MOST_UNITS:
            raise InvalidArgument.field(field, f"{item.product}: at most {MOST_UNITS} in all")
    return result


class View(NamedTuple):
    """What is needed to say of a level what the caller may see."""

    now_ms: int
    fresh_ms: int
    """For so long a level is believed where its store's policy says nothing."""
    quantities: bool
    """Whether more than bands is told."""


def fill_level(
    message: stock_pb2.StockLevel,
    store: str,
    product: str,
    found: Level | None,
    policy: Policy,
    view: View,
    source: str = "",
) -> None:
    """Say of a level what the caller may see; names a product, and a store or a group.

    Fills a message where it stands in its answer: making it apart and copying it takes twice as
    long, and a search answers thirty.
    """
    band = band_of(found, policy, view.now_ms, view.fresh_ms)
    message.store = store
    message.product = product
    message.band = StockBand.ValueType(band)
    if found is None:
        return
    if found.as_of_s:
        message.as_of.seconds = found.as_of_s
    message.source = source
    if not view.quantities or policy.bands_only or band == Band.UNKNOWN:
        return
    available, to_order = found.available, found.available_to_order
    message.available = available if available > 0 else 0
    message.available_to_order = to_order if to_order > 0 else 0
    message.on_hand = found.on_hand
    message.reserved = found.reserved
    message.safety_stock = found.safety
    message.sell_policy = SellPolicy.ValueType(found.sell or policy.sell or Sell.DENY)
    for future in found.futures:
        message.futures.add(date=date(future.date), quantity=future.units)


def reservation(hold: Hold, receipt: str) -> stock_pb2.Reservation:
    """A hold as its owner sees it."""
    message = stock_pb2.Reservation(
        name=reservation_name(hold.store, hold.id),
        state=stock_pb2.Reservation.State.Value(f"STATE_{hold.state}"),
        shopper=hold.shopper,
        method=PickupMethod.ValueType(hold.method),
        create_time=timestamp_of_ms(hold.create_ms),
        expire_time=timestamp_of_ms(hold.expire_ms),
        update_time=timestamp_of_ms(hold.update_ms),
        receipt=receipt,
        transferred_from=hold.transferred_from,
        transferred_to=hold.transferred_to,
        etag=str(hold.revision),
    )
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


def reservation_name(store: str, id: str) -> str:
    """`stores/{store}/reservations/{id}`."""
    return f"{store_name(store)}/reservations/{id}"


def reservation_ids(name: str) -> tuple[str, str]:
    """The ids of the store and the hold in a name that keeps its contract."""
    _, store, _, id, *_ = name.split("/")
    return store, id


def policy(message: stock_pb2.StockPolicy) -> Policy:
    """How a store sells."""
    default = Policy()
    return Policy(
        Sell(message.sell_policy),
        message.min_quantity or 1,
        message.max_quantity,
        message.limited_up_to if message.HasField("limited_up_to") else default.limited_up_to,
        message.bands_only,
        int(seconds(message.freshness_limit) * 1000)
        if message.HasField("freshness_limit")
        else None,
        tuple(sorted(set(message.pickup_methods))) or default.methods,
        seconds(message.preparation_time)
        if message.HasField("preparation_time")
        else default.preparation_s,
        message.cutoff_minute if message.HasField("cutoff_minute") else None,
        seconds(message.transfer_time) if message.HasField("transfer_time") else None,
        seconds(message.keep_time) if message.HasField("keep_time") else default.keep_s,
    )


def policy_message(store: str, kept: Policy) -> stock_pb2.StockPolicy:
    """How a store sells, as the contract has it."""
    message = stock_pb2.StockPolicy(
        name=f"{store_name(store)}/stockPolicy",
        sell_policy=SellPolicy.ValueType(kept.sell or Sell.DENY),
        min_quantity=kept.least,
        max_quantity=kept.most,
        limited_up_to=kept.limited_up_to,
        bands_only=kept.bands_only,
        pickup_methods=map(PickupMethod.ValueType, kept.methods),
        preparation_time=duration(kept.preparation_s),
        cutoff_minute=kept.cutoff_minute,
        keep_time=duration(kept.keep_s),
    )
    if kept.fresh_ms is not None:
        message.freshness_limit.CopyFrom(duration(kept.fresh_ms / 1000))
    if kept.transfer_s is not None:
        message.transfer_time.CopyFrom(duration(kept.transfer_s))
    return message


def drift(found: Drift) -> stock_pb2.StockDrift:
    """A figure that is off."""
    return stock_pb2.StockDrift(
        store=store_name(found.store),
        product=product_name(found.sku) if found.sku else "",
        kind=found.kind,
        expected=found.expected,
        actual=found.actual,
    )


def movements(entry: Entry) -> Iterator[stock_pb2.StockMovement]:
    """What an entry of the ledger did to each level."""
    for line in entry.lines:
        message = stock_pb2.StockMovement(
            store=store_name(entry.store),
            product=product_name(line.sku),
            kind=MOVEMENTS.get(entry.kind, stock_pb2.StockMovement.KIND_RELEASED),
            on_hand_change=line.on_hand_change,
            reserved_change=line.reserved_change,
            on_hand=line.on_hand,
            reserved=line.reserved,
            level_version=line.version,
            create_time=timestamp_of_ms(int(entry.id.partition("-")[0])),
        )
        if entry.is_fed:
            message.source = entry.about
        else:
            message.reservation = reservation_name(entry.store, entry.about)
        yield message


def unmet(found: Unmet) -> stock_pb2.UnmetDemand:
    """Searches that found nothing."""
    return stock_pb2.UnmetDemand(
        product=product_name(found.sku),
        h3_cell=found.h3_cell,
        date=date(found.date),
        search_count=found.searches,
        requested_quantity=found.units,
    )


def days(request: stock_pb2.ListUnmetDemandRequest, today: dt.date) -> tuple[dt.date, dt.date]:
    """The first and the last day asked for.

    Raises:
        InvalidArgument: in the wrong order, or too many.
    """
    first = (
        times.date(request.first_date, "first_date") if request.HasField("first_date") else today
    )
    last = times.date(request.last_date, "last_date") if request.HasField("last_date") else first
    if not 0 <= (last - first).days < MOST_DAYS:
        raise InvalidArgument.field(
            "last_date", f"must be 0 to {MOST_DAYS - 1} days after first_date"
        )
    return first, last


def policy_store(name: str) -> str:
    """The store in `stores/{store}/stockPolicy`."""
    return store_id(name).removesuffix("/stockPolicy")


def date(day: dt.date) -> date_pb2.Date:
    """A day as the contract has it."""
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)


def seconds(length: Duration) -> float:
    """A length of time in seconds."""
    return length.seconds + length.nanos / 1e9


def duration(length_s: float) -> Duration:
    """Seconds as the contract has them."""
    result = Duration()
    result.FromMilliseconds(round(length_s * 1000))
    return result


def reject(
    rejected: "RepeatedCompositeFieldContainer[stock_pb2.RejectedItem]",
    index: int,
    name: str,
    why: FieldViolation,
) -> None:
    """Say of an item why it was not taken, while there is room."""
    if len(rejected) < REJECTED_SHOWN:
        rejected.add(index=index, name=name[:200], field=why.field, description=why.description)
