"""How long someone takes to a store: by what was plugged in, else by the straight line."""

import pkgutil
from collections.abc import Callable
from math import isfinite

import structlog

from geodata.fences.trips import Mode, eta_s
from geodata.points import Point

TravelTime = Callable[[Point, Point, Mode], float]
"""Seconds from a position to a store. It answers from memory: a batch of fixes waits for it."""

log = structlog.get_logger()


def travel_time(name: str) -> TravelTime:
    """The function of a name, `package.module:function`; the straight line when it is empty.

    Where the function fails, or answers what is no time, the straight line stands in.
    """
    if not name:
        return eta_s
    plugged = pkgutil.resolve_name(name)
    is_well = True

    def seconds(position: Point, store: Point, mode: Mode) -> float:
        nonlocal is_well
        try:
            found = float(plugged(position, store, mode))
            if not (isfinite(found) and found >= 0):
                raise ValueError
        except Exception as error:  # whatever another's code may raise
            if is_well:
                log.warning("the travel time provider fails", error=type(error).__name__)
            is_well = False
            return eta_s(position, store, mode)
        is_well = True
        return found

    return seconds
