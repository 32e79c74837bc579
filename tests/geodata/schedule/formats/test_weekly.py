"""A week in OSM grammar, and a schedule as a week with dates."""

import datetime as dt

import pytest
from hypothesis import given

from geodata.schedule.formats.report import Loss
from geodata.schedule.formats.weekly import Week, hours_by_day, week_and_dates, week_expression
from geodata.schedule.grammar import parse
from geodata.schedule.model import ALL_DAY, Closure, HolidayRules, Schedule, TimeRange
from tests.geodata.schedule.formats.weeks import FIRST, weeks
from tests.geodata.schedule.stores import PARIS, special

DAY, NIGHT = TimeRange.of("09:00", "18:00"), TimeRange.of("20:00", "03:00")
WHAT_IS_NOT_WEEKLY = Loss(
    "expression", "what is not the same every week is written as dates until 2027-11-21"
)


@pytest.mark.parametrize(
    ("week", "expected"),
    [
        (((DAY,),) * 7, "Mo-Su 09:00-18:00"),
        (((DAY,),) * 5 + ((),) * 2, "Mo-Fr 09:00-18:00"),
        (((ALL_DAY,),) * 7, "24/7"),
        (((),) * 7, "off"),
        ((None,) * 7, ""),
        (((DAY,), (), (DAY,), (DAY,), (), (), ()), "Mo,We-Th 09:00-18:00"),
        (
            ((NIGHT,),) * 4 + ((DAY, NIGHT),) + ((),) * 2,
            "Mo-Th 20:00-03:00, Fr 09:00-18:00,20:00-03:00",
        ),
        ((None,) * 6 + ((DAY,),), 'Mo-Sa unknown "not known"; Su 09:00-18:00'),
        ((None,) * 6 + ((),), 'Mo-Sa unknown "not known"'),
    ],
)
def test_a_week_in_osm_grammar(week: Week, expected: str) -> None:
    assert expected == week_expression(week)


@given(weeks)
def test_a_week_written_and_evaluated_is_the_same_week(week: Week) -> None:
    expression = week_expression(week)
    parse(expression)
    found = week_and_dates(Schedule(expression=expression, time_zone=PARIS), FIRST)
    assert () == found.exceptions
    assert () == found.losses
    again = week_expression(found.week)
    assert again == week_expression(
        week_and_dates(Schedule(expression=again, time_zone=PARIS), FIRST).week
    )


def test_hours_of_a_day_or_more_are_cut_at_midnight() -> None:
    assert [(0, TimeRange(1200, 1620))] == list(hours_by_day([(1200, 1620)]))
    assert [
        (4, TimeRange(480, 1440)),
        (5, ALL_DAY),
        (6, TimeRange(0, 120)),
    ] == list(hours_by_day([(4 * 1440 + 480, 6 * 1440 + 120)]))
    assert [(0, TimeRange(240, 1440)), (1, TimeRange(0, 240))] == list(hours_by_day([(240, 1680)]))


def test_holidays_and_seasons_become_dates_and_say_until_when() -> None:
    shop = Schedule(
        expression="Mo-Fr 09:00-18:00; Aug Mo-Fr 09:00-12:00; PH off",
        time_zone=PARIS,
        holidays=HolidayRules(country="FR"),
    )
    found = week_and_dates(shop, FIRST)
    assert "Mo-Fr 09:00-18:00" == week_expression(found.week)
    assert (WHAT_IS_NOT_WEEKLY,) == found.losses
    assert special("2026-12-25", label="Noël") == found.exceptions[0]
    assert special("2027-08-02", "09:00-12:00", last="2027-08-06") in found.exceptions


def test_exceptions_and_closures_become_dates_even_with_the_usual_hours() -> None:
    shop = Schedule(
        expression="Mo-Su 09:00-18:00",
        time_zone=PARIS,
        exceptions=(special("2026-12-24", "09:00-18:00", label="as usual"),),
        closures=(Closure(starts=dt.date(2027, 1, 4), ends=dt.date(2027, 1, 8), reason="works"),),
    )
    found = week_and_dates(shop, FIRST)
    assert (
        special("2026-12-24", "09:00-18:00", label="as usual"),
        special("2027-01-04", last="2027-01-08", label="works"),
    ) == found.exceptions
    assert () == found.losses


def test_a_special_night_over_the_next_days_hours_is_shared_between_the_dates() -> None:
    shop = Schedule(
        expression="Su 00:00-01:00",
        time_zone=PARIS,
        exceptions=(special("2026-11-28", "20:00-03:00", label="party"),),
    )
    assert (
        special("2026-11-28", "20:00-24:00", label="party"),
        special("2026-11-29", "00:00-03:00"),
    ) == week_and_dates(shop, FIRST).exceptions


def test_comments_unknown_hours_and_far_dates_are_losses() -> None:
    shop = Schedule(
        expression='Mo-Fr 09:00-12:00 "ring the bell"; Tu 09:00-12:00 open "ask inside"; '
        'Sa unknown "by appointment"',
        time_zone=PARIS,
        exceptions=(special("2030-12-25"),),
    )
    found = week_and_dates(shop, FIRST)
    assert None is found.week[5]
    assert {
        Loss("expression", "hours that are UNKNOWN are left out: ring the bell"),
        Loss("expression", "hours that are UNKNOWN are left out: by appointment"),
        Loss("expression", "a comment is left out: ask inside"),
        Loss("exceptions", "those after 2027-11-21 are left out"),
    } == set(found.losses)
