"""Which events a subscription is told of, and when a delivery is tried again."""

import random

from enrayon.geofence.v1 import geofence_pb2 as pb

RETRY_S: tuple[float, ...] = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds between attempts, as the Standard Webhooks specification suggests: 75 hours in all."""
JITTER = 0.2


def admits(wanted: pb.EventFilter, event: pb.FenceEvent) -> bool:
    """Whether a filter admits an event."""
    if event.mute and not wanted.include_muted:
        return False
    if wanted.event_types and event.event_type not in wanted.event_types:
        return False
    if wanted.stores and event.store not in wanted.stores:
        return False
    return all(event.labels.get(key) == value for key, value in wanted.labels.items())


def delay_ms(tries: int, spread: random.Random) -> int | None:
    """How long to wait after so many attempts; None when they are over."""
    if tries > len(RETRY_S):
        return None
    return round(RETRY_S[max(tries, 1) - 1] * 1000 * spread.uniform(1 - JITTER, 1 + JITTER))
