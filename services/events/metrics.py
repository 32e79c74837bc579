"""Metrics of the events service. No label names a device, a person or a place."""

from collections.abc import Mapping

from prometheus_client import Counter, Gauge

UNREADABLE = Counter("enrayon_events_unreadable", "Entries of streams that hold no event.")
EXPIRED = Counter(
    "enrayon_events_expired", "Events not delivered because their time was over.", ["type"]
)
SUBSCRIPTIONS_EXPIRED = Counter(
    "enrayon_events_subscriptions_expired", "Subscriptions that expired, once for each partition."
)
SUSPENDED = Gauge(
    "enrayon_events_suspended", "Subscriptions whose owner has no key or fewer rights by now."
)
DELIVERED = Counter("enrayon_events_delivered", "Events that a webhook accepted.", ["subscription"])
RETRIES = Counter("enrayon_events_retries", "Attempts after the first.", ["subscription"])
STANDING = {
    name: Gauge(f"enrayon_events_{name}", text, ["subscription"])
    for name, text in (
        ("lag", "Events that a subscription has not finished with, at most 100 a partition."),
        ("queued", "Events that wait for another attempt."),
        ("dead", "Dead letters."),
        ("oldest_s", "Age of the oldest event that a subscription has not finished with."),
    )
}


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
