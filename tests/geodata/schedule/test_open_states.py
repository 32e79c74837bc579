"""Many stores at once have the states that each has alone, and equal hours are evaluated once."""

import datetime as dt
import random

import numpy as np
import pytest

from geodata.points import Point
from geodata.schedule import open_states
from geodata.schedule.closures import FOR_EVER_S
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import HolidayRules, Schedule, State
from geodata.schedule.open_states import NO_HOURS, OpenStates
from geodata.schedule.timeline import Timeline
from geodata.schedule.zones import DAY_S, instant_of, instant_s
from tests.geodata.schedule.real_strings import TEXTS
from tests.geodata.schedule.stores import PARIS, local

NOON = local("2026-11-27 12:00")


def chain(count: int, seed: int = 1) -> list[Schedule]:
    choose = random.Random(seed)
    zones = (PARIS, "America/New_York", "Asia/Tokyo")
    return [
        Schedule(
            expression=choose.choice(TEXTS),
            time_zone=choose.choice(zones),
            holidays=HolidayRules(country="FR"),
        )
        for _ in range(count)
    ]


def open_alone(schedules: list[Schedule], at: dt.datetime) -> list[bool]:
    return [Timeline(schedule).state_at(at).state is State.OPEN for schedule in schedules]


def test_the_mask_is_what_each_store_says_alone_at_any_instant_in_any_order() -> None:
    schedules = chain(60)
    states = OpenStates()
    numbers = np.array([states.add(schedule) for schedule in schedules])
    choose = random.Random(2)
    for _ in range(40):
        at = NOON + dt.timedelta(minutes=choose.randrange(-40_000, 40_000))
        assert open_alone(schedules, at) == states.open_at(numbers, at).tolist()


def test_at_instants_of_their_own_the_mask_is_what_each_store_says_alone() -> None:
    schedules = chain(60, seed=5)
    states = OpenStates()
    numbers = np.array([states.add(schedule) for schedule in schedules])
    draw = random.Random(5)
    begin = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
    for spread_minutes in (1, 90, 20_000):
        instants = [
            begin + dt.timedelta(minutes=draw.uniform(0, spread_minutes)) for _ in schedules
        ]
        alone = [
            open_alone([schedule], at)[0] for schedule, at in zip(schedules, instants, strict=True)
        ]
        assert alone == states.open_each(numbers, instants).tolist()
        begin += dt.timedelta(hours=9)
    assert [] == states.open_each(numbers[:0], []).tolist()


def test_open_for_minutes_is_what_each_store_says_alone() -> None:
    schedules = chain(60)
    states = OpenStates()
    numbers = np.array([states.add(schedule) for schedule in schedules])
    for minutes in (0, 1, 59, 60, 24 * 60):
        alone = [Timeline(schedule).open_for(NOON, minutes) for schedule in schedules]
        assert alone == states.open_for(numbers, NOON, minutes).tolist()


class Counting(Timeline):
    """Counts how often any timeline is evaluated."""

    count = 0

    def bounds_s(self, at_s: int, lookback_s: int) -> tuple[State, int, int]:
        Counting.count += 1
        return super().bounds_s(at_s, lookback_s)


@pytest.fixture
def evaluations(monkeypatch: pytest.MonkeyPatch) -> type[Counting]:
    monkeypatch.setattr(open_states, "Timeline", Counting)
    monkeypatch.setattr(Counting, "count", 0)
    return Counting


def test_ten_thousand_stores_with_equal_hours_cost_one_evaluation_until_these_change(
    evaluations: type[Counting],
) -> None:
    states = OpenStates()
    hours = Schedule(expression="Mo-Fr 09:00-19:00", time_zone=PARIS)
    numbers = np.array([states.add(hours) for _ in range(10_000)])
    for minute in range(7 * 60):
        assert states.open_at(numbers, NOON + dt.timedelta(minutes=minute)).all()
    assert 1 == evaluations.count
    assert not states.open_at(numbers, NOON + dt.timedelta(hours=7)).any()
    assert 2 == evaluations.count


def test_other_instants_do_not_make_now_forgotten(evaluations: type[Counting]) -> None:
    states = OpenStates()
    numbers = np.array([states.add(Schedule(expression="Mo-Su 09:00-19:00", time_zone=PARIS))])
    for days in range(open_states.MAX_LANES):
        states.open_at(numbers, NOON + dt.timedelta(days=days))
    before = evaluations.count
    for days in range(open_states.MAX_LANES):
        states.open_at(numbers, NOON + dt.timedelta(days=days))
    assert before == evaluations.count


def test_no_more_instants_are_remembered_than_set() -> None:
    states = OpenStates()
    numbers = np.array([states.add(chain(1)[0])])
    for days in range(100):
        states.open_at(numbers, NOON + dt.timedelta(days=days))
    assert open_states.MAX_LANES == len(states._lanes)


def test_what_does_not_matter_does_not_make_schedules_different() -> None:
    states = OpenStates()
    hours = Schedule(expression="Mo-Fr 09:00-19:00", time_zone=PARIS)
    number = states.add(hours)
    elsewhere = Schedule(
        expression="Mo-Fr 09:00-19:00",
        time_zone=PARIS,
        location=Point(45, 5),
        holidays=HolidayRules(country="FR"),
    )
    assert number == states.add(elsewhere)
    by_sun = Schedule(expression="sunrise-sunset", time_zone=PARIS, location=Point(45, 5))
    by_holiday = Schedule(
        expression="Mo-Fr 09:00-19:00; PH off", time_zone=PARIS, holidays=HolidayRules(country="FR")
    )
    closed = Schedule(
        expression="Mo-Fr 09:00-19:00",
        time_zone=PARIS,
        holidays=HolidayRules(country="FR", on_public_holiday="off"),
    )
    assert 4 == len({number, *(states.add(each) for each in (by_sun, by_holiday, closed))})


def test_parks_open_by_the_sun_of_their_place() -> None:
    states = OpenStates()
    brest, strasbourg = (
        states.add(Schedule(expression="sunrise-sunset", time_zone=PARIS, location=place))
        for place in (Point(48.39, -4.49), Point(48.57, 7.75))
    )
    at_17_15 = local("2026-11-27 17:15")
    assert [True, False] == states.open_at(np.array([brest, strasbourg]), at_17_15).tolist()


def test_unknown_hours_and_no_hours_are_never_open() -> None:
    states = OpenStates()
    unknown = states.add(Schedule(expression="", time_zone=PARIS))
    numbers = np.array([NO_HOURS, unknown])
    assert [False, False] == states.open_at(numbers, NOON).tolist()
    assert [False, False] == states.open_for(numbers, NOON, 0).tolist()


def test_a_number_lives_until_its_last_holder_gives_it_back() -> None:
    states = OpenStates()
    open_always = Schedule(expression="24/7", time_zone=PARIS)
    number, again = states.add(open_always), states.add(open_always)
    assert number == again
    states.remove(number)
    assert states.open_at(np.array([number]), NOON).all()
    states.remove(number)
    assert not states.open_at(np.array([number]), NOON).any()
    reused = states.add(Schedule(expression="Mo-Fr 09:00-19:00", time_zone=PARIS))
    assert number == reused
    assert states.open_at(np.array([reused]), NOON).all()
    assert not states.open_at(np.array([reused]), NOON + dt.timedelta(days=1)).any()


def test_an_instant_out_of_range_is_refused() -> None:
    with pytest.raises(ScheduleError):
        OpenStates().open_at(np.array([NO_HOURS]), dt.datetime.max.replace(tzinfo=dt.UTC))


def test_hours_that_are_unknown_throughout_are_followed_for_days_and_not_for_a_year() -> None:
    hours = Schedule(expression='Mo-Sa unknown "ask"; Su unknown "ring"', time_zone=PARIS)
    at_s = instant_s(NOON)
    state, _, until_s = Timeline(hours).bounds_s(at_s, 3600)
    assert state is State.UNKNOWN
    assert 7 <= (until_s - at_s) / DAY_S <= 14
    closed = Schedule(expression="Mo-Sa off; Su off", time_zone=PARIS)
    assert (State.CLOSED, FOR_EVER_S) == Timeline(closed).bounds_s(at_s, 3600)[::2]
    weekly = Schedule(expression="Mo-Fr 09:00-19:00", time_zone=PARIS)
    late_s = instant_s(NOON.replace(hour=23))
    assert weekly_opening(weekly, late_s) == Timeline(weekly).bounds_s(late_s, 3600)[2]


def weekly_opening(schedule: Schedule, at_s: int) -> int:
    """When the hours begin that follow an instant."""
    opening = Timeline(schedule).next_opening(instant_of(at_s))
    assert opening
    return instant_s(opening)
