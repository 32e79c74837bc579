"""The progress of a trip to pick up an order: ETA, approach, arrival, wrong store."""

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace
from math import isfinite

from geodata.distance import distance_m
from geodata.fences.shape import FenceError
from geodata.points import Point


class Mode(enum.Enum):
    """A mode of travel."""

    WALK = "walk"
    BIKE = "bike"
    TRANSIT = "transit"
    CAR = "car"


SPEED_MPS = {Mode.WALK: 1.1, Mode.BIKE: 3.3, Mode.TRANSIT: 4.2, Mode.CAR: 6.9}
"""Assumed speeds along the straight line in a town: 4, 12, 15 and 25 km/h.

They include detours, waits and parking. A caller may give its own speed or travel time.
"""


class TripEvent(enum.Enum):
    """An event of a trip."""

    APPROACHING = "approaching"
    ARRIVED = "arrived"
    WRONG_STORE = "wrong_store"


class Stage(enum.IntEnum):
    """The stage of a trip; it never decreases."""

    STARTED = 0
    APPROACHING = 1
    ARRIVED = 2


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a trip between two positions."""

    stage: Stage = Stage.STARTED
    wrong_store: str = ""
    """The other store of the last WRONG_STORE event; empty after the traveller left it."""


def eta_s(position: Point, store: Point, mode: Mode, speed_mps: float | None = None) -> float:
    """Seconds to a store along the straight line, at a speed (by default that of the mode).

    Raises:
        FenceError: the speed is not finite and positive.
    """
    speed = SPEED_MPS[mode] if speed_mps is None else speed_mps
    if not (isfinite(speed) and speed > 0):
        raise FenceError("speed_mps", f"must be finite and positive, got {speed}")
    return distance_m(position, store) / speed


def advance(
    progress: Progress,
    store: str,
    stores_here: Collection[str],
    eta_s: float,
    approaching_s: float,
) -> tuple[Progress, tuple[TripEvent, ...]]:
    """Apply a position: the progress after it, and the events.

    APPROACHING and ARRIVED occur at most once each. Prepare the order on the first of the two: a
    traveller who starts near the store has ARRIVED without APPROACHING. WRONG_STORE occurs each
    time the traveller enters another store, until arrival.

    Args:
        progress: the progress before the position.
        store: the destination.
        stores_here: all stores whose arrival area contains the position.
        eta_s: seconds to the destination.
        approaching_s: the traveller is approaching from this ETA on.
    """
    if progress.stage is Stage.ARRIVED:
        return progress, ()
    if store in stores_here:
        return Progress(Stage.ARRIVED), (TripEvent.ARRIVED,)
    events = []
    if progress.stage is Stage.STARTED and eta_s <= approaching_s:
        progress = replace(progress, stage=Stage.APPROACHING)
        events.append(TripEvent.APPROACHING)
    # While the traveller stays at a door of two wrong stores, only one of them is reported, once.
    wrong = (
        progress.wrong_store
        if progress.wrong_store in stores_here
        else min(stores_here, default="")
    )
    if wrong and wrong != progress.wrong_store:
        events.append(TripEvent.WRONG_STORE)
    return replace(progress, wrong_store=wrong), tuple(events)
