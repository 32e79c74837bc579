"""`PH` and `SH` as weekdays: for one date the text means the same without them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.schedule.expression import Expression
from geodata.schedule.grammar import parse
from geodata.schedule.holiday_selectors import filled, template, without_holidays
from tests.geodata.schedule.real_strings import TEXTS

CHRISTMAS = dt.date(2026, 12, 25)
FRIDAY, SATURDAY, SUNDAY = (CHRISTMAS + dt.timedelta(days) for days in range(3))
SELECTIONS = (
    "PH off",
    "Mo,PH off",
    "Mo PH off",
    "PH,Su off",
    "PH Su off",
    "PH Mo[1] off",
    "Mo[1] PH off",
    "PH +1 day off",
    "PH -2 days,Mo off",
    "PH,SH off",
    "PH, SH off",
    "PH,SH,Sa off",
    "SH Mo-Fr off",
    "SH Mo-We,Su off",
    "SH Mo[1] off",
    "week 1-53/2 SH off",
    "Dec PH off",
    "2026 Dec PH off",
    "easter PH off",
)


def is_christmas(date: dt.date) -> bool:
    return date == CHRISTMAS


def never(_: dt.date) -> bool:
    return False


@pytest.mark.parametrize(
    ("text", "date", "expected"),
    [
        ("Mo-Su 10:00-19:00; PH off", FRIDAY, "Mo-Su 10:00-19:00; Fr off"),
        ("Mo-Su 10:00-19:00; PH off", SATURDAY, "Mo-Su 10:00-19:00; Fr off"),
        ("PH,Su 10:00-19:00", FRIDAY, "Fr,Su 10:00-19:00"),
        ("PH Su off", FRIDAY, "Fr,Su off"),
        ("PH +1 day 12:00-19:00", SATURDAY, "Sa 12:00-19:00"),
        ("SH Mo-Fr 10:00-12:00", FRIDAY, "Fr 10:00-12:00"),
        ('open "ask on PH"; PH off', FRIDAY, 'open "ask on PH"; Fr off'),
    ],
)
def test_a_holiday_stands_as_its_weekday(text: str, date: dt.date, expected: str) -> None:
    assert expected == filled(template(text), date, is_christmas, is_christmas)


def test_weekdays_of_school_holidays_leave_out_the_others() -> None:
    on_sunday = filled(template("SH Mo-Fr 10:00-12:00"), SUNDAY, never, lambda _: True)
    assert "Fr" not in on_sunday
    assert "Su" not in on_sunday


@pytest.mark.parametrize("text", SELECTIONS)
@pytest.mark.parametrize("days", range(-2, 5))
def test_what_is_put_in_place_is_always_valid(text: str, days: int) -> None:
    parts = template(text)
    parse(without_holidays(parts))
    for is_holiday in (never, is_christmas, lambda _: True):
        parse(filled(parts, CHRISTMAS + dt.timedelta(days), is_holiday, is_holiday))


@given(st.sampled_from(TEXTS + SELECTIONS), st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)))
def test_without_holidays_a_day_is_the_plain_day(text: str, date: dt.date) -> None:
    expression = Expression(f"Mo-Su 18:00-02:00; {text}", "")
    assert expression.plain_day(date) == expression.day(date, never, never)
