"""Trips to pick up an order: what is kept of one, and what a position or time changes."""

import dataclasses
import enum
from collections.abc import Collection

from geodata.fences.trips import Mode, Progress, Stage, TripEvent, advance

ENDED_KEPT_MS = 3_600_000
"""An ended trip can be read for so long."""
WRONG_STORES = 5
"""So many other stores of the brand are looked at near a position."""


class State(enum.Enum):
    """How far a trip has come."""

    STARTED = "started"
    APPROACHING = "approaching"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class TripTold(enum.Enum):
    """What there is to tell of a trip."""

    STARTED = "started"
    APPROACHING = "approaching"
    ARRIVED = "arrived"
    WRONG_STORE = "wrong_store"
    PREPARE_ORDER = "prepare_order"
    COMPLETED = "completed"
    CANCELED = "canceled"
    EXPIRED = "expired"


LIVE = (State.STARTED, State.APPROACHING, State.ARRIVED)
_STAGES = {State.STARTED: Stage.STARTED, State.APPROACHING: Stage.APPROACHING}
_STATES = {
    Stage.STARTED: State.STARTED,
    Stage.APPROACHING: State.APPROACHING,
    Stage.ARRIVED: State.ARRIVED,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A trip. Moments are in milliseconds since 1970 by the server's clock; 0 is not yet."""

    id: str
    store: str
    order: str
    mode: Mode
    approaching_s: float
    radius_m: float
    start_ms: int
    expire_ms: int
    owner: str = ""
    """Whose it is: `Caller.owner`."""
    request: str = ""
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
    def is_live(self) -> bool:
        """Whether somebody may still come, or waits."""
        return self.state in LIVE

    @property
    def due_ms(self) -> int:
        """When time alone changes it: it expires, or is forgotten."""
        return self.expire_ms if self.is_live else self.end_ms + ENDED_KEPT_MS


Step = tuple[Trip, tuple[TripTold, ...]]


def to_dict(trip: Trip) -> dict[str, object]:
    """What JSON can hold."""
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
    return _prepared(trip, tuple(TripTold(event.value) for event in events), now_ms)


def checked_in(trip: Trip, bay: str, vehicle: str, now_ms: int) -> Step:
    """The trip after "I am here"."""
    arrived = trip.state is not State.ARRIVED
    trip = dataclasses.replace(
        trip,
        state=State.ARRIVED,
        arrive_ms=trip.arrive_ms or now_ms,
        check_in_ms=trip.check_in_ms or now_ms,
        bay=bay or trip.bay,
        vehicle=vehicle or trip.vehicle,
    )
    return _prepared(trip, (TripTold.ARRIVED,) if arrived else (), now_ms)


def ended(trip: Trip, state: State, now_ms: int) -> Step:
    """The trip after its end."""
    return dataclasses.replace(trip, state=state, end_ms=now_ms), (TripTold(state.value),)


def is_sign(event: TripEvent | TripTold) -> bool:
    """Whether an event calls for the order to be prepared."""
    return event.value in ("approaching", "arrived")


def _prepared(trip: Trip, told: tuple[TripTold, ...], now_ms: int) -> Step:
    """Calls for the order at the first sign, once."""
    sign = next((event for event in told if is_sign(event)), None)
    if sign is None or trip.prepare_ms:
        return trip, told
    trip = dataclasses.replace(trip, prepare_ms=now_ms, prepare_reason=sign.value)
    return trip, (*told, TripTold.PREPARE_ORDER)
