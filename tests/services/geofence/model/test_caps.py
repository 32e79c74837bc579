"""Caps: no period has more than is allowed, wherever it begins."""

from hypothesis import given
from hypothesis import strategies as st

from geodata.fences.events import Cause, Event, EventType, Reason
from services.geofence.model.caps import MARKS_MOST, Marks, counted
from services.geofence.model.detection import Cap, count_visit
from services.geofence.model.devices import new_device

WEEK = 7 * 86_400_000
pauses = st.lists(st.integers(0, 2 * WEEK) | st.integers(0, WEEK // 20), max_size=80)


def allowed(times: list[int], most: int, period_ms: int) -> tuple[list[int], Marks]:
    """The times that a cap allows of some, one after the other."""
    marks: Marks = (("other", 5, 3),)
    found = []
    for at_ms in times:
        if (after := counted(marks, "rule", most, period_ms, at_ms)) is not None:
            marks = after
            found.append(at_ms)
    return found, marks


def exactly(times: list[int], most: int, period_ms: int) -> list[int]:
    """The same, with all times kept."""
    found: list[int] = []
    for at_ms in times:
        if sum(each + period_ms > at_ms for each in found) < most:
            found.append(at_ms)
    return found


@given(pauses, st.integers(1, 40), st.integers(1, WEEK))
def test_no_period_has_more_than_a_cap_allows(found_pauses, most, period_ms):
    times = [sum(found_pauses[: n + 1]) for n in range(len(found_pauses))]
    found, marks = allowed(times, most, period_ms)

    for first in found:  # the fullest period begins with one that is counted
        assert most >= sum(first <= each < first + period_ms for each in found)
    assert len(marks) <= MARKS_MOST + 1
    assert ("other", 5, 3) in marks
    if most <= MARKS_MOST:
        assert exactly(times, most, period_ms) == found
    after = (found[-1] if found else 0) + period_ms
    assert counted(marks, "rule", most, period_ms, after) is not None


def test_the_end_of_a_visit_is_muted_as_its_beginning_was():
    def event(kind: EventType, fence: str, hour: int) -> Event:
        at_ms = hour * 3_600_000
        return Event(
            type=kind,
            fence_id=fence,
            cause=Cause.FIX,
            time_ms=at_ms,
            server_time_ms=at_ms,
            number=1,
            sequence=1,
            reason=Reason.EDGE_FAR_BEYOND_ACCURACY,
            inside_since_ms=None,
        )

    device, cap = new_device(bytes(16)), Cap(1, 3 * 3_600_000)
    found = []
    for kind, fence, hour in (
        (EventType.ENTER, "shops@a", 0),
        (EventType.ENTER, "shops@b", 1),  # both circles overlap
        (EventType.EXIT, "shops@a", 2),
        (EventType.DWELL, "shops@b", 2),
        (EventType.ENTER, "shops@a", 3),  # three hours after the one that was told
        (EventType.EXIT, "shops@b", 3),
        (EventType.EXIT, "shops@a", 4),
        (EventType.CROSS, "shops@a", 5),
        (EventType.CROSS, "shops@a", 6),
    ):
        device, is_over = count_visit(device, event(kind, fence, hour), cap)
        found.append(is_over)

    assert [False, True, False, True, False, True, False, True, False] == found
    assert (("shops", 6 * 3_600_000, 1),) == device.caps
