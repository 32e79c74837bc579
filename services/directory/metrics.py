"""How much a process has in memory, and how old it is."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from services.directory.feed import Feed

_feeds: "WeakValueDictionary[str, Feed[Any]]" = WeakValueDictionary()


def watch(kind: str, feed: "Feed[Any]") -> None:
    """Have a feed measured for as long as it lives."""
    _feeds[kind] = feed


class Feeds(Collector):
    """The feeds of this process, measured when asked."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges."""
        records = GaugeMetricFamily(
            "enrayon_feed_records", "Records of a kind in memory.", labels=["kind"]
        )
        lag = GaugeMetricFamily(
            "enrayon_feed_lag_seconds",
            "How long ago the records of a kind were last known to be current.",
            labels=["kind"],
        )
        sequence = GaugeMetricFamily(
            "enrayon_feed_sequence", "Number of the last change in memory.", labels=["kind"]
        )
        for kind, feed in sorted(_feeds.items()):
            if feed.is_loaded:
                records.add_metric([kind], len(feed.replica))
                lag.add_metric([kind], max(0.0, time.time() - feed.current_at.timestamp()))
                sequence.add_metric([kind], feed.sequence)
        return records, lag, sequence


REGISTRY.register(Feeds())
