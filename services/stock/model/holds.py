"""Holds, in JSON that Lua reads too; lua/library.lua explains its short names."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import orjson

from services.stock.model.slots import Slot

LIVE = frozenset({"CONFIRMED", "PREPARING", "READY"})
KEPT_ENDED_MS = 7 * 86_400_000
"""Time for which an ended hold can be read, as lua/library.lua has it."""


class HeldItem(NamedTuple):
    """Units of a product on hold."""

    sku: str
    requested: int
    held: int
    collected: int
    back_ordered: int
    version: int
    """The version of the level after the last change that the hold made."""


class NoticeKind(enum.IntEnum):
    """The kind of a notice; the values are the contract's."""

    STORE_CLOSED = 1
    SLOT_CHANGED = 2
    ITEMS_MISSING = 3
    ENDS_BEFORE_READY = 4
    SHORTENED = 5


class Notice(NamedTuple):
    """Something that the owner of a hold should know."""

    kind: int
    time_ms: int
    text: str = ""
    """Words of its own; empty: those of its kind."""


class Arrival(NamedTuple):
    """A trip to a hold, as it was told last."""

    trip: str
    """The trip's name."""
    state: str
    """One of `directory.orders`."""
    arrive_ms: int = 0
    """0: not yet."""
    bay: str = ""
    vehicle: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on goods at one store."""

    id: str
    store: str
    state: str
    caller: str
    shopper: str
    method: int
    create_ms: int
    expire_ms: int
    update_ms: int
    revision: int
    items: tuple[HeldItem, ...]
    transferred_from: str = ""
    transferred_to: str = ""
    address: str = ""
    """The keyed hash of the address that holds it with the key of a page, while it is live."""
    code: str = ""
    """The short pick-up code; empty if it has none yet."""
    ready_ms: int | None = None
    pickup_ms: int | None = None
    """When the goods are ready, and until when they are kept; None where no opening is known."""
    has_given_life: bool = False
    """True if a request gave its life, rather than the store's day."""
    notices: tuple[Notice, ...] = ()
    slot: Slot | None = None
    """The pick-up slot in which it has a place, or had one when it ended."""

    arrivals: tuple[Arrival, ...] = ()
    """The trips to it, the one that was told last at the end."""

    @property
    def arrival(self) -> Arrival | None:
        """The trip that counts: the first that arrived, else the one that was told last."""
        here = [each for each in self.arrivals if each.arrive_ms]
        if here:
            return min(here, key=lambda each: each.arrive_ms)
        return self.arrivals[-1] if self.arrivals else None

    @property
    def due_ms(self) -> int:
        """When the goods should be ready: when their slot begins, if they have one."""
        if self.slot:
            return self.slot.start_s * 1000
        return self.ready_ms or self.expire_ms

    @property
    def is_live(self) -> bool:
        """True if it holds goods by its state, whatever the time."""
        return self.state in LIVE

    def at(self, now_ms: int) -> "Hold":
        """The hold at a moment: EXPIRED once its time is over, even if no sweeper has ended it."""
        if self.is_live and self.expire_ms <= now_ms:
            return replace(self, state="EXPIRED")
        return self


def place_in_queue(hold: Hold) -> tuple[int, int, str]:
    """Orders the queue of a store: who waits, the longest first; then by when the goods are due."""
    arrival = hold.arrival
    if arrival and arrival.arrive_ms:
        return 0, arrival.arrive_ms, hold.id
    return 1, hold.due_ms, hold.id


def decoded(raw: bytes, store: str) -> Hold:
    """The hold in its JSON."""
    record: dict[str, Any] = orjson.loads(raw)
    return Hold(
        id=record["id"],
        store=store,
        state=record["st"],
        caller=record["own"],
        shopper=record["who"],
        method=record["m"],
        create_ms=record["c"],
        expire_ms=record["x"],
        update_ms=record["u"],
        revision=record["rev"],
        items=tuple(HeldItem(*item) for item in record["l"]),
        transferred_from=record.get("tf", ""),
        transferred_to=record.get("tt", ""),
        address=record.get("ad", ""),
        code=record.get("cd", ""),
        ready_ms=record.get("rb"),
        pickup_ms=record.get("pb"),
        has_given_life="gl" in record,
        slot=Slot(*slot) if (slot := record.get("sl" if record["st"] in LIVE else "ps")) else None,
        notices=tuple(
            Notice(notice["k"], notice["t"], notice.get("x", "")) for notice in record.get("nt", ())
        ),
        arrivals=tuple(
            Arrival(trip["t"], trip["s"], trip.get("a", 0), trip.get("b", ""), trip.get("v", ""))
            for trip in record.get("ar", ())
        ),
    )


def encoded(
    id: str,
    caller: str,
    shopper: str,
    method: int,
    transferred_from: str = "",
    address: str = "",
    code: str = "",
    *,
    ready_ms: int | None = None,
    pickup_ms: int | None = None,
    has_given_life: bool = False,
    warnings: Sequence[NoticeKind] = (),
    slot: Slot | None = None,
) -> bytes:
    """A new hold, to which lua/reserve.lua adds items and times; it drops a code that is taken."""
    record: dict[str, Any] = {"id": id, "own": caller, "who": shopper, "m": method}
    parts = {
        "tf": transferred_from,
        "ad": address,
        "cd": code,
        "rb": ready_ms,
        "pb": pickup_ms,
        "gl": int(has_given_life),
        "sl": slot and list(slot),
        "nt": [{"k": kind} for kind in warnings],
    }
    return orjson.dumps(record | {name: part for name, part in parts.items() if part})
