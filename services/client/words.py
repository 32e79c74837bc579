"""English words that several channels share: addresses, distances, hours, missing goods, errors."""

import datetime as dt
import math
import zoneinfo
from collections.abc import Iterable, Mapping

from google.protobuf.any_pb2 import Any
from google.rpc import error_details_pb2
from google.type import date_pb2

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from enrayon.type.v1 import travel_pb2

WEEK = dt.timedelta(days=6)
"""Up to so many days ahead a day is told by its name."""


def address_line(
    store: stores_pb2.Store | stock_pb2.StoreAvailability | stock_pb2.PickupOption,
) -> str:
    """The address of a store on one line."""
    address = store.address
    town = " ".join(part for part in (address.postal_code, address.locality) if part)
    return ", ".join(part for part in (*address.address_lines, town) if part)


def distance(metres: float) -> str:
    """A distance with a sensible unit: `350 m`, `1.2 km`, `48 km`."""
    if metres < 1000:
        return f"{metres:.0f} m"
    return f"{metres / 1000:.1f} km" if metres < 10_000 else f"{metres / 1000:,.0f} km"


def minutes(seconds: float) -> str:
    """A travel time in whole minutes, rounded up: `1 min`, `59 min`, `1 h 5 min`."""
    hours, rest = divmod(max(1, math.ceil(seconds / 60)), 60)
    return " ".join(
        part for part in (f"{hours} h" * bool(hours), f"{rest} min" * bool(rest)) if part
    )


def travel_time(journey: travel_pb2.Journey) -> str:
    """The time of a journey: `12 min`; `about 20 min` if it is an estimate, or roads beyond the
    network could change it."""
    words = minutes(journey.travel_time.ToNanoseconds() / 1e9)
    return f"about {words}" if journey.is_estimate or journey.may_be_clipped else words


def opening(state: stock_pb2.OpenState, now: dt.datetime) -> str:
    """An open state: `open until 18:00`, `closed until Mon 9:00`, `hours unknown`."""
    if state.state == stock_pb2.OpenState.STATE_OPEN:
        word, end = "open", state.until_time if state.HasField("until_time") else None
    elif state.state == stock_pb2.OpenState.STATE_CLOSED:
        word, end = "closed", state.next_open_time if state.HasField("next_open_time") else None
    else:  # not told is not known
        return "hours unknown"
    if end is None:
        return word
    return f"{word} until {moment(end.ToDatetime(dt.UTC), now, state.time_zone)}"


def moment(at: dt.datetime, now: dt.datetime, time_zone: str) -> str:
    """An instant on the clock of a zone, with as much of its date as is needed."""
    zone = zoneinfo.ZoneInfo(time_zone or "UTC")
    local, today = at.astimezone(zone), now.astimezone(zone)
    clock = f"{local.hour}:{local:%M}"
    ahead = local.date() - today.date()
    if not ahead:
        return clock
    if dt.timedelta(0) < ahead <= WEEK:
        return f"{local:%a} {clock}"
    return f"{local:%Y-%m-%d} {clock}"


def missing(item: stock_pb2.MissingItem, product: str) -> str:
    """The units that a store lacks: `2 x Milk, expected 2026-12-05`."""
    words = f"{item.missing_quantity} x {product}"
    return (
        f"{words}, expected {day(item.expected_date)}" if item.HasField("expected_date") else words
    )


def day(date: date_pb2.Date) -> str:
    """A date as ISO 8601 writes it: `2026-12-05`."""
    return f"{date.year}-{date.month:02}-{date.day:02}"


def left_out(store: stock_pb2.LeftOutStore, products: Mapping[str, str]) -> str:
    """The reason why a store is left out of an answer: what it lacks, or what else keeps it out.

    Args:
        store: The store.
        products: The display name of each product, by its resource name.
    """
    reasons = stock_pb2.LeftOutStore.Reason
    word = reasons.Name(store.reason).removeprefix("REASON_").lower().replace("_", " ")
    if store.reason not in {
        reasons.REASON_OUT_OF_STOCK,
        reasons.REASON_NOT_ENOUGH,
        reasons.REASON_STOCK_UNKNOWN,
    }:
        return word
    named = [(item, products.get(item.product, item.product)) for item in store.items]
    lacks = [missing(item, name) for item, name in named if item.HasField("missing_quantity")]
    unknown = [name for item, name in named if not item.HasField("missing_quantity")]
    parts = (
        f"lacks {'; '.join(lacks)}" if lacks else "",
        f"stock of {', '.join(unknown)} not known" if unknown else "",
    )
    return "; ".join(part for part in parts if part) or word


def spoken_code(code: str) -> str:
    """A short pick-up code in two groups, as people read it out: `K7M2 9XQP`."""
    middle = len(code) // 2
    return f"{code[:middle]} {code[middle:]}"


def did_you_mean(details: Iterable[Any]) -> str:
    """`Did you mean: ...?` from the details of an error; empty if it suggests nothing."""
    info = error_details_pb2.ErrorInfo()
    for detail in details:
        if detail.Unpack(info) and (suggestions := info.metadata.get("suggestions")):
            return f"Did you mean: {suggestions.replace(' | ', '; ')}?"
    return ""
