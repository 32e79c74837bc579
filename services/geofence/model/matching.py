"""Decides the events that a subscription gets, and the times of retries of a delivery."""

import random

from enrayon.geofence.v1 import geofence_pb2 as pb

RETRY_S: tuple[float, ...] = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds between attempts, as the Standard Webhooks specification suggests: 75 hours in all."""
JITTER = 0.2
"""Delays vary by this share, so that failed deliveries do not all return at one moment."""


def admits(wanted: pb.EventFilter, event: pb.FenceEvent) -> bool:
    """True if an event passes a filter."""
    if event.mute and not wanted.include_muted:
        return False
    if wanted.event_types and event.event_type not in wanted.event_types:
        return False
    if wanted.stores and event.store not in wanted.stores:
        return False
    return all(event.labels.get(key) == value for key, value in wanted.labels.items())


def delay_ms(tries: int, jitter: random.Random) -> int | None:
    """The pause after so many attempts; None when there are no more."""
    if tries > len(RETRY_S):
        return None
    return round(RETRY_S[max(tries, 1) - 1] * 1000 * jitter.uniform(1 - JITTER, 1 + JITTER))
