"""Turns fixes into events: pure steps for a fix, for elapsed time, and for a deleted fence.

Timers run on the device's clock. `apply` first fires the timers that were due before the fix,
with the same events as a timer that had fired in between. The result therefore depends only on
the fixes applied and their order, not on how often `due` is called. Without a later fix, the
device's clock is assumed to advance from the last fix as the server's clock does.
"""

import enum
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from geodata.fences.events import Cause, Event, EventType, Reason, detect
from geodata.fences.state import DeviceState, Fence, Fix, Visit
from geodata.fences.visits import Sighting, due_ms, is_too_fast, visit_after

MAX_AHEAD_MS = 5 * 60 * 1000
"""A fix is refused if its time is ahead of the server's clock by more than this."""


class Verdict(enum.Enum):
    """The outcome of a fix."""

    APPLIED = "applied"
    IMPLAUSIBLE = "implausible"
    """Applied, but too fast for at least one fence, whose visit it did not change.

    It still becomes the last fix: if it were dropped, one wrong last fix would make the right
    fixes after it look too fast for a long time.
    """
    LATE = "late"
    """Older than the last fix applied; nothing changed."""
    DUPLICATE = "duplicate"
    """Same time and sequence as the last fix applied; nothing changed."""
    AHEAD = "ahead"
    """More than `MAX_AHEAD_MS` in the future; nothing changed."""


Step = tuple[DeviceState, tuple[Event, ...]]


def apply(
    state: DeviceState,
    fix: Fix,
    now_ms: int,
    fences: Mapping[str, Fence],
    inside: Collection[str],
    crossed: Collection[str] = (),
    watching: Collection[str] = (),
) -> tuple[DeviceState, tuple[Event, ...], Verdict]:
    """Apply a fix: the next state, the events in order, and the verdict.

    The order of the events: timers due before the fix; then the fences that the fix leaves, by id;
    then the other fences, by id; then timers that became due when a pending exit was cancelled.

    Args:
        state: the device's state before the fix.
        fix: the new fix.
        now_ms: the server's clock.
        fences: by id, at least those below and in the state; a visit to a missing one is kept.
        inside: ids of all fences that contain the fix.
        crossed: ids of the other fences that the segment from `state.last` touches.
        watching: ids of fences with `every_fix` that report OUTSIDE for this device.
    """
    refused = _refused(state, fix, now_ms)
    if refused:
        return state, (), refused
    if not (state.visits or inside or crossed or watching):  # the fast path of most fixes
        state = DeviceState(last=fix, received_ms=now_ms, event_count=state.event_count)
        return state, (), Verdict.APPLIED
    verdict = Verdict.APPLIED
    visits = {visit.fence_id: visit for visit in state.visits}
    events = _settle(visits, state.last, fix.time_ms, now_ms)
    others: list[Event] = []
    for fence_id in sorted({*visits, *inside, *crossed, *watching} & fences.keys()):
        sight = Sighting(fence_id, fences[fence_id], fix, fence_id in inside, fence_id in crossed)
        if is_too_fast(state.last, fix, sight.fence.rules.max_speed_mps):
            verdict = Verdict.IMPLAUSIBLE
            continue
        before = visits.pop(fence_id, None)
        after = visit_after(before, sight)
        if after:
            visits[fence_id] = after
        told = events if before and not after else others
        told += _events(before, after, sight, now_ms)
    events += others
    # A cancelled exit may leave a dwell that is due.
    events += _settle(visits, fix, fix.time_ms, now_ms)
    return *_step(state, fix, now_ms, visits, events), verdict


def due(state: DeviceState, now_ms: int) -> Step:
    """Advance time without a fix: fire the dwells and the delayed exits that are due."""
    visits = {visit.fence_id: visit for visit in state.visits}
    events = _settle(visits, state.last, device_time_ms(state, now_ms), now_ms)
    return _step(state, state.last, state.received_ms, visits, events)


def next_due_ms(state: DeviceState) -> int | None:
    """The time, by the server's clock, of the next timer; None without a timer."""
    if not state.visits:
        return None
    times = [time for visit in state.visits if (time := due_ms(visit)) is not None]
    ahead_ms = state.received_ms - state.last.time_ms if state.last else 0
    return min(times) + ahead_ms if times else None


def leave_deleted(state: DeviceState, fence_id: str, now_ms: int) -> Step:
    """End the visit to a deleted fence, if there is one."""
    visits = {visit.fence_id: visit for visit in state.visits}
    visit = visits.pop(fence_id, None)
    if visit is None or state.last is None:
        return state, ()
    event = Event(
        fence_id=fence_id,
        type=EventType.EXIT,
        cause=Cause.FENCE_DELETED,
        sequence=state.last.sequence,
        number=0,
        time_ms=device_time_ms(state, now_ms),
        server_time_ms=now_ms,
        inside_since_ms=visit.inside_since_ms,
        reason=Reason.FENCE_DELETED,
    )
    return _step(state, state.last, state.received_ms, visits, [event])


def device_time_ms(state: DeviceState, now_ms: int) -> int:
    """The device's clock now, assuming that it ran as the server's since the last fix."""
    return state.last.time_ms + now_ms - state.received_ms if state.last else now_ms


def _refused(state: DeviceState, fix: Fix, now_ms: int) -> Verdict | None:
    if fix.time_ms > now_ms + MAX_AHEAD_MS:
        return Verdict.AHEAD
    if state.last is None or fix.order > state.last.order:
        return None
    return Verdict.DUPLICATE if fix.order == state.last.order else Verdict.LATE


def _events(
    before: Visit | None, after: Visit | None, sight: Sighting, now_ms: int
) -> Iterator[Event]:
    visit = after or before
    for type_ in detect(before is not None, after is not None, sight.crossed):
        if type_ in (EventType.INSIDE, EventType.OUTSIDE) and not sight.fence.rules.every_fix:
            continue
        yield Event(
            fence_id=sight.fence_id,
            type=type_,
            cause=Cause.FIX,
            sequence=sight.fix.sequence,
            number=0,
            time_ms=sight.fix.time_ms,
            server_time_ms=now_ms,
            inside_since_ms=visit.inside_since_ms if visit else None,
            reason=Reason.ONLY_THE_WAY if type_ is EventType.CROSS else sight.reason,
        )


def _settle(visits: dict[str, Visit], last: Fix | None, time_ms: int, now_ms: int) -> list[Event]:
    """Fire the timers due by `time_ms` (device clock): changes `visits`, returns the events.

    Each visit has at most one timer to fire: its exit if one is pending, else its dwell. Timers
    fire by time, then by fence id.
    """
    if last is None or not visits:
        return []
    timed = ((due_ms(visit), fence_id) for fence_id, visit in visits.items())
    events = []
    for time, fence_id in sorted((time, id_) for time, id_ in timed if time is not None):
        if time > time_ms:
            break
        visit = visits[fence_id]
        exits = visit.exit_due_ms is not None
        if exits:
            del visits[fence_id]
        else:
            visits[fence_id] = replace(visit, dwell_due_ms=None)
        events.append(
            Event(
                fence_id=fence_id,
                type=EventType.EXIT if exits else EventType.DWELL,
                cause=Cause.TIME,
                sequence=last.sequence if exits else visit.enter_sequence,
                number=0,
                time_ms=time,
                server_time_ms=now_ms,
                inside_since_ms=visit.inside_since_ms,
                reason=visit.reason,
            )
        )
    return events


def _step(
    state: DeviceState,
    last: Fix | None,
    received_ms: int,
    visits: Mapping[str, Visit],
    events: Sequence[Event],
) -> Step:
    """The next state, and the events with their numbers."""
    numbered = tuple(
        replace(event, number=number)
        for number, event in enumerate(events, start=state.event_count + 1)
    )
    state = DeviceState(
        last=last,
        received_ms=received_ms,
        event_count=state.event_count + len(numbered),
        visits=tuple(visits[fence_id] for fence_id in sorted(visits)),
    )
    return state, numbered
