"""Fence events: their types, causes, ids and confidence."""

import enum
import hashlib
from dataclasses import dataclass


class EventType(enum.Enum):
    """The type of an event between a device and a fence."""

    ENTER = "enter"
    EXIT = "exit"
    CROSS = "cross"
    """Both fixes are outside, and the segment between them touches the fence."""
    DWELL = "dwell"
    """The device has been inside for the fence's dwell time; at most once per visit."""
    INSIDE = "inside"
    OUTSIDE = "outside"


class Cause(enum.Enum):
    """The cause of an event."""

    FIX = "fix"
    TIME = "time"
    """A dwell time or an exit delay ended, with or without a later fix."""
    FENCE_DELETED = "fence_deleted"


class Confidence(enum.IntEnum):
    """Confidence that the device is on the stated side of the edge."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Reason(enum.IntEnum):
    """The reason of a confidence; the values are stored."""

    ACCURACY_UNKNOWN = 0
    EDGE_WITHIN_ACCURACY = 1
    EDGE_BEYOND_ACCURACY = 2
    EDGE_FAR_BEYOND_ACCURACY = 3
    ONLY_THE_WAY = 4
    """No fix was inside; the straight path between two fixes is an assumption."""
    FENCE_DELETED = 5

    @property
    def confidence(self) -> Confidence:
        """The confidence that follows from the reason."""
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
    """An event; it holds no position and no identifier of the device."""

    fence_id: str
    type: EventType
    cause: Cause
    sequence: int
    """Sequence of the fix that caused the event. DWELL has the sequence of the ENTER; an EXIT
    caused by time or by a deletion has the sequence of the last applied fix."""
    number: int
    """1, 2, 3... per device: the order of delivery."""
    time_ms: int
    """Time of the event, by the device's clock."""
    server_time_ms: int
    """Time of its detection, by the server's clock."""
    inside_since_ms: int | None
    """Begin of the visit, by the device's clock; None without a visit."""
    reason: Reason

    @property
    def confidence(self) -> Confidence:
        """The confidence of the event."""
        return self.reason.confidence

    def id(self, subject: str) -> str:
        """A stable id of 32 hex digits: a repeated detection of the event gives the same id.

        It is a hash of subject, fence, type and sequence, so a device must use each sequence
        once. A device without a counter sends the time of its fix in milliseconds.
        """
        parts = (subject, self.fence_id, self.type.value, str(self.sequence))
        # The length before each part keeps the text of two different events different.
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def detect(was_inside: bool, is_inside: bool, crossed: bool) -> tuple[EventType, ...]:
    """The detection table: the change, if any, then the present side.

    A device without a previous fix counts as outside, so a first fix inside is an ENTER.
    """
    if is_inside:
        return (EventType.INSIDE,) if was_inside else (EventType.ENTER, EventType.INSIDE)
    if was_inside:
        return (EventType.EXIT, EventType.OUTSIDE)
    return (EventType.CROSS, EventType.OUTSIDE) if crossed else (EventType.OUTSIDE,)


def confidence_reason(distance_to_edge_m: float, accuracy_m: float | None) -> Reason:
    """The reason of the confidence in a fix, from its accuracy and its distance to the edge.

    `accuracy_m` is the radius that contains the true position with a probability of 68 %, as
    phones report it. With a normal error and a straight edge, the probability that the fix is on
    the right side is 78 % at half that distance, 93 % at that distance, and 99.9 % at twice
    that distance. The sign of the distance is ignored. An accuracy of 0 means that the phone does
    not know it: no position is perfect.
    """
    if not accuracy_m:
        return Reason.ACCURACY_UNKNOWN
    distance = abs(distance_to_edge_m)
    if distance < accuracy_m:
        return Reason.EDGE_WITHIN_ACCURACY
    if distance < 2 * accuracy_m:
        return Reason.EDGE_BEYOND_ACCURACY
    return Reason.EDGE_FAR_BEYOND_ACCURACY
