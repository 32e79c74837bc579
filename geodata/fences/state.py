"""The state of a device between two fixes, and the fence settings that act on it."""

from dataclasses import dataclass
from math import isfinite

from geodata.fences.events import Reason
from geodata.fences.shape import FenceError, Shape
from geodata.points import Point

MAX_RULE_MS = 24 * 60 * 60 * 1000
"""The longest dwell time and exit delay: the 24 hours that a device's state is kept."""

_MAX_TIME_MS = 1 << 53


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A position reported by a device, with its time.

    Fixes are ordered by time, and within one millisecond by sequence.

    Raises:
        FenceError: a field is out of range; the error names it.
    """

    point: Point
    time_ms: int
    """Time by the device's clock, since 1970 UTC."""
    sequence: int
    """A number that the device uses once; a device without a counter uses the time in ms."""
    accuracy_m: float | None = None
    """Radius that contains the true position with a probability of 68 %; None or 0 if unknown."""

    def __post_init__(self) -> None:
        if abs(self.time_ms) > _MAX_TIME_MS:
            raise FenceError("time_ms", f"is out of range: {self.time_ms}")
        if not 0 <= self.sequence < 1 << 63:
            raise FenceError("sequence", f"must be in [0, 2^63), got {self.sequence}")
        accuracy = self.accuracy_m
        if accuracy is not None and not (isfinite(accuracy) and accuracy >= 0):
            raise FenceError("accuracy_m", f"must be finite and not negative, got {accuracy}")

    @property
    def order(self) -> tuple[int, int]:
        """Sort key: time, then sequence."""
        return self.time_ms, self.sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The detection settings of a fence; all noise guards are off by default.

    Raises:
        FenceError: a setting is out of range; the error names it.
    """

    dwell_ms: int | None = None
    """Time inside after which DWELL fires."""
    exit_buffer_m: float | None = None
    """A fix outside is an exit only if its distance to the edge is more than this plus its
    accuracy (0 if unknown); otherwise the device still counts as inside."""
    exit_delay_ms: int = 0
    """A device exits if no fix is inside again within this time."""
    max_speed_mps: float | None = None
    """A fix that implies a higher speed, even after subtracting both accuracies from the
    distance, changes nothing for this fence."""
    every_fix: bool = False
    """True to emit INSIDE or OUTSIDE for every fix too."""

    def __post_init__(self) -> None:
        if self.dwell_ms is not None and not 0 < self.dwell_ms <= MAX_RULE_MS:
            raise FenceError("dwell_ms", f"must be in (0, {MAX_RULE_MS}], got {self.dwell_ms}")
        if not 0 <= self.exit_delay_ms <= MAX_RULE_MS:
            raise FenceError(
                "exit_delay_ms", f"must be in [0, {MAX_RULE_MS}], got {self.exit_delay_ms}"
            )
        buffer, speed = self.exit_buffer_m, self.max_speed_mps
        if buffer is not None and not (isfinite(buffer) and buffer >= 0):
            raise FenceError("exit_buffer_m", f"must be finite and not negative, got {buffer}")
        if speed is not None and not (isfinite(speed) and speed > 0):
            raise FenceError("max_speed_mps", f"must be finite and positive, got {speed}")


@dataclass(frozen=True, slots=True)
class Fence:
    """A shape with its settings."""

    shape: Shape
    rules: Rules = Rules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A device's stay in one fence, from its ENTER to its EXIT."""

    fence_id: str
    inside_since_ms: int
    enter_sequence: int
    dwell_due_ms: int | None
    """Time of the DWELL, by the device's clock; None if it has fired or the fence has none."""
    exit_due_ms: int | None
    """Time at which the visit ends unless a fix is inside again; None if no exit is pending."""
    reason: Reason
    """The reason of the confidence in the fix that last changed this visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """The whole stored state of a device: its last fix, and its visits."""

    last: Fix | None = None
    """The last fix applied."""
    received_ms: int = 0
    """Receive time of the last fix, by the server's clock."""
    event_count: int = 0
    """The number of the device's last event."""
    visits: tuple[Visit, ...] = ()
    """Sorted by fence id."""
