"""How many records a process has in memory, and how old they are."""

import datetime as dt
import math
import time
import weakref
from collections.abc import Callable
from typing import Protocol

from prometheus_client import Gauge

RECORDS = Gauge("enrayon_feed_records", "Records of a kind in memory.", ["kind"])
LAG = Gauge("enrayon_feed_lag_seconds", "Age of the last proof that records are current.", ["kind"])
SEQUENCE = Gauge("enrayon_feed_sequence", "Number of the last change in memory.", ["kind"])


class Measured(Protocol):
    """What is measured of a feed."""

    @property
    def size(self) -> int:
        """Records in memory."""

    @property
    def sequence(self) -> int:
        """The number of the last change in memory."""

    @property
    def current_at(self) -> dt.datetime:
        """When the records were last known to be current."""

    @property
    def is_loaded(self) -> bool:
        """Whether there are records at all."""


def watch(kind: str, feed: Measured) -> None:
    """Measure a feed at each scrape for as long as it lives; NaN while it is not loaded."""
    alive = weakref.ref(feed)

    def reading(read: Callable[[Measured], float]) -> Callable[[], float]:
        def now() -> float:
            it = alive()
            return read(it) if it is not None and it.is_loaded else math.nan

        return now

    RECORDS.labels(kind).set_function(reading(lambda it: it.size))
    LAG.labels(kind).set_function(
        reading(lambda it: max(0.0, time.time() - it.current_at.timestamp()))
    )
    SEQUENCE.labels(kind).set_function(reading(lambda it: it.sequence))
