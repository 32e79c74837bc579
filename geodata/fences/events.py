"""What can happen between a device and a fence, and how sure it is."""

import enum
import hashlib
from dataclasses import dataclass


class EventType(enum.Enum):
    """What a fix, or the time since it, told of one fence."""

    ENTER = "enter"
    EXIT = "exit"
    CROSS = "cross"
    """Both fixes were outside, and the way between them touched the fence."""
    DWELL = "dwell"
    """The device has been inside for the fence's dwell time; once a visit."""
    INSIDE = "inside"
    OUTSIDE = "outside"


class Cause(enum.Enum):
    """What made an event."""

    FIX = "fix"
    TIME = "time"
    """A dwell or an exit delay ran out, whether or not a later fix has come."""
    FENCE_DELETED = "fence_deleted"


class Confidence(enum.IntEnum):
    """How sure it is that the device is on the side of the edge that an event says."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Reason(enum.IntEnum):
    """Why a confidence is what it is."""

    ACCURACY_UNKNOWN = 0
    EDGE_WITHIN_ACCURACY = 1
    EDGE_BEYOND_ACCURACY = 2
    EDGE_FAR_BEYOND_ACCURACY = 3
    ONLY_THE_WAY = 4
    """No fix lay inside; where the device went between two of them is an assumption."""
    FENCE_DELETED = 5

    @property
    def confidence(self) -> Confidence:
        """The confidence that this gives."""
        return _CONFIDENCE[self]


_CONFIDENCE = {
    Reason.ACCURACY_UNKNOWN: Confidence.NONE,
    Reason.EDGE_WITHIN_ACCURACY: Confidence.LOW,
    Reason.EDGE_BEYOND_ACCURACY: Confidence.MEDIUM,
    Reason.EDGE_FAR_BEYOND_ACCURACY: Confidence.HIGH,
    Reason.ONLY_THE_WAY: Confidence.LOW,
    Reason.FENCE_DELETED: Confidence.HIGH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. It holds no position and nothing that names the device."""

    fence_id: str
    type: EventType
    cause: Cause
    sequence: int
    """Of the fix it goes back to: with DWELL that of the ENTER, with an EXIT that time or a
    deletion caused that of the last fix applied."""
    number: int
    """1, 2, 3... for each device, in the order in which its events are to be delivered."""
    time_ms: int
    """When it happened, by the device's clock."""
    server_time_ms: int
    """When it was found out."""
    inside_since_ms: int | None
    """When the visit began, by the device's clock; None where there is no visit."""
    reason: Reason

    @property
    def confidence(self) -> Confidence:
        """How sure it is."""
        return self.reason.confidence

    def id(self, subject: str) -> str:
        """The same 32 hex digits whenever and wherever the same event is found again.

        Made of subject, fence, type and sequence, so a device must use each sequence once; one
        that keeps no count gives the time of its fix in milliseconds.
        """
        parts = (subject, self.fence_id, self.type.value, str(self.sequence))
        # Each part goes with its length, or two different events could run into one text.
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def detect(was_inside: bool, is_inside: bool, crossed: bool) -> tuple[EventType, ...]:
    """The detect table: first what changed, if anything, then where the device is now.

    Before its first fix a device is outside everything, so a first fix inside is an ENTER.
    """
    if is_inside:
        return (EventType.INSIDE,) if was_inside else (EventType.ENTER, EventType.INSIDE)
    if was_inside:
        return (EventType.EXIT, EventType.OUTSIDE)
    return (EventType.CROSS, EventType.OUTSIDE) if crossed else (EventType.OUTSIDE,)


def judge(distance_to_edge_m: float, accuracy_m: float | None) -> Reason:
    """How sure a fix is to be on its side of an edge, by the distance and its accuracy.

    `accuracy_m` is, as phones give it, the radius that holds the true place with 68 %. With a
    normal error a straight edge that far away then leaves 93 % for the fix's side, an edge twice
    as far 99.9 %, one half as far 78 %. The sign of the distance does not matter.
    """
    if accuracy_m is None:
        return Reason.ACCURACY_UNKNOWN
    distance = abs(distance_to_edge_m)
    if distance < accuracy_m:
        return Reason.EDGE_WITHIN_ACCURACY
    if distance < 2 * accuracy_m:
        return Reason.EDGE_BEYOND_ACCURACY
    return Reason.EDGE_FAR_BEYOND_ACCURACY
