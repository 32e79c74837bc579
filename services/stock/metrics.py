"""Metrics of holds, alerts and shelves. No label names a caller, a store or a product."""

import math
import weakref
from collections.abc import Callable
from typing import Protocol

from prometheus_client import Counter, Gauge

HOLDS = Counter("enrayon_stock_holds", "Holds asked for, by outcome.", ["outcome"])
CHANGES = Counter(
    "enrayon_stock_hold_changes", "Changes of holds, by action and outcome.", ["action", "outcome"]
)
EXPIRED = Counter("enrayon_stock_holds_expired", "Holds that the sweeper ended or deleted.")
FIRED = Counter("enrayon_stock_alerts_fired", "Alerts that fired.")
ALERTS_LAG = Gauge(
    "enrayon_stock_alerts_lag_seconds", "Age of the oldest movement not matched with alerts."
)
UNMET = Counter(
    "enrayon_stock_unmet_searches", "Searches for a product that no store near by could serve."
)
EVENTS_DROPPED = Gauge(
    "enrayon_stock_events_dropped",
    "Events of holds and alerts, of all processes, that made room for later ones unread.",
)
SHELVES = Gauge("enrayon_stock_shelves_stores", "Stores in the shelves of a process.")
SHELVES_LAG = Gauge(
    "enrayon_stock_shelves_lag_seconds",
    "Age of the shelves of a process; not a number before they are loaded.",
)


class Measured(Protocol):
    """The shelves of a process."""

    @property
    def store_count(self) -> int:
        """Stores that have shelves."""

    @property
    def lag_s(self) -> float | None:
        """The age in seconds; None while they are not loaded."""


def watch(follower: Measured) -> None:
    """Measure shelves at each scrape for as long as they live."""
    alive = weakref.ref(follower)

    def reading(read: Callable[[Measured], float | None]) -> Callable[[], float]:
        def now() -> float:
            it = alive()
            found = read(it) if it is not None else None
            return math.nan if found is None else found

        return now

    SHELVES.set_function(reading(lambda it: it.store_count))
    SHELVES_LAG.set_function(reading(lambda it: it.lag_s))
