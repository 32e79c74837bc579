"""Gauges of each feed: records in memory, their age, and the number of the last change."""

import datetime as dt
import math
import weakref
from collections.abc import Callable
from typing import Protocol

from prometheus_client import Gauge

from services.chassis.clock import wall_s

RECORDS = Gauge("enrayon_feed_records", "Records of a kind in memory.", ["kind"])
LAG = Gauge("enrayon_feed_lag_seconds", "Age of the last proof that records are current.", ["kind"])
SEQUENCE = Gauge("enrayon_feed_sequence", "Number of the last change in memory.", ["kind"])


class Measured(Protocol):
    """The figures of a feed."""

    @property
    def size(self) -> int:
        """The number of records in memory."""

    @property
    def sequence(self) -> int:
        """The number of the last change in memory."""

    @property
    def current_at(self) -> dt.datetime:
        """The time at which the records were last known to be current."""

    @property
    def is_loaded(self) -> bool:
        """True once records are loaded."""


def watch(kind: str, feed: Measured) -> None:
    """Set the gauges of a feed at each scrape while it lives; NaN while it is not loaded."""
    alive = weakref.ref(feed)

    def reading(read: Callable[[Measured], float]) -> Callable[[], float]:
        def now() -> float:
            feed = alive()
            return read(feed) if feed is not None and feed.is_loaded else math.nan

        return now

    RECORDS.labels(kind).set_function(reading(lambda feed: feed.size))
    LAG.labels(kind).set_function(
        reading(lambda feed: max(0.0, wall_s() - feed.current_at.timestamp()))
    )
    SEQUENCE.labels(kind).set_function(reading(lambda feed: feed.sequence))
