"""What is kept of a device between two fixes, and the settings of a fence that act on it."""

from dataclasses import dataclass
from math import isfinite

from geodata.fences.events import Reason
from geodata.fences.shape import FenceError, Shape
from geodata.points import Point

MAX_RULE_MS = 24 * 60 * 60 * 1000
"""No dwell or exit delay is longer than a device's state is kept: 24 hours."""

_MAX_TIME_MS = 1 << 53


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """Where a device was, and when, by its own account.

    Fixes are ordered by time, and within one millisecond by sequence.

    Raises:
        FenceError: naming the field that is out of range.
    """

    point: Point
    time_ms: int
    """By the device's clock, since 1970 UTC."""
    sequence: int
    """A number that the device uses once; its time in milliseconds if it keeps no count."""
    accuracy_m: float | None = None
    """Radius that holds the true place with 68 %; None when the device does not tell."""

    def __post_init__(self) -> None:
        if abs(self.time_ms) > _MAX_TIME_MS:
            raise FenceError("time_ms", f"out of range: {self.time_ms}")
        if not 0 <= self.sequence < 1 << 63:
            raise FenceError("sequence", f"must be in [0, 2^63), got {self.sequence}")
        accuracy = self.accuracy_m
        if accuracy is not None and not (isfinite(accuracy) and accuracy >= 0):
            raise FenceError("accuracy_m", f"must be finite and not negative, got {accuracy}")

    @property
    def order(self) -> tuple[int, int]:
        """The later of two fixes has the greater one."""
        return self.time_ms, self.sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A fence's settings. Everything that guards against noise is off unless it is set.

    Raises:
        FenceError: naming the field that is out of range.
    """

    dwell_ms: int | None = None
    """Time inside after which DWELL fires."""
    exit_buffer_m: float | None = None
    """A fix outside is an exit only if its distance to the edge is more than this plus its
    accuracy (0 if unknown); else the device counts as inside still."""
    exit_delay_ms: int = 0
    """A device exits when no fix has brought it back for so long."""
    max_speed_mps: float | None = None
    """A fix that the device could only have reached faster than this, even if both accuracies
    were used up on the way, changes nothing for this fence."""
    every_fix: bool = False
    """Whether each fix also tells INSIDE or OUTSIDE."""

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
    """A shape and the settings that go with it."""

    shape: Shape
    rules: Rules = Rules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A device's stay in one fence, from its ENTER to its EXIT."""

    fence_id: str
    inside_since_ms: int
    enter_sequence: int
    dwell_due_ms: int | None
    """When DWELL fires, by the device's clock; None when it has fired or never will."""
    exit_due_ms: int | None
    """When the visit ends unless a fix brings the device back; None while nothing says so."""
    reason: Reason
    """The confidence of the fix that last changed this visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """All that is kept of a device: its last fix, and the fences it is in."""

    last: Fix | None = None
    """The last fix applied."""
    received_ms: int = 0
    """When it came, by the server's clock."""
    event_count: int = 0
    """The number of the device's last event."""
    visits: tuple[Visit, ...] = ()
    """Sorted by fence id."""
