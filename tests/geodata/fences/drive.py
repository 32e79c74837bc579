"""Replays fixes to the tracker, with the fences at each fix from the shapes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from geodata.fences.events import Event, EventType
from geodata.fences.state import DeviceState, Fence, Fix
from geodata.fences.tracking import Verdict, apply, due
from geodata.points import Point


@dataclass
class Drive:
    """A device among fences, with all its events and verdicts."""

    fences: Mapping[str, Fence]
    state: DeviceState = field(default_factory=DeviceState)
    events: list[Event] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    applied: list[Fix] = field(default_factory=list)

    def report(self, fix: Fix, now_ms: int | None = None) -> tuple[Event, ...]:
        """Apply a fix, by default without delay."""
        last = (self.state.last or fix).point
        shapes = {fence_id: fence.shape for fence_id, fence in self.fences.items()}
        inside = {id_ for id_, shape in shapes.items() if shape.contains(fix.point)}
        crossed = {id_ for id_, shape in shapes.items() if shape.crosses(last, fix.point)}
        self.state, events, verdict = apply(
            self.state,
            fix,
            fix.time_ms if now_ms is None else now_ms,
            self.fences,
            inside,
            crossed - inside,
        )
        if verdict in (Verdict.APPLIED, Verdict.IMPLAUSIBLE):
            self.applied.append(fix)
        self.events += events
        self.verdicts.append(verdict)
        return events

    def replay(self, fixes: Iterable[Fix]) -> "Drive":
        """Apply many fixes."""
        for fix in fixes:
            self.report(fix)
        return self

    def wait(self, now_ms: int) -> tuple[Event, ...]:
        """Advance the server's clock to a time."""
        self.state, events = due(self.state, now_ms)
        self.events += events
        return events

    def told(self, *types: EventType) -> list[tuple[int, EventType]]:
        """Sequence and type of the events of some types."""
        return [(event.sequence, event.type) for event in self.events if event.type in types]


def fix_at(
    point: Point, seconds: float, sequence: int | None = None, accuracy_m: float | None = None
) -> Fix:
    """A fix some seconds after midnight of 1 May 2026; the default sequence is the seconds."""
    return Fix(
        point=point,
        time_ms=1_777_593_600_000 + round(seconds * 1000),
        sequence=round(seconds) if sequence is None else sequence,
        accuracy_m=accuracy_m,
    )
