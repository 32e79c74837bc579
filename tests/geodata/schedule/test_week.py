"""The week that is drawn."""

import datetime as dt

from geodata.schedule.model import Closure, HolidayRules, RuleKind, State
from geodata.schedule.week import week
from tests.geodata.schedule.stores import local, shop, special

MONDAY = dt.date(2026, 11, 9)  # Wednesday 11 November is Armistice Day


def test_a_week_with_a_holiday_an_exception_and_a_closure() -> None:
    bar = shop(
        "Mo-Sa 18:00-02:00; PH off",
        holidays=HolidayRules(country="FR"),
        exceptions=(special("2026-11-13", "16:00-24:00", label="Party"),),
        closures=(
            Closure(starts=dt.date(2026, 11, 14), ends=dt.date(2026, 11, 15), reason="works"),
        ),
    )
    days = week(bar, MONDAY, "fr")
    assert [MONDAY + dt.timedelta(number) for number in range(7)] == [day.date for day in days]
    assert ["", "", "Armistice", "", "Party", "works", "works"] == [day.name for day in days]
    assert [
        [(18 * 60, 24 * 60)],
        [(0, 120), (18 * 60, 24 * 60)],
        [],
        [(18 * 60, 24 * 60)],
        [(16 * 60, 24 * 60)],
        [],
        [],
    ] == [[(span.start_min, span.end_min) for span in day.hours] for day in days]


def test_a_holiday_on_which_regular_hours_apply_is_still_told() -> None:
    grocery = shop("Mo-Su 09:00-19:00", holidays=HolidayRules(country="FR"))
    wednesday = week(grocery, MONDAY, "en")[2]
    assert (RuleKind.REGULAR, "", "Armistice Day") == (
        wednesday.rule.kind,
        wednesday.name,
        wednesday.holiday,
    )


def test_each_day_is_whole() -> None:
    line = shop(
        'Mo-Fr 09:00-12:00; Mo 14:00-16:00 unknown "by appointment"',
        closures=(Closure(starts=local("2026-11-10 10:00"), ends=local("2026-11-11 11:00")),),
    )
    for day in week(line, MONDAY):
        ends = [0, *(span.end_min for span in day.spans)]
        assert [*(span.start_min for span in day.spans), 24 * 60] == ends
    states = [span.state for span in week(line, MONDAY)[1].hours]
    assert [State.OPEN] == states, "open until the closure begins"
    assert 10 * 60 == week(line, MONDAY)[1].hours[0].end_min


def test_unknown_hours_are_drawn_as_such() -> None:
    assert {State.UNKNOWN} == {span.state for day in week(shop(""), MONDAY) for span in day.hours}
