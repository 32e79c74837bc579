"""Which rule decides: status, closure, exception, public holiday, regular hours, in this order."""

import datetime as dt

import pytest

from geodata.schedule.model import (
    Closure,
    DatedException,
    HolidayRules,
    Rule,
    RuleKind,
    State,
)
from tests.geodata.schedule.stores import in_utc, local, shop, special, utc

FRANCE = HolidayRules(country="FR")
MOSELLE = HolidayRules(country="FR", subdivision="FR-57")
ENGLAND = HolidayRules(country="GB", subdivision="ENG")
CHRISTMAS = special("2026-12-25", "10:00-13:00", label="Christmas morning")
CLOSED_FROM_24TH = Closure(starts=dt.date(2026, 12, 24), ends=dt.date(2026, 12, 25), reason="works")


def rule_at(at: str, expression: str = "Mo-Su 09:00-19:00; PH off", **rest: object) -> Rule:
    return shop(expression, **rest).state_at(local(at)).rule


def test_each_rule_gives_way_to_the_stronger_one() -> None:
    noon = "2026-12-25 12:00"
    names = [
        rule_at(noon),
        rule_at(noon, holidays=FRANCE),
        rule_at(noon, holidays=FRANCE, exceptions=(CHRISTMAS,)),
        rule_at(noon, holidays=FRANCE, exceptions=(CHRISTMAS,), closures=(CLOSED_FROM_24TH,)),
        rule_at(
            noon,
            holidays=FRANCE,
            exceptions=(CHRISTMAS,),
            closures=(CLOSED_FROM_24TH,),
            status="moved",
        ),
    ]
    christmas = dt.date(2026, 12, 25)
    assert [
        Rule(RuleKind.REGULAR),
        Rule(RuleKind.HOLIDAY, "Noël", christmas),
        Rule(RuleKind.EXCEPTION, "Christmas morning", christmas),
        Rule(RuleKind.CLOSURE, "works"),
        Rule(RuleKind.STATUS, "moved"),
    ] == names


def test_an_exception_may_open_a_public_holiday() -> None:
    store = shop("Mo-Su 09:00-19:00; PH off", holidays=FRANCE, exceptions=(CHRISTMAS,))
    assert State.OPEN is store.state_at(local("2026-12-25 12:00")).state
    assert State.CLOSED is store.state_at(local("2026-12-25 13:00")).state


def test_26_december_is_a_holiday_in_moselle_and_not_in_paris() -> None:
    hours = "Mo-Sa 09:00-19:00; PH off"
    at = local("2026-12-26 15:00")
    metz, paris = (
        shop(hours, holidays=MOSELLE).state_at(at),
        shop(hours, holidays=FRANCE).state_at(at),
    )
    assert (State.CLOSED, "Saint-Étienne") == (metz.state, metz.rule.name)
    assert (State.OPEN, RuleKind.REGULAR) == (paris.state, paris.rule.kind)


def test_england_keeps_new_years_day_of_2027() -> None:
    pub = shop("Mo-Su 11:00-23:00; PH off", "Europe/London", holidays=ENGLAND)
    state = pub.state_at(utc("2027-01-01 15:00"))
    assert (State.CLOSED, "New Year's Day") == (state.state, state.rule.name)
    assert utc("2026-12-31 23:00") == state.since
    assert utc("2027-01-02 11:00") == state.until


def test_england_has_monday_28_december_2026_off_because_boxing_day_is_a_saturday() -> None:
    bank = shop("Mo-Fr 09:00-16:30; PH off", "Europe/London", holidays=ENGLAND)
    state = bank.state_at(utc("2026-12-28 12:00"))
    assert (State.CLOSED, "Boxing Day (observed)") == (state.state, state.rule.name)
    assert utc("2026-12-29 09:00") == bank.next_opening(utc("2026-12-28 12:00"))


def test_without_a_rule_for_holidays_the_regular_hours_apply() -> None:
    state = shop("Mo-Su 09:00-19:00", holidays=FRANCE).state_at(local("2026-12-25 12:00"))
    assert (State.OPEN, RuleKind.REGULAR) == (state.state, state.rule.kind)


@pytest.mark.parametrize(
    ("expression", "on_public_holiday", "expected"),
    [
        ("Mo-Su 09:00-19:00", "off", []),
        ("Mo-Su 09:00-19:00", "10:00-12:00", [("12-25 09:00", "12-25 11:00")]),
        ("Mo-Su 09:00-19:00; PH 14:00-16:00", "off", [("12-25 13:00", "12-25 15:00")]),
        ("not hours at all", "10:00-12:00", [("12-25 09:00", "12-25 11:00")]),
    ],
)
def test_a_schedule_may_say_what_a_holiday_means_where_its_text_does_not(
    expression: str, on_public_holiday: str, expected: list[tuple[str, str]]
) -> None:
    rules = HolidayRules(country="FR", on_public_holiday=on_public_holiday)
    day = dt.date(2026, 12, 25)
    found = shop(expression, holidays=rules).intervals(day, day)
    assert expected == in_utc([each for each in found if each.state is State.OPEN])


def test_a_holiday_is_named_only_where_it_matters() -> None:
    on_all_saints = "2026-11-11 15:00"  # Armistice Day, a Wednesday
    assert RuleKind.REGULAR is rule_at(on_all_saints, "Mo-Fr,PH 09:00-19:00", holidays=FRANCE).kind
    assert RuleKind.HOLIDAY is rule_at(on_all_saints, "Sa,PH 09:00-19:00", holidays=FRANCE).kind
    # All Saints' Day of 2026, a Sunday: closed anyway, and still closed for the holiday.
    assert (
        "Toussaint"
        == rule_at("2026-11-01 15:00", "Mo-Fr 09:00-19:00; PH off", holidays=FRANCE).name
    )


def test_the_day_after_a_holiday_may_have_its_own_rule() -> None:
    store = shop("Mo-Su 09:00-19:00; PH +1 day 12:00-19:00; PH off", holidays=FRANCE)
    assert local("2026-12-26 12:00") == store.next_opening(local("2026-12-25 12:00"))


def test_a_school_canteen_is_closed_in_the_holidays_of_its_zone() -> None:
    zone_a = HolidayRules(country="FR", school_zone="Zone A")
    zone_c = HolidayRules(country="FR", school_zone="Zone C")
    # Winter holidays of 2026: zone A from 7 February, zone C from 21 February.
    monday, text = local("2026-02-09 12:00"), "Mo-Fr 11:30-13:30; SH off"
    canteen = shop(text, holidays=zone_a).state_at(monday)
    assert (State.CLOSED, "Vacances d'hiver") == (canteen.state, canteen.rule.name)
    assert State.OPEN is shop(text, holidays=zone_c).state_at(monday).state


def test_weekdays_of_school_holidays_are_not_all_weekdays() -> None:
    pool = shop(
        "Sa-Su 10:00-18:00; SH Mo-Fr 14:00-18:00",
        holidays=HolidayRules(country="FR", school_zone="Zone A"),
    )
    assert State.OPEN is pool.state_at(local("2026-02-09 15:00")).state
    assert State.CLOSED is pool.state_at(local("2026-03-09 15:00")).state
    assert State.OPEN is pool.state_at(local("2026-02-08 11:00")).state, "a Sunday in them"


def test_regular_hours_stand_where_school_holidays_are_not_known() -> None:
    canteen = shop("Mo-Fr 11:30-13:30; SH 12:00-15:00", holidays=HolidayRules(country="US"))
    states = [canteen.state_at(local(f"2026-02-09 {at}")) for at in ("11:45", "14:00", "16:00")]
    assert [State.OPEN, State.UNKNOWN, State.CLOSED] == [each.state for each in states]
    assert "school holidays are not known" == states[1].comment
    closed = shop("Mo-Fr 09:00-18:00; PH,SH off", holidays=HolidayRules(country="DE"))
    assert State.OPEN is closed.state_at(local("2026-07-27 12:00")).state
    assert State.CLOSED is closed.state_at(local("2026-05-01 12:00")).state


def test_an_exception_cuts_the_hours_that_run_into_its_date() -> None:
    bar = shop("Mo-Su 18:00-02:00", exceptions=(special("2026-12-25", label="Noël"),))
    eve = bar.state_at(local("2026-12-24 23:00"))
    assert local("2026-12-25 00:00") == eve.until
    night = bar.state_at(local("2026-12-25 01:00"))
    assert (State.CLOSED, RuleKind.EXCEPTION) == (night.state, night.rule.kind)


def test_no_regular_hours_run_out_of_an_exceptions_date() -> None:
    bar = shop("Mo-Su 18:00-02:00", exceptions=(special("2026-12-25", label="Noël"),))
    assert State.CLOSED is bar.state_at(local("2026-12-26 01:00")).state
    assert local("2026-12-26 18:00") == bar.next_opening(local("2026-12-25 12:00"))


def test_an_exceptions_own_hours_run_into_the_next_regular_day() -> None:
    party = special("2026-12-31", "20:00-05:00", label="New Year's Eve")
    state = shop("Mo-Su 18:00-02:00", exceptions=(party,)).state_at(local("2027-01-01 04:00"))
    assert (State.OPEN, RuleKind.EXCEPTION) == (state.state, state.rule.kind)
    assert (local("2026-12-31 20:00"), local("2027-01-01 05:00")) == (state.since, state.until)


def test_the_next_exception_cuts_an_exceptions_own_hours_too() -> None:
    party, day_after = special("2026-12-31", "20:00-05:00"), special("2027-01-01", "14:00-18:00")
    bar = shop("Mo-Su 18:00-02:00", exceptions=(party, day_after))
    assert local("2027-01-01 00:00") == bar.next_closing(local("2026-12-31 21:00"))


def test_nights_of_one_long_exception_run_on_into_each_other_date() -> None:
    fair = special("2026-07-10", "20:00-03:00", last="2026-07-12", label="fair")
    found = shop("off", exceptions=(fair,)).intervals(dt.date(2026, 7, 10), dt.date(2026, 7, 13))
    assert [
        ("07-10 18:00", "07-11 01:00"),
        ("07-11 18:00", "07-12 01:00"),
        ("07-12 18:00", "07-13 01:00"),
    ] == in_utc(found)


def test_a_24_hour_shop_closed_on_a_date_opens_again_at_its_midnight() -> None:
    shop_closed = shop("24/7", exceptions=(special("2026-05-01", label="Labour Day"),))
    state = shop_closed.state_at(local("2026-05-01 09:00"))
    assert (local("2026-05-01 00:00"), local("2026-05-02 00:00")) == (state.since, state.until)


def test_a_holiday_off_leaves_no_hours_after_its_midnight() -> None:
    bar = shop("Mo-Su 18:00-02:00; PH off", holidays=FRANCE)
    found = bar.intervals(dt.date(2026, 12, 24), dt.date(2026, 12, 26))
    # In the night before the holiday, too, `PH off` has the whole date.
    assert [
        ("12-23 17:00", "12-24 01:00"),
        ("12-24 17:00", "12-24 23:00"),
        ("12-26 17:00", "12-27 01:00"),
    ] == in_utc(found)


def test_a_closure_by_dates_has_whole_days_and_lets_no_hours_run_out() -> None:
    bar = shop("Mo-Su 18:00-02:00", closures=(CLOSED_FROM_24TH,))
    state = bar.state_at(local("2026-12-25 12:00"))
    assert local("2026-12-24 00:00") == state.since
    assert local("2026-12-26 18:00") == state.until


def test_a_closure_by_instants_has_exactly_these() -> None:
    burst_pipe = Closure(starts=local("2026-03-03 11:00"), ends=local("2026-03-03 15:30"))
    store = shop("Mo-Su 09:00-19:00", closures=(burst_pipe,))
    assert [("03-03 08:00", "03-03 10:00"), ("03-03 14:30", "03-03 18:00")] == in_utc(
        store.intervals(dt.date(2026, 3, 3), dt.date(2026, 3, 3))
    )


def test_a_closure_until_further_notice_has_no_end_until_it_expires() -> None:
    works = Closure(starts=dt.date(2026, 3, 3), reason="works")
    closed = shop("24/7", closures=(works,)).state_at(local("2026-06-01 12:00"))
    assert (State.CLOSED, None) == (closed.state, closed.until)
    assert shop("24/7", closures=(works,)).next_opening(local("2026-06-01 12:00")) is None
    lapsing = Closure(starts=dt.date(2026, 3, 3), expires=local("2026-06-15 08:00"))
    state = shop("24/7", closures=(lapsing,)).state_at(local("2026-06-01 12:00"))
    assert local("2026-06-15 08:00") == state.until


def test_no_hours_run_out_of_an_exception_that_a_closure_has_whole() -> None:
    party = special("2026-12-31", "20:00-05:00")
    works = Closure(starts=dt.date(2026, 12, 31), ends=dt.date(2026, 12, 31))
    bar = shop("Mo-Su 18:00-02:00", exceptions=(party,), closures=(works,))
    assert local("2027-01-01 18:00") == bar.next_opening(local("2026-12-31 12:00"))


def test_closures_may_overlap() -> None:
    closures = (
        Closure(starts=dt.date(2026, 3, 3), ends=dt.date(2026, 3, 5), reason="works"),
        Closure(starts=local("2026-03-05 12:00"), ends=local("2026-03-06 12:00"), reason="power"),
        Closure(starts=dt.date(2026, 3, 4), ends=dt.date(2026, 3, 4), reason="strike"),
    )
    store = shop("24/7", closures=closures)
    state = store.state_at(local("2026-03-04 12:00"))
    assert ("works", local("2026-03-03 00:00")) == (state.rule.name, state.since)
    assert local("2026-03-06 12:00") == state.until
    assert "power" == store.state_at(local("2026-03-06 09:00")).rule.name


def test_a_status_closes_throughout() -> None:
    state = shop("24/7", status="closed for good").state_at(local("2026-03-03 12:00"))
    assert (State.CLOSED, None, None) == (state.state, state.since, state.until)


def test_the_same_exception_twice_is_one() -> None:
    twice = (special("2026-12-25"), special("2026-12-25"))
    exceptions: tuple[DatedException, ...] = shop("24/7", exceptions=twice).schedule.exceptions
    assert (special("2026-12-25"),) == exceptions
