"""Arrivals to pick up an order: how long until, about to arrive, arrived, at the wrong store."""

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace
from math import isfinite

from geodata.distance import distance_m
from geodata.fences.shape import FenceError
from geodata.points import Point


class Mode(enum.Enum):
    """How someone travels."""

    WALK = "walk"
    BIKE = "bike"
    TRANSIT = "transit"
    CAR = "car"


SPEED_MPS = {Mode.WALK: 1.1, Mode.BIKE: 3.3, Mode.TRANSIT: 4.2, Mode.CAR: 6.9}
"""Assumed speeds along the straight line in a town: 4, 12, 15 and 25 km/h.

Detours, waits and parking are in them. Who knows better gives a speed, or a travel time.
"""


class TripEvent(enum.Enum):
    """What a position told of a trip."""

    APPROACHING = "approaching"
    ARRIVED = "arrived"
    WRONG_STORE = "wrong_store"


class Stage(enum.IntEnum):
    """How far a trip has come. It never goes back."""

    STARTED = 0
    APPROACHING = 1
    ARRIVED = 2


@dataclass(frozen=True, slots=True)
class Progress:
    """What is kept of a trip between two positions."""

    stage: Stage = Stage.STARTED
    wrong_store: str = ""
    """The other store that the traveller was last told to be at; empty after leaving it."""


def eta_s(position: Point, store: Point, mode: Mode, speed_mps: float | None = None) -> float:
    """Seconds to a store, by the straight line at a speed (by default that of the mode).

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
    """Take in a position: the progress after it, and what there is to tell.

    Each stage is told at most once; the first event of the two is the one to prepare the order
    on, since a traveller who was near from the start has ARRIVED without APPROACHING. Another
    store is told each time it is entered, until the right one has been reached.

    Args:
        progress: before the position.
        store: the one that the trip goes to.
        stores_here: all those whose arrival area holds the position.
        eta_s: seconds to the store from there.
        approaching_s: from this many seconds on the traveller is approaching.
    """
    if progress.stage is Stage.ARRIVED:
        return progress, ()
    if store in stores_here:
        return Progress(Stage.ARRIVED), (TripEvent.ARRIVED,)
    events = []
    if progress.stage is Stage.STARTED and eta_s <= approaching_s:
        progress = replace(progress, stage=Stage.APPROACHING)
        events.append(TripEvent.APPROACHING)
    # Where two wrong stores share a door, staying there tells one of them, once.
    wrong = (
        progress.wrong_store
        if progress.wrong_store in stores_here
        else min(stores_here, default="")
    )
    if wrong and wrong != progress.wrong_store:
        events.append(TripEvent.WRONG_STORE)
    return replace(progress, wrong_store=wrong), tuple(events)
