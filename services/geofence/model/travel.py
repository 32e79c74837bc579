"""Travel time to a store: from a function that the settings name, else by road, else straight."""

import pkgutil
from collections.abc import Callable
from math import isfinite

import structlog

from geodata import roads
from geodata.fences.trips import Mode, eta_s
from geodata.points import Point

TravelTime = Callable[[Point, Point, Mode], float]
"""Seconds from a position to a store. It must answer from memory: a batch of fixes waits for it."""

log = structlog.get_logger()


ByRoad = Callable[[roads.Mode, Point, Point], float | None]
"""Seconds between two positions on the roads; None where no way is known."""
ON_ROADS = {
    Mode.WALK: roads.Mode.WALK,
    Mode.BIKE: roads.Mode.BIKE,
    Mode.CAR: roads.Mode.DRIVE,
}


def road_time(by_road: ByRoad) -> TravelTime:
    """The time by road; along the straight line where no way is known, and by public transport."""

    def seconds(position: Point, store: Point, mode: Mode) -> float:
        found = by_road(ON_ROADS[mode], position, store) if mode in ON_ROADS else None
        return eta_s(position, store, mode) if found is None else found

    return seconds


def travel_time(name: str, by_road: ByRoad) -> TravelTime:
    """The function of a name, `package.module:function`; `road_time` when the name is empty.

    `eta_s` also answers where that function fails or returns no valid time.
    """
    if not name:
        return road_time(by_road)
    provider = pkgutil.resolve_name(name)
    works = True

    def seconds(position: Point, store: Point, mode: Mode) -> float:
        nonlocal works
        try:
            found = float(provider(position, store, mode))
            if not (isfinite(found) and found >= 0):
                raise ValueError
        except Exception as error:  # foreign code may raise anything
            if works:  # logged once, until it works again
                log.warning("the travel time provider fails", error=type(error).__name__)
            works = False
            return eta_s(position, store, mode)
        works = True
        return found

    return seconds
