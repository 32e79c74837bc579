"""Before a schedule is kept: faults with position and suggestion, and cautions."""

from typing import Any

import pytest

from geodata.points import Point
from geodata.schedule.errors import ScheduleError
from geodata.schedule.explanations import EXAMPLE
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
        ("Mo-Fr 24:00-18:00", 6, "12:00-18:00 or 00:00-18:00"),
        ("Mon-Sat 8.30-5.30", 8, "08:30-05:30 or 08:30-17:30"),
        ("Mo-Fr 9-5", 6, "09:00-05:00 or 09:00-17:00"),
        ("Mo-Fr 10:00-18:00; Nov 31 off", 19, "Nov 30"),
        ("Feb 30", 0, "Feb 29"),
        ("Mo-Fr 10:00-13:00; Sa,Su-PH off", 25, "Mo"),
        ("Mop 10:00-13:00", 0, "Mo"),
        ("week 1-54", 7, "1-53"),
        ("Mo[6] 10:00-12:00", 0, "Mo[1]"),
        ("Mo-Fr 10:00-25:70", 6, "HH:MM"),
        ("opened when we like", 0, "open"),
        ("Mo-Fr 08:00-12:00\nSa nine to five", 21, EXAMPLE),
        ('"é" Mo-Fr 25:00', 15, EXAMPLE),
        (" ", 0, EXAMPLE),
        ("Mo-Fr 08:00-12:00; " * 60, MAX_LENGTH, "fewer rules, or dated exceptions"),
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
    assert [] == messages("Mo-Fr 09:00-12:30,14:00-19:00; Sa 10:00-18:00; Su off")
    france = HolidayRules(country="FR")
    assert [] == messages("Mo-Sa 09:00-19:00; Su,PH off", holidays=france)
    assert [] == messages("sunrise-sunset", location=Point(48.87, 2.29))


@pytest.mark.parametrize(
    ("expression", "field", "part"),
    [
        ("", "expression", "is empty"),
        ("Mo-Fr 09:00-18:00; Sa 10:00-18:00", "expression", "no rule for Su"),
        ("mo-Su 09:00-19:00", "expression", "capital"),
        ("Mon-Sun 09:00-19:00", "expression", "the name of a day"),
        ("Mo-Su 00:00-23:59", "expression", "a minute before midnight"),
        ("Mo-Th,Sa,Su off; Fr 09:00-17:00; Fr 10:00-12:00", "expression", "replaces 09:00-17:00"),
        ("Mo-Th,Su off; Fr 20:00-02:00; Sa 20:00-03:00", "expression", "after midnight"),
        ("Mo 04:00-04:00; Tu-Su off", "expression", "lasts 24 hours"),
        ("Mo-Su 9:00-5:00", "expression", "through the night"),
        ("Mo-Su 09:00-05:00", "expression", "through the night"),
        ('Mo-Su 10:00-12:00 "call us"', "expression", "UNKNOWN"),
        ("Mo-Su 17:00+", "expression", "open end"),
        ("10:00-18:00; PH Su off", "expression", "perhaps Su,PH is meant"),
        ("easter-Apr 20 10:00-12:00", "expression", "in some years"),
        ("Mo-Su 10:00-12:00; Mo-Su 14:00-16:00", "expression", "replace 10:00-12:00"),
        ("Mo-Su 10:00-18:00, 12:00-13:00 off", "expression", "perhaps only the last"),
        ("Mo-Su 09:00-19:00; PH off", "holidays.country", "no day is PH"),
        ("Mo-Su 09:00-19:00; SH off", "holidays.school_zone", "no school zone"),
        ("sunrise-sunset", "location", "sun"),
    ],
)
def test_what_may_not_be_meant_gets_a_caution(expression: str, field: str, part: str) -> None:
    cautions = check(paris(expression))
    assert any(caution.field == field and part in caution.message for caution in cautions), cautions


def test_a_subdivision_without_holidays_gets_a_caution_where_holidays_matter() -> None:
    rules = HolidayRules(country="FR", subdivision="IDF")
    [caution] = check(paris("Mo-Su 09:00-19:00; PH off", holidays=rules))
    assert "holidays.subdivision" == caution.field
    assert [] == messages("Mo-Su 09:00-19:00", holidays=rules)


def test_a_caution_about_text_has_its_place() -> None:
    [caution] = check(paris('Mo-Fr,Su 09:00-19:00 open "04:00-04:00"; Sa 04:00-04:00'))
    assert 41 == caution.position
