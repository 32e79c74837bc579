"""From fixes to events: one pure step for each fix, and one for the passing of time.

Timers run on the device's clock. Whenever a fix is applied, what was due before it happens
first, with the same events as if a timer had fired in between; so the outcome depends on the
fixes applied and their order, and not on how often anybody looked. Without a later fix the
device's clock is taken to run on from the last one as the server's does since it came.
"""

import enum
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from geodata.fences.events import Cause, Event, EventType, Reason, detect
from geodata.fences.state import DeviceState, Fence, Fix, Visit
from geodata.fences.visits import Sight, due_ms, is_too_fast, visit_after

MAX_AHEAD_MS = 5 * 60 * 1000
"""A fix from a clock that is ahead of the server's by more than this is refused."""


class Verdict(enum.Enum):
    """What became of a fix."""

    APPLIED = "applied"
    IMPLAUSIBLE = "implausible"
    """Applied, but too fast to believe for some fence, for which it changed nothing.

    It becomes the last fix all the same: were it dropped, one wrong fix would make all the right
    ones after it look too fast, until enough time had passed.
    """
    LATE = "late"
    """Older than the last one applied. Nothing changed."""
    DUPLICATE = "duplicate"
    """Of the same time and sequence as the last one applied. Nothing changed."""
    AHEAD = "ahead"
    """From the future by more than `MAX_AHEAD_MS`. Nothing changed."""


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
    """Take in a fix: the next state, the events in order, and what became of the fix.

    Args:
        state: of the device before.
        fix: the new one.
        now_ms: the server's clock.
        fences: at least those named below and in the state; unknown ones stay as they are.
        inside: ids of all fences that hold the fix.
        crossed: ids of fences that the way from `state.last` touches without holding the fix.
        watching: ids of fences with `every_fix` that are to tell OUTSIDE of this device too.
    """
    refused = _refused(state, fix, now_ms)
    if refused:
        return state, (), refused
    if not (state.visits or inside or crossed or watching):  # so it is with most fixes
        state = DeviceState(last=fix, received_ms=now_ms, event_count=state.event_count)
        return state, (), Verdict.APPLIED
    verdict = Verdict.APPLIED
    visits = {visit.fence_id: visit for visit in state.visits}
    events = _settle(visits, state.last, fix.time_ms, now_ms)
    for fence_id in sorted({*visits, *inside, *crossed, *watching} & fences.keys()):
        sight = Sight(fence_id, fences[fence_id], fix, fence_id in inside, fence_id in crossed)
        if is_too_fast(state.last, fix, sight.fence.rules.max_speed_mps):
            verdict = Verdict.IMPLAUSIBLE
            continue
        before = visits.pop(fence_id, None)
        after = visit_after(before, sight)
        if after:
            visits[fence_id] = after
        events += _events(before, after, sight, now_ms)
    # A device that is back from a pending exit may have dwelt meanwhile.
    events += _settle(visits, fix, fix.time_ms, now_ms)
    return *_step(state, fix, now_ms, visits, events), verdict


def due(state: DeviceState, now_ms: int) -> Step:
    """Let time pass without a fix: the dwells and delayed exits that are due by now."""
    visits = {visit.fence_id: visit for visit in state.visits}
    events = _settle(visits, state.last, device_time_ms(state, now_ms), now_ms)
    return _step(state, state.last, state.received_ms, visits, events)


def next_due_ms(state: DeviceState) -> int | None:
    """When, by the server's clock, `due` will have something to tell; None if never."""
    if not state.visits:
        return None
    times = [time for visit in state.visits if (time := due_ms(visit)) is not None]
    ahead_ms = state.received_ms - state.last.time_ms if state.last else 0
    return min(times) + ahead_ms if times else None


def leave_deleted(state: DeviceState, fence_id: str, now_ms: int) -> Step:
    """End the visit to a fence that is being deleted, if there is one."""
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
    """What the device's clock shows now, if it has run as the server's since the last fix."""
    return state.last.time_ms + now_ms - state.received_ms if state.last else now_ms


def _refused(state: DeviceState, fix: Fix, now_ms: int) -> Verdict | None:
    if fix.time_ms > now_ms + MAX_AHEAD_MS:
        return Verdict.AHEAD
    if state.last is None or fix.order > state.last.order:
        return None
    return Verdict.DUPLICATE if fix.order == state.last.order else Verdict.LATE


def _events(
    before: Visit | None, after: Visit | None, sight: Sight, now_ms: int
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
    """Let the device's clock reach a time: changes the visits, answers the events in order."""
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
    """The state that comes next, and the events with their numbers."""
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
