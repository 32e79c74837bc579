"""Messages of rules: caps over all fences and stores; messages that wait until a store opens."""

import dataclasses
from typing import NamedTuple

from services.geofence.model.people import Person

KEPT_MOST = 5
"""The most messages that wait for one device."""


class Kept(NamedTuple):
    """A message that waits until its store opens. Times are in ms by the server's clock."""

    rule: str
    shape: str
    """The key of the shape of the event that caused it."""
    cause: str
    """The id of that event."""
    device_ms: int
    """The time of that event, by the device's clock."""
    due_ms: int
    expire_ms: int


def counted(person: Person, rule: str, messages: int, period_ms: int, now_ms: int) -> Person | None:
    """The person once one more message of a rule is counted; None if the cap is reached."""
    counts = {about: (start_ms, count) for about, start_ms, count in person.counts}
    start_ms, count = counts.get(rule, (now_ms, 0))
    if now_ms - start_ms >= period_ms:
        start_ms, count = now_ms, 0
    if count >= messages:
        return None
    counts[rule] = (start_ms, count + 1)
    kept = tuple((about, *pair) for about, pair in sorted(counts.items()))
    return dataclasses.replace(person, counts=kept)
