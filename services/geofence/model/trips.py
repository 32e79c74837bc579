"""Trips to pick up an order: their records, and what positions, calls, time and holds change."""

import dataclasses
import enum
from collections.abc import Collection

from geodata.fences.trips import Mode, Progress, Stage, advance
from services.directory import orders
from services.directory.keys import store_name

ENDED_KEPT_MS = 3_600_000
"""Time for which an ended trip can still be read."""
WRONG_STORES = 5
"""The most other stores of the brand that are checked near a position."""


class State(enum.Enum):
    """The state of a trip."""

    STARTED = "started"
    APPROACHING = "approaching"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class TripEventType(enum.Enum):
    """The type of an event of a trip."""

    STARTED = "started"
    APPROACHING = "approaching"
    ARRIVED = "arrived"
    WRONG_STORE = "wrong_store"
    PREPARE_ORDER = "prepare_order"
    COMPLETED = "completed"
    CANCELED = "canceled"
    EXPIRED = "expired"


BOUND = "r"
"""The end of the id of a trip whose order is a hold. It is no field of the record, because earlier
versions take a record with a field that they do not know for damaged."""
REOPENED_MS = 15 * 60_000
"""Time that a trip lives on at least whose goods were handed over by mistake."""
LIVE = (State.STARTED, State.APPROACHING, State.ARRIVED)
FACTS = {
    State.STARTED: orders.ON_THE_WAY,
    State.APPROACHING: orders.APPROACHING,
    State.ARRIVED: orders.ARRIVED,
}
"""The states of live trips, as holds are told them."""
SIGNS = (TripEventType.APPROACHING, TripEventType.ARRIVED)
"""The first of these calls for the order to be prepared."""
_STAGES = {State.STARTED: Stage.STARTED, State.APPROACHING: Stage.APPROACHING}
_STATES = {
    Stage.STARTED: State.STARTED,
    Stage.APPROACHING: State.APPROACHING,
    Stage.ARRIVED: State.ARRIVED,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A trip. Times are in milliseconds since 1970 by the server's clock; 0 means not yet."""

    id: str
    store: str
    order: str
    mode: Mode
    approaching_s: float
    radius_m: float
    start_ms: int
    expire_ms: int
    owner: str = ""
    """The caller who started it: `Caller.owner`."""
    request: str = ""
    """The request id of the call that started it."""
    state: State = State.STARTED
    eta_ms: int = 0
    arrive_ms: int = 0
    end_ms: int = 0
    prepare_ms: int = 0
    prepare_reason: str = ""
    wrong_store: str = ""
    check_in_ms: int = 0
    bay: str = ""
    vehicle: str = ""

    @property
    def reservation(self) -> str:
        """The name of the hold that is its order, by a token of its owner; else empty."""
        return self.order if self.id.endswith(BOUND) else ""

    @property
    def is_live(self) -> bool:
        """True while the traveller may still come, or waits."""
        return self.state in LIVE

    @property
    def due_ms(self) -> int:
        """When time alone changes it: it expires, or is forgotten."""
        return self.expire_ms if self.is_live else self.end_ms + ENDED_KEPT_MS


Step = tuple[Trip, tuple[TripEventType, ...]]
"""A trip after a change, and the events of the change."""


def to_dict(trip: Trip) -> dict[str, object]:
    """The trip as JSON can hold it."""
    return {**dataclasses.asdict(trip), "mode": trip.mode.value, "state": trip.state.value}


def from_dict(fields: dict[str, object]) -> Trip:
    """The trip of `to_dict`."""
    values = {**fields, "mode": Mode(fields["mode"]), "state": State(fields["state"])}
    return Trip(**values)  # type: ignore[arg-type]


def moved(trip: Trip, stores_here: Collection[str], eta_s: float, now_ms: int) -> Step:
    """The trip after a position."""
    if trip.state not in _STAGES:
        return trip, ()
    progress, events = advance(
        Progress(_STAGES[trip.state], trip.wrong_store),
        trip.store,
        stores_here,
        eta_s,
        trip.approaching_s,
    )
    trip = dataclasses.replace(
        trip,
        state=_STATES[progress.stage],
        wrong_store=progress.wrong_store,
        eta_ms=now_ms + round(eta_s * 1000),
        arrive_ms=now_ms if progress.stage is Stage.ARRIVED else 0,
    )
    return _prepared(trip, tuple(TripEventType(event.value) for event in events), now_ms)


def checked_in(trip: Trip, bay: str, vehicle: str, now_ms: int) -> Step:
    """The trip after a check-in."""
    arrives = trip.state is not State.ARRIVED
    trip = dataclasses.replace(
        trip,
        state=State.ARRIVED,
        arrive_ms=trip.arrive_ms or now_ms,
        check_in_ms=trip.check_in_ms or now_ms,
        bay=bay or trip.bay,
        vehicle=vehicle or trip.vehicle,
    )
    return _prepared(trip, (TripEventType.ARRIVED,) if arrives else (), now_ms)


def ended(trip: Trip, state: State, now_ms: int) -> Step:
    """The trip after its end."""
    return dataclasses.replace(trip, state=state, end_ms=now_ms), (TripEventType(state.value),)


def told(trip: Trip, hold: str, now_ms: int) -> Step:
    """The trip after it was told the state of its hold (`directory.orders`)."""
    if trip.is_live and hold != orders.LIVE:
        return ended(trip, State.COMPLETED if hold == "COLLECTED" else State.CANCELED, now_ms)
    if trip.state is State.COMPLETED and hold == orders.LIVE:  # it was handed over by mistake
        trip = dataclasses.replace(
            trip,
            state=State.ARRIVED if trip.arrive_ms else State.STARTED,
            end_ms=0,
            expire_ms=max(trip.expire_ms, now_ms + REOPENED_MS),
        )
    return trip, ()


def fact(trip: Trip, state: str = "") -> orders.TripFact:
    """What its hold is told about a trip: its state, or the given one."""
    name = f"{store_name(trip.store)}/trips/{trip.id}"
    state = state or FACTS.get(trip.state, orders.ENDED)
    if state in (orders.ENDED, orders.ERASED):
        return orders.TripFact(trip.reservation, name, state)
    return orders.TripFact(trip.reservation, name, state, trip.arrive_ms, trip.bay, trip.vehicle)


def _prepared(trip: Trip, events: tuple[TripEventType, ...], now_ms: int) -> Step:
    """Add PREPARE_ORDER at the first sign of an arrival, once in a trip."""
    sign = next((event for event in events if event in SIGNS), None)
    if sign is None or trip.prepare_ms:
        return trip, events
    trip = dataclasses.replace(trip, prepare_ms=now_ms, prepare_reason=sign.value)
    return trip, (*events, TripEventType.PREPARE_ORDER)
