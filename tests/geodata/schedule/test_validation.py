"""Before a schedule is kept: faults with position and suggestion, and cautions."""

from typing import Any

import pytest

from geodata.points import Point
from geodata.schedule.errors import ScheduleError
from geodata.schedule.grammar import MAX_LENGTH
from geodata.schedule.model import HolidayRules, Schedule
from geodata.schedule.validation import check
from tests.geodata.schedule.stores import PARIS


def messages(expression: str, **rest: Any) -> list[str]:
    return [caution.message for caution in check(paris(expression, **rest))]


def paris(expression: str, **rest: Any) -> Schedule:
    return Schedule(expression=expression, time_zone=PARIS, **rest)


@pytest.mark.parametrize(
    ("expression", "position", "suggestion"),
    [
        ("Mo-Sat 08:00-19:00", 5, "Mo-Sa 08:00-19:00"),
        ("Mo-Fr 24:00-18:00", 6, "Mo-Fr 00:00-18:00"),
        ("Mo-Fr 0900-12:00", 6, "Mo-Fr 09:00-12:00"),
        ("Mo-Fr 08:00-12:00,Mo-Fr 14:00-18:00", 18, "Mo-Fr 08:00-12:00, Mo-Fr 14:00-18:00"),
        ("Mo-Fr 10:00-13:00; Sa,Su-PH off", 25, ""),
        ("opened when we like", 4, ""),
        ("Mo-Fr 08:00-12:00\nSa 9 to 5", 17, ""),
        ('"é" Mo-Fr 25:00', 3, ""),
        ("Feb Mo[2]-Sep Su[-1] PH 10:00-12:00", 21, ""),
        (" ", 0, ""),
        ("Mo-Fr 08:00-12:00; " * 60, MAX_LENGTH, ""),
    ],
)
def test_what_does_not_parse_is_refused_with_its_place_and_what_was_meant(
    expression: str, position: int, suggestion: str
) -> None:
    with pytest.raises(ScheduleError) as error:
        check(paris(expression))
    assert "expression" == error.value.field
    assert (position, suggestion) == (error.value.position, error.value.suggestion)
    assert "_" not in error.value.message, "grammar's own names are put in words"


def test_a_schedule_needs_a_time_zone() -> None:
    with pytest.raises(ScheduleError, match="time_zone"):
        check(Schedule(expression="24/7"))


def test_plain_hours_need_no_caution() -> None:
    assert [] == messages("Mo-Fr 09:00-12:30,14:00-19:00; Sa 10:00-18:00")
    assert [] == messages("Mo-Fr 09:00-19:00; PH off", holidays=HolidayRules(country="FR"))
    assert [] == messages("sunrise-sunset", location=Point(48.87, 2.29))


@pytest.mark.parametrize(
    ("expression", "field", "part"),
    [
        ("", "expression", "is empty"),
        ("mo,We 09:00-19:00", "expression", "capitalized"),
        ("Mo-Su 00:00-23:59", "expression", "a minute before midnight"),
        ("Mo-Fr 09:00-12:00 , 14:00-18:00", "expression", "every day"),
        ("Fr 20:00-02:00; Sa 20:00-03:00", "expression", "after midnight"),
        ("Mo 04:00-04:00", "expression", "lasts 24 hours"),
        ("Mo-Fr 09:00-19:00; PH off", "holidays.country", "no day is PH"),
        ("Mo-Fr 09:00-19:00; SH off", "holidays.school_zone", "UNKNOWN"),
        ("sunrise-sunset", "location", "sun"),
    ],
)
def test_what_may_not_be_meant_gets_a_caution(expression: str, field: str, part: str) -> None:
    [caution] = check(paris(expression))
    assert field == caution.field
    assert part in caution.message


def test_a_subdivision_without_holidays_gets_a_caution_where_holidays_matter() -> None:
    rules = HolidayRules(country="FR", subdivision="IDF")
    [caution] = check(paris("Mo-Fr 09:00-19:00; PH off", holidays=rules))
    assert "holidays.subdivision" == caution.field
    assert [] == messages("Mo-Fr 09:00-19:00", holidays=rules)


def test_a_caution_about_text_has_its_place() -> None:
    [caution] = check(paris('Mo-Fr 09:00-19:00 "04:00-04:00"; Sa 04:00-04:00'))
    assert 36 == caution.position
