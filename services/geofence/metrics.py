"""Metrics of the geofence service. No label names a device, a fence or a place."""

from collections import Counter as Counts
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import Counter, Gauge

from enrayon.geofence.v1 import geofence_pb2 as pb

FIXES = Counter("enrayon_geofence_fixes", "Fixes reported, by outcome.", ["outcome"])
EVENTS = Counter("enrayon_geofence_events", "Events written, by type.", ["type"])
PEOPLE = Gauge(
    "enrayon_geofence_people", "Registered devices, by the version of their signing key.", ["key"]
)
RULE_MESSAGES = Counter(
    "enrayon_geofence_rule_messages", "Messages of rules: sent, or why not.", ["outcome"]
)


def count_fixes(outcomes: Iterable["pb.FixResult.Outcome.ValueType"]) -> None:
    """Count the fixes of a batch."""
    for outcome, number in Counts(outcomes).items():
        FIXES.labels(pb.FixResult.Outcome.Name(outcome).removeprefix("OUTCOME_")).inc(number)


def count_events(events: Iterable[Sequence[pb.FenceEvent]]) -> None:
    """Count the events of a batch, given by fix."""
    for kind, number in Counts(event.event_type for some in events for event in some).items():
        EVENTS.labels(pb.EventType.Name(kind).removeprefix("EVENT_TYPE_")).inc(number)


def set_people(by_key: Mapping[int, int]) -> None:
    """Set the number of registered devices under each version of the signing key."""
    PEOPLE.clear()
    for version, count in by_key.items():
        PEOPLE.labels(str(version)).set(count)
