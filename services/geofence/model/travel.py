"""Travel time to a store: from a function that the settings name, else over the straight line."""

import pkgutil
from collections.abc import Callable
from math import isfinite

import structlog

from geodata.fences.trips import Mode, eta_s
from geodata.points import Point

TravelTime = Callable[[Point, Point, Mode], float]
"""Seconds from a position to a store. It must answer from memory: a batch of fixes waits for it."""

log = structlog.get_logger()


def travel_time(name: str) -> TravelTime:
    """The function of a name, `package.module:function`; `eta_s` when the name is empty.

    `eta_s` also answers where that function fails or returns no valid time.
    """
    if not name:
        return eta_s
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
