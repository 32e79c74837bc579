"""Applies one fix to a device's visit to one fence, with the noise guards."""

from dataclasses import dataclass, replace
from functools import cached_property

from geodata.distance import distance_m
from geodata.fences.events import Reason, confidence_reason
from geodata.fences.state import Fence, Fix, Visit


@dataclass(frozen=True)
class Sighting:
    """One fix in relation to one fence; the distance is measured only when it is read."""

    fence_id: str
    fence: Fence
    fix: Fix
    inside: bool
    crossed: bool

    @cached_property
    def distance_m(self) -> float:
        """Metres to the fence's edge, negative inside."""
        return self.fence.shape.distance_to_edge_m(self.fix.point)

    @property
    def reason(self) -> Reason:
        """The reason of the confidence that the fix is on its side of the edge."""
        return confidence_reason(self.distance_m, self.fix.accuracy_m)

    @property
    def is_out(self) -> bool:
        """True if a device that was inside has left, beyond the exit buffer."""
        buffer = self.fence.rules.exit_buffer_m
        if self.inside or buffer is None:
            return not self.inside
        return self.distance_m - (self.fix.accuracy_m or 0) > buffer


def is_too_fast(last: Fix | None, fix: Fix, max_speed_mps: float | None) -> bool:
    """True if a fix is too far from the last one, even with the accuracies of both allowed for."""
    if last is None or max_speed_mps is None:
        return False
    blurred_m = (last.accuracy_m or 0) + (fix.accuracy_m or 0)
    seconds = (fix.time_ms - last.time_ms) / 1000
    return distance_m(last.point, fix.point) - blurred_m > max_speed_mps * seconds


def visit_after(visit: Visit | None, sight: Sighting) -> Visit | None:
    """The visit after a fix, given the visit before it; None means outside."""
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
    """The time at which a visit changes without a fix; a pending exit suspends the dwell."""
    return visit.dwell_due_ms if visit.exit_due_ms is None else visit.exit_due_ms
