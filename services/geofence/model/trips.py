"""Trips to pick up an order: their records, and what positions, calls, time and holds change."""

import dataclasses
import enum
from collections.abc import Collection, Mapping
from typing import Any

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
    REMINDER = "reminder"
    DELAYED = "delayed"
    WAITING_LONG = "waiting_long"
    MISSED = "missed"
    COMPLETED = "completed"
    CANCELED = "canceled"
    EXPIRED = "expired"


BOUND = "r"
"""The end of the id of a trip whose order is a hold. It is no field of the record, because earlier
versions take a record with a field that they do not know for damaged."""
REOPENED_MS = 15 * 60_000
"""Time that a trip lives on at least whose goods were handed over by mistake."""
REMINDED_MS = 15 * 60_000
"""A reminder comes so long before the end of the pick-up window."""
WAITING_MS = 5 * 60_000
"""Whoever has waited for so long at the store, waits long."""
LIVE = (State.STARTED, State.APPROACHING, State.ARRIVED)
FACTS = {
    State.STARTED: orders.ON_THE_WAY,
    State.APPROACHING: orders.APPROACHING,
    State.ARRIVED: orders.ARRIVED,
}
"""The states of live trips, as holds are told them."""
OF_WINDOW = frozenset((TripEventType.REMINDER, TripEventType.DELAYED, TripEventType.MISSED))
"""Events of the pick-up window."""
SIGNS = (TripEventType.APPROACHING, TripEventType.ARRIVED)
"""The first of these calls for the order to be prepared."""
_STAGES = {State.STARTED: Stage.STARTED, State.APPROACHING: Stage.APPROACHING}
_STATES = {
    Stage.STARTED: State.STARTED,
    Stage.APPROACHING: State.APPROACHING,
    Stage.ARRIVED: State.ARRIVED,
}


MORE = frozenset(("pickup_start_ms", "pickup_end_ms", "told"))
"""Fields that are kept beside the others."""
NO_MORE: Mapping[str, list[Any]] = {}


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
    pickup_start_ms: int = 0
    """The pick-up window; 0 if there is none."""
    pickup_end_ms: int = 0
    told: frozenset[TripEventType] = frozenset()
    """Events of the window and of waiting that are settled: told, or too late to be told."""

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
        """When time alone changes it: an event is due, it expires, or it is forgotten."""
        if not self.is_live:
            return self.end_ms + ENDED_KEPT_MS
        return min([self.expire_ms, *(due_ms for _, due_ms in self.waits_for)])

    @property
    def waits_for(self) -> list[tuple[TripEventType, int]]:
        """The events that time alone causes, and when they are due."""
        if self.state is State.ARRIVED:
            events = [(TripEventType.WAITING_LONG, self.arrive_ms + WAITING_MS)]
        elif self.pickup_end_ms:
            events = [
                (TripEventType.REMINDER, self.pickup_end_ms - REMINDED_MS),
                (TripEventType.MISSED, self.pickup_end_ms),
            ]
        else:
            return []
        return [(kind, due_ms) for kind, due_ms in events if kind not in self.told]


Step = tuple[Trip, tuple[TripEventType, ...]]
"""A trip after a change, and the events of the change."""


def to_dict(trip: Trip) -> dict[str, object]:
    """The trip as JSON can hold it, without `more_of` it.

    Earlier versions take a record with a field that they do not know for damaged.
    """
    fields = {
        field.name: getattr(trip, field.name)
        for field in dataclasses.fields(trip)
        if field.name not in MORE
    }
    return {**fields, "mode": trip.mode.value, "state": trip.state.value}


def more_of(trip: Trip) -> list[object]:
    """What is kept of a trip beside `to_dict`; empty if there is nothing."""
    if not (trip.pickup_end_ms or trip.told):
        return []
    told = sorted(kind.value for kind in trip.told)
    return [trip.pickup_start_ms, trip.pickup_end_ms, told]


def from_dict(fields: dict[str, object], more: Mapping[str, list[Any]] = NO_MORE) -> Trip:
    """The trip of `to_dict`, with what `more_of` it is kept, by the trip's id."""
    values = {**fields, "mode": Mode(fields["mode"]), "state": State(fields["state"])}
    trip = Trip(**values)  # type: ignore[arg-type]
    if not (found := more.get(trip.id)):
        return trip
    start_ms, end_ms, told = found
    return dataclasses.replace(
        trip,
        pickup_start_ms=start_ms,
        pickup_end_ms=end_ms,
        told=frozenset(map(TripEventType, told)),
    )


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
    kinds = [TripEventType(event.value) for event in events]
    is_late = trip.state is not State.ARRIVED and now_ms < trip.pickup_end_ms < trip.eta_ms
    if is_late and TripEventType.DELAYED not in trip.told:
        kinds.append(TripEventType.DELAYED)
        trip = dataclasses.replace(trip, told=trip.told | {TripEventType.DELAYED})
    return _prepared(trip, tuple(kinds), now_ms)


def timed(trip: Trip, now_ms: int) -> Step:
    """A live trip after time has passed: what is due is told, and it may expire."""
    due = [kind for kind, due_ms in trip.waits_for if due_ms <= now_ms]
    trip = dataclasses.replace(trip, told=trip.told | {*due})
    # After the window its end is told, and nothing of what was to come before.
    kinds = tuple(due[-1:])
    if trip.expire_ms > now_ms:
        return trip, kinds
    trip, ends = ended(trip, State.EXPIRED, now_ms)
    return trip, (*kinds, *ends)


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


def with_window(trip: Trip, window: orders.Window, now_ms: int) -> Trip:
    """The trip with another pick-up window, whose events are to come unless it is too late."""
    told = trip.told - OF_WINDOW
    if window.end_ms and window.end_ms - REMINDED_MS <= now_ms:
        told |= {TripEventType.REMINDER}
    if window.end_ms and window.end_ms <= now_ms:
        told |= {TripEventType.MISSED}
    return dataclasses.replace(
        trip, pickup_start_ms=window.start_ms, pickup_end_ms=window.end_ms, told=told
    )


def told(trip: Trip, hold: str, now_ms: int, window: orders.Window | None = None) -> Step:
    """The trip after it was told the state of its hold, and its slot (`directory.orders`)."""
    if window is not None and window != (trip.pickup_start_ms, trip.pickup_end_ms):
        trip = with_window(trip, window, now_ms)
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
