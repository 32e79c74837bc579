"""What one fix does to a device's visit to one fence: the guards against noise."""

from dataclasses import dataclass, replace
from functools import cached_property

from geodata.distance import distance_m
from geodata.fences.events import Reason, judge
from geodata.fences.state import Fence, Fix, Visit


@dataclass(frozen=True)
class Sight:
    """One fence as seen by a fix. Its distance is measured only if somebody asks."""

    fence_id: str
    fence: Fence
    fix: Fix
    inside: bool
    crossed: bool

    @cached_property
    def distance_m(self) -> float:
        """To the fence's edge, negative inside."""
        return self.fence.shape.distance_to_edge_m(self.fix.point)

    @property
    def reason(self) -> Reason:
        """The confidence of what the fix says of the fence."""
        return judge(self.distance_m, self.fix.accuracy_m)

    @property
    def is_out(self) -> bool:
        """Whether a device that was inside has left, by the exit buffer."""
        buffer = self.fence.rules.exit_buffer_m
        if self.inside or buffer is None:
            return not self.inside
        return self.distance_m - (self.fix.accuracy_m or 0) > buffer


def is_too_fast(last: Fix | None, fix: Fix, max_speed_mps: float | None) -> bool:
    """Whether a fix is too far from the last one, whatever the errors of both may explain."""
    if last is None or max_speed_mps is None:
        return False
    blurred_m = (last.accuracy_m or 0) + (fix.accuracy_m or 0)
    seconds = (fix.time_ms - last.time_ms) / 1000
    return distance_m(last.point, fix.point) - blurred_m > max_speed_mps * seconds


def visit_after(visit: Visit | None, sight: Sight) -> Visit | None:
    """A device's visit to a fence after a fix, given the one before; None when it is outside."""
    fix, rules = sight.fix, sight.fence.rules
    if visit is None:
        if not sight.inside:
            return None
        return Visit(
            fence_id=sight.fence_id,
            inside_since_ms=fix.time_ms,
            enter_sequence=fix.sequence,
            dwell_due_ms=None if rules.dwell_ms is None else fix.time_ms + rules.dwell_ms,
            exit_due_ms=None,
            reason=sight.reason,
        )
    if sight.is_out:
        if not rules.exit_delay_ms:
            return None
        if visit.exit_due_ms is None:
            exit_due_ms = fix.time_ms + rules.exit_delay_ms
            return replace(visit, exit_due_ms=exit_due_ms, reason=sight.reason)
    elif visit.exit_due_ms is not None:
        return replace(visit, exit_due_ms=None, reason=sight.reason)
    return visit


def due_ms(visit: Visit) -> int | None:
    """When time alone will change a visit. A device about to exit does not dwell."""
    return visit.dwell_due_ms if visit.exit_due_ms is None else visit.exit_due_ms
