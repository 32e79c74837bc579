"""Metrics of the geofence service. No label names a device, a fence or a place."""

from collections import Counter as Counts
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import Counter, Gauge

from enrayon.geofence.v1 import geofence_pb2 as pb

FIXES = Counter("enrayon_geofence_fixes", "Fixes reported, by outcome.", ["outcome"])
EVENTS = Counter("enrayon_geofence_events", "Events written, by type.", ["type"])
UNREADABLE = Counter("enrayon_geofence_unreadable", "Entries of streams that hold no event.")
EXPIRED = Counter(
    "enrayon_geofence_expired", "Subscriptions that expired, once for each partition."
)
DELIVERED = Counter(
    "enrayon_geofence_delivered", "Events that a webhook accepted.", ["subscription"]
)
RETRIES = Counter("enrayon_geofence_retries", "Attempts after the first.", ["subscription"])
STANDING = {
    name: Gauge(f"enrayon_geofence_{name}", text, ["subscription"])
    for name, text in (
        ("lag", "Events that a subscription has not finished with, at most 100 a partition."),
        ("queued", "Events that wait for another attempt."),
        ("dead", "Dead letters."),
        ("oldest_s", "Age of the oldest event that a subscription has not finished with."),
    )
}


def count_fixes(outcomes: Iterable["pb.FixResult.Outcome.ValueType"]) -> None:
    """Count the fixes of a batch."""
    for outcome, number in Counts(outcomes).items():
        FIXES.labels(pb.FixResult.Outcome.Name(outcome).removeprefix("OUTCOME_")).inc(number)


def count_events(events: Iterable[Sequence[pb.FenceEvent]]) -> None:
    """Count the events of a batch, given by fix."""
    for kind, number in Counts(event.event_type for some in events for event in some).items():
        EVENTS.labels(pb.EventType.Name(kind).removeprefix("EVENT_TYPE_")).inc(number)


def set_standing(subscription: str, standing: Mapping[str, float]) -> None:
    """Set the gauges of a subscription."""
    for name, value in standing.items():
        STANDING[name].labels(subscription).set(value)


def forget_standing(subscription: str) -> None:
    """Remove the gauges of a subscription that is deleted."""
    for gauge in STANDING.values():
        gauge.remove(subscription)


def forget_deliveries(subscription: str) -> None:
    """Remove the counters of a subscription that is no longer delivered to."""
    for counter in (DELIVERED, RETRIES):
        counter.remove(subscription)
