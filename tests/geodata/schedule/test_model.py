"""What no schedule can be made of is refused, with the field and what to write instead."""

import datetime as dt
from collections.abc import Callable

import pytest

from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import ALL_DAY, Closure, HolidayRules, Schedule, TimeRange
from tests.geodata.schedule.stores import PARIS, local, special

MARCH_3, MARCH_5 = dt.date(2026, 3, 3), dt.date(2026, 3, 5)


@pytest.mark.parametrize(
    ("opens", "closes", "opens_min", "closes_min", "text"),
    [
        ("09:00", "12:30", 540, 750, "09:00-12:30"),
        ("22:00", "02:00", 1320, 1560, "22:00-02:00"),
        ("18:00", "00:00", 1080, 1440, "18:00-24:00"),
        ("18:00", "24:00", 1080, 1440, "18:00-24:00"),
        ("00:00", "24:00", 0, 1440, "00:00-24:00"),
    ],
)
def test_a_closing_before_the_opening_is_the_next_days(
    opens: str, closes: str, opens_min: int, closes_min: int, text: str
) -> None:
    hours = TimeRange.of(opens, closes)
    assert (opens_min, closes_min) == (hours.opens_min, hours.closes_min)
    assert text == str(hours)


def test_24_hours_from_another_hour_than_midnight_read_as_osm_has_them() -> None:
    assert "04:00-04:00" == str(TimeRange(240, 240 + 1440))


@pytest.mark.parametrize(
    ("refused", "field"),
    [
        (lambda: TimeRange.of("9:00", "12:00"), "hours.opens"),
        (lambda: TimeRange.of("09:00", "25:00"), "hours.closes"),
        (lambda: TimeRange.of("09:00", "09:00"), "hours.closes"),
        (lambda: TimeRange.of("24:00", "09:00"), "hours.opens"),
        (lambda: TimeRange.of("09:00", "٠٩:٠٠"), "hours.closes"),
        (lambda: TimeRange(-1, 60), "opens"),
        (lambda: TimeRange(60, 60), "closes"),
        (lambda: TimeRange(60, 60 + 1441), "closes"),
        (lambda: special("2026-12-25", last="2026-12-24"), "exceptions.last_date"),
        (lambda: special("2026-12-25", "09:00-12:00", "11:00-13:00"), "exceptions.ranges"),
        (lambda: Closure(starts=MARCH_5, ends=MARCH_3), "closures.ends"),
        (lambda: Closure(starts=MARCH_3, ends=local("2026-03-05")), "closures.ends"),
        (lambda: Closure(starts=local("2026-03-05"), ends=MARCH_3), "closures.ends"),
        (lambda: Closure(starts=local("2026-03-05"), ends=local("2026-03-05")), "closures.ends"),
        (lambda: Closure(starts=dt.datetime(2026, 3, 5)), "closures.starts"),
        (lambda: Closure(starts=MARCH_3, expires=dt.datetime(2026, 3, 5)), "closures.expires"),
        (lambda: HolidayRules(on_public_holiday="shut"), "holidays.on_public_holiday"),
        (lambda: Schedule(time_zone="Europe/Pariss"), "time_zone"),
        (lambda: Schedule(time_zone="../../etc/passwd"), "time_zone"),
        (lambda: Schedule(time_zone="America"), "time_zone"),
        (lambda: Schedule(time_zone="\0"), "time_zone"),
    ],
)
def test_the_error_names_the_field(refused: Callable[[], object], field: str) -> None:
    with pytest.raises(ScheduleError) as error:
        refused()
    assert field == error.value.field
    assert str(error.value).startswith(f"{field}: ")


def test_a_misspelt_time_zone_is_answered_with_the_nearest() -> None:
    with pytest.raises(ScheduleError) as error:
        Schedule(time_zone="Europe/Pariss")
    assert "Europe/Paris" == error.value.suggestion


def test_exceptions_with_different_hours_for_one_date_are_refused() -> None:
    week = special("2026-12-20", "09:00-20:00", last="2026-12-26")
    with pytest.raises(ScheduleError, match="2026-12-25") as error:
        Schedule(time_zone=PARIS, exceptions=(week, special("2026-12-25")))
    assert "exceptions" == error.value.field


def test_exceptions_are_kept_in_order_of_dates() -> None:
    late, early = special("2026-12-25"), special("2026-11-01", "10:00-12:00")
    assert (early, late) == Schedule(time_zone=PARIS, exceptions=(late, early)).exceptions


def test_a_closure_of_one_date_is_no_fault() -> None:
    assert MARCH_3 == Closure(starts=MARCH_3, ends=MARCH_3).ends


def test_schedules_of_equal_content_are_equal_and_hash_alike() -> None:
    one = Schedule(time_zone=PARIS, expression="24/7", exceptions=(special("2026-12-25"),))
    other = Schedule(time_zone=PARIS, expression="24/7", exceptions=(special("2026-12-25"),) * 2)
    assert one == other
    assert hash(one) == hash(other)


def test_a_whole_day() -> None:
    assert TimeRange.of("00:00", "24:00") == ALL_DAY
