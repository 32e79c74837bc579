"""Tests the tracker with one device, one or two fences, and timers."""

import pytest

from geodata.fences import Circle, FenceError
from geodata.fences.events import Cause, Confidence, EventType, Reason
from geodata.fences.state import DeviceState, Fence, Fix, Rules
from geodata.fences.tracking import (
    MAX_AHEAD_MS,
    Verdict,
    apply,
    device_time_ms,
    leave_deleted,
    next_due_ms,
)
from geodata.points import Point
from tests.geodata.fences.drive import Drive, fix_at
from tests.geodata.fences.oracles import away

ENTER, EXIT, CROSS, DWELL = EventType.ENTER, EventType.EXIT, EventType.CROSS, EventType.DWELL
INSIDE, OUTSIDE = EventType.INSIDE, EventType.OUTSIDE

STATION = Point(60.1711, 24.9414)  # Helsinki Central
KALLIO = away(STATION, 20.0, 2_000.0)
PASILA = away(STATION, 0.0, 3_000.0)


NO_GUARDS = Rules()


def station(rules: Rules = NO_GUARDS) -> Drive:
    """A device near one fence around the railway station."""
    return Drive({"station": Fence(Circle(STATION, 300.0), rules)})


def out(distance_m: float) -> Point:
    """A point this far east of the edge of the station's fence."""
    return away(STATION, 90.0, 300.0 + distance_m)


def types(events: tuple[object, ...]) -> list[EventType]:
    return [event.type for event in events]  # type: ignore[attr-defined]


def test_the_first_fix_inside_is_an_enter() -> None:
    assert [ENTER] == types(station().report(fix_at(STATION, 0)))


def test_a_visit_enters_once_and_exits_once() -> None:
    drive = station().replay(
        [fix_at(KALLIO, 0), fix_at(STATION, 60), fix_at(STATION, 120), fix_at(KALLIO, 180)]
    )
    assert [(60, ENTER), (180, EXIT)] == drive.told(*EventType)
    assert [1, 2] == [event.number for event in drive.events]
    assert drive.events[0].time_ms == drive.events[1].inside_since_ms


def test_a_fence_that_asks_for_it_hears_of_every_fix() -> None:
    drive = station(Rules(every_fix=True))
    told = [
        types(drive.report(fix))
        for fix in (
            fix_at(STATION, 0),
            fix_at(STATION, 1),
            fix_at(away(STATION, 180, 1_000), 2),
            fix_at(away(STATION, 0, 1_000), 3),
        )
    ]
    assert [[ENTER, INSIDE], [INSIDE], [EXIT, OUTSIDE], [CROSS, OUTSIDE]] == told


def test_a_fence_out_of_sight_tells_outside_when_it_is_watched() -> None:
    fences = {"station": Fence(Circle(STATION, 300.0), Rules(every_fix=True))}
    _, events, _ = apply(DeviceState(), fix_at(PASILA, 0), 0, fences, [], watching=["station"])
    assert () == events  # The fix is ahead of the clock.
    now_ms = fix_at(PASILA, 0).time_ms
    _, events, _ = apply(DeviceState(), fix_at(PASILA, 0), now_ms, fences, [], watching=["station"])
    assert [OUTSIDE] == types(events)


def test_driving_through_between_two_fixes_is_a_cross_and_believed_little() -> None:
    drive = station().replay(
        [fix_at(away(STATION, 180, 900), 0), fix_at(away(STATION, 0, 900), 60)]
    )
    assert [(60, CROSS)] == drive.told(*EventType)
    assert (Confidence.LOW, Reason.ONLY_THE_WAY) == (
        drive.events[0].confidence,
        drive.events[0].reason,
    )


def test_confidence_comes_from_the_fix() -> None:
    drive = station()
    drive.report(fix_at(away(STATION, 0, 290), 0, accuracy_m=20.0))
    drive.report(fix_at(KALLIO, 60, accuracy_m=20.0))
    assert [Confidence.LOW, Confidence.HIGH] == [event.confidence for event in drive.events]


class TestOrder:
    def test_a_late_fix_changes_nothing(self) -> None:
        drive = station().replay([fix_at(STATION, 60)])
        before = drive.state
        assert () == drive.report(fix_at(KALLIO, 30))
        assert [Verdict.APPLIED, Verdict.LATE] == drive.verdicts
        assert before == drive.state

    def test_a_duplicate_changes_nothing(self) -> None:
        drive = station().replay([fix_at(STATION, 60), fix_at(KALLIO, 60)])
        assert [Verdict.APPLIED, Verdict.DUPLICATE] == drive.verdicts
        assert [(60, ENTER)] == drive.told(*EventType)

    def test_within_a_millisecond_the_sequence_decides(self) -> None:
        drive = station().replay([fix_at(STATION, 60, sequence=2), fix_at(KALLIO, 60, sequence=1)])
        assert [Verdict.APPLIED, Verdict.LATE] == drive.verdicts

    def test_a_clock_may_be_five_minutes_ahead_and_no_more(self) -> None:
        drive = station()
        fix = fix_at(STATION, 0)
        drive.report(fix, now_ms=fix.time_ms - MAX_AHEAD_MS - 1)
        assert DeviceState() == drive.state
        drive.report(fix, now_ms=fix.time_ms - MAX_AHEAD_MS)
        assert [Verdict.AHEAD, Verdict.APPLIED] == drive.verdicts

    def test_a_clock_a_day_behind_still_reports(self) -> None:
        drive = station()
        fix = fix_at(STATION, 0)
        assert [ENTER] == types(drive.report(fix, now_ms=fix.time_ms + 86_400_000))


class TestExitBuffer:
    rules = Rules(exit_buffer_m=50.0)

    @pytest.mark.parametrize(
        ("distance_m", "accuracy_m", "leaves"),
        [(49, 0, False), (51, 0, True), (51, None, True), (99, 50, False), (101, 50, True)],
    )
    def test_an_exit_needs_the_buffer_and_the_accuracy(
        self, distance_m: float, accuracy_m: float | None, leaves: bool
    ) -> None:
        drive = station(self.rules).replay([fix_at(STATION, 0)])
        events = drive.report(fix_at(out(distance_m), 60, accuracy_m=accuracy_m))
        assert ([EXIT] if leaves else []) == types(events)

    def test_without_a_buffer_accuracy_does_not_matter(self) -> None:
        drive = station().replay([fix_at(STATION, 0)])
        assert [EXIT] == types(drive.report(fix_at(out(1), 60, accuracy_m=500.0)))

    def test_jitter_about_the_edge_is_one_visit(self) -> None:
        jitter = [fix_at(out(20 * (-1) ** n), n, accuracy_m=10.0) for n in range(100)]
        assert [(1, ENTER)] == station(self.rules).replay(jitter).told(ENTER, EXIT)
        assert 99 == len(station().replay(jitter).told(ENTER, EXIT))


class TestExitDelay:
    rules = Rules(exit_delay_ms=120_000)

    def test_a_short_way_out_is_no_exit(self) -> None:
        drive = station(self.rules).replay(
            [fix_at(STATION, 0), fix_at(KALLIO, 60), fix_at(STATION, 170), fix_at(STATION, 600)]
        )
        assert [(0, ENTER)] == drive.told(*EventType)

    def test_the_delay_counts_from_the_first_fix_outside(self) -> None:
        drive = station(self.rules).replay(
            [fix_at(STATION, 0), fix_at(KALLIO, 60), fix_at(PASILA, 150), fix_at(PASILA, 200)]
        )
        assert [(0, ENTER), (150, EXIT)] == drive.told(*EventType)
        assert fix_at(STATION, 180).time_ms == drive.events[1].time_ms
        assert Cause.TIME is drive.events[1].cause

    def test_the_exit_fires_when_no_further_fix_comes(self) -> None:
        drive = station(self.rules)
        drive.report(fix_at(STATION, 0), now_ms=fix_at(STATION, 5).time_ms)
        drive.report(fix_at(KALLIO, 60), now_ms=fix_at(STATION, 70).time_ms)
        due_ms = next_due_ms(drive.state)
        # 120 s after the receipt of the fix: the device's clock is unknown since then.
        assert fix_at(STATION, 190).time_ms == due_ms
        assert () == drive.wait(due_ms - 1)
        (event,) = drive.wait(due_ms)
        assert (EXIT, 60, Cause.TIME) == (event.type, event.sequence, event.cause)
        assert fix_at(STATION, 180).time_ms == event.time_ms
        assert () == drive.wait(due_ms + 1)
        assert next_due_ms(drive.state) is None

    def test_a_timer_and_a_later_fix_tell_the_same_exit(self) -> None:
        fixes = [fix_at(STATION, 0), fix_at(KALLIO, 60), fix_at(STATION, 600)]
        without = station(self.rules).replay(fixes)
        with_timer = station(self.rules).replay(fixes[:2])
        with_timer.wait(fix_at(STATION, 200).time_ms)
        with_timer.replay(fixes[2:])
        assert [(0, ENTER), (60, EXIT), (600, ENTER)] == without.told(*EventType)
        assert [event.id("d") for event in without.events] == [
            event.id("d") for event in with_timer.events
        ]
        assert without.state == with_timer.state

    def test_within_the_buffer_the_delay_does_not_run(self) -> None:
        drive = station(Rules(exit_delay_ms=60_000, exit_buffer_m=50.0)).replay(
            [fix_at(STATION, 0), fix_at(KALLIO, 30), fix_at(out(10), 60), fix_at(out(10), 600)]
        )
        assert [(0, ENTER)] == drive.told(*EventType)


class TestDwell:
    rules = Rules(dwell_ms=300_000)

    def test_it_fires_once_a_visit_with_the_sequence_of_the_enter(self) -> None:
        drive = station(self.rules).replay(
            [fix_at(STATION, t) for t in (0, 100, 299, 301, 600, 1200)]
        )
        assert [(0, ENTER), (0, DWELL)] == drive.told(*EventType)
        assert fix_at(STATION, 300).time_ms == drive.events[1].time_ms

    def test_it_fires_when_no_further_fix_comes(self) -> None:
        drive = station(self.rules)
        drive.report(fix_at(STATION, 0), now_ms=fix_at(STATION, 7).time_ms)
        due_ms = next_due_ms(drive.state)
        assert fix_at(STATION, 307).time_ms == due_ms
        assert [DWELL] == types(drive.wait(due_ms))
        assert [] == types(drive.report(fix_at(STATION, 900)))

    def test_leaving_in_time_is_no_dwell(self) -> None:
        drive = station(self.rules).replay([fix_at(STATION, 0), fix_at(KALLIO, 299)])
        assert () == drive.wait(fix_at(STATION, 9_000).time_ms)
        assert [(0, ENTER), (299, EXIT)] == drive.told(*EventType)

    def test_a_gap_between_fixes_counts_as_inside(self) -> None:
        drive = station(self.rules).replay([fix_at(STATION, 0), fix_at(KALLIO, 301)])
        assert [(0, ENTER), (0, DWELL), (301, EXIT)] == drive.told(*EventType)

    def test_while_an_exit_is_pending_nobody_dwells(self) -> None:
        rules = Rules(dwell_ms=300_000, exit_delay_ms=120_000)
        gone = station(rules).replay([fix_at(STATION, 0), fix_at(KALLIO, 250)])
        gone.wait(fix_at(STATION, 9_000).time_ms)
        assert [(0, ENTER), (250, EXIT)] == gone.told(*EventType)
        back = station(rules).replay(
            [fix_at(STATION, 0), fix_at(KALLIO, 250), fix_at(STATION, 340)]
        )
        assert [(0, ENTER), (0, DWELL)] == back.told(*EventType)

    def test_events_that_are_due_together_come_in_the_order_of_their_times(self) -> None:
        drive = Drive(
            {
                "a": Fence(Circle(STATION, 300.0), Rules(dwell_ms=200_000)),
                "b": Fence(Circle(STATION, 500.0), Rules(dwell_ms=100_000)),
            }
        )
        drive.report(fix_at(STATION, 0))
        events = drive.wait(fix_at(STATION, 1_000).time_ms)
        assert ["b", "a"] == [event.fence_id for event in events]
        assert [3, 4] == [event.number for event in events]


class TestMaxSpeed:
    rules = Rules(max_speed_mps=50.0)

    def test_a_jump_there_and_back_changes_nothing(self) -> None:
        jump = away(STATION, 0, 100_000)
        drive = station(self.rules).replay(
            [fix_at(STATION, 0), fix_at(jump, 10), fix_at(STATION, 20), fix_at(STATION, 30)]
        )
        assert [(0, ENTER)] == drive.told(*EventType)
        assert [
            Verdict.APPLIED,
            Verdict.IMPLAUSIBLE,
            Verdict.IMPLAUSIBLE,
            Verdict.APPLIED,
        ] == drive.verdicts

    def test_a_jump_that_lasts_is_believed_at_its_second_fix(self) -> None:
        jump = away(STATION, 0, 100_000)
        drive = station(self.rules).replay([fix_at(STATION, 0), fix_at(jump, 10), fix_at(jump, 20)])
        assert [(0, ENTER), (20, EXIT)] == drive.told(*EventType)

    def test_another_fence_without_the_rule_is_not_held_up(self) -> None:
        drive = Drive(
            {
                "careful": Fence(Circle(STATION, 300.0), self.rules),
                "easy": Fence(Circle(STATION, 300.0)),
            }
        ).replay([fix_at(STATION, 0), fix_at(away(STATION, 0, 100_000), 10)])
        assert [("careful", ENTER), ("easy", ENTER), ("easy", EXIT)] == [
            (event.fence_id, event.type) for event in drive.events
        ]

    def test_a_way_too_fast_is_no_cross(self) -> None:
        drive = station(self.rules).replay(
            [fix_at(away(STATION, 180, 900), 0), fix_at(away(STATION, 0, 900), 30)]
        )
        assert [] == drive.told(*EventType)

    def test_what_the_accuracies_explain_is_no_speed(self) -> None:
        drive = station(self.rules).replay(
            [fix_at(STATION, 0, accuracy_m=400.0), fix_at(out(500), 1, accuracy_m=400.0)]
        )
        assert [(0, ENTER), (1, EXIT)] == drive.told(*EventType)


class TestDeletion:
    def test_deleting_a_fence_ends_the_visit_with_the_last_sequence(self) -> None:
        drive = station().replay([fix_at(STATION, 0), fix_at(STATION, 60)])
        state, (event,) = leave_deleted(drive.state, "station", fix_at(STATION, 90).time_ms)
        assert (EXIT, 60, Cause.FENCE_DELETED, Reason.FENCE_DELETED) == (
            event.type,
            event.sequence,
            event.cause,
            event.reason,
        )
        assert (fix_at(STATION, 90).time_ms, 2) == (event.time_ms, event.number)
        assert () == state.visits
        assert (state, ()) == leave_deleted(state, "station", fix_at(STATION, 99).time_ms)

    def test_a_fence_that_is_not_known_here_keeps_its_visit(self) -> None:
        drive = station().replay([fix_at(STATION, 0)])
        fix = fix_at(KALLIO, 60)
        state, events, _ = apply(drive.state, fix, fix.time_ms, {}, [])
        assert () == events
        assert drive.state.visits == state.visits


def test_the_clock_of_a_device_runs_on_from_its_last_fix() -> None:
    drive = station()
    assert 42 == device_time_ms(drive.state, 42)
    drive.report(fix_at(STATION, 0), now_ms=fix_at(STATION, 10).time_ms)
    assert fix_at(STATION, 20).time_ms == device_time_ms(drive.state, fix_at(STATION, 30).time_ms)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"dwell_ms": 0}, "dwell_ms: must be in"),
        ({"dwell_ms": 86_400_001}, "dwell_ms: must be in"),
        ({"exit_delay_ms": -1}, "exit_delay_ms: must be in"),
        ({"exit_buffer_m": float("nan")}, "exit_buffer_m: must be finite"),
        ({"exit_buffer_m": -1.0}, "exit_buffer_m: must be finite"),
        ({"max_speed_mps": 0.0}, "max_speed_mps: must be finite"),
        ({"max_speed_mps": float("inf")}, "max_speed_mps: must be finite"),
    ],
)
def test_rules_out_of_range_are_refused(settings: dict[str, float], problem: str) -> None:
    with pytest.raises(FenceError, match=problem):
        Rules(**settings)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"time_ms": 1 << 60}, "time_ms: is out of range"),
        ({"sequence": -1}, "sequence: must be in"),
        ({"accuracy_m": float("nan")}, "accuracy_m: must be finite"),
        ({"accuracy_m": -0.1}, "accuracy_m: must be finite"),
    ],
)
def test_fixes_out_of_range_are_refused(fields: dict[str, float], problem: str) -> None:
    with pytest.raises(FenceError, match=problem):
        Fix(**{"point": STATION, "time_ms": 0, "sequence": 0, **fields})
