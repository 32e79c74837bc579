"""Since when, until when, what comes next; and hostile questions that cost little."""

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours

from geodata.points import Point
from geodata.schedule import runs
from geodata.schedule.day_hours import DayHours, RuledSpan
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import Closure, HolidayRules, State
from geodata.schedule.timeline import MAX_DAYS_LISTED, Timeline, timeline
from tests.geodata.schedule.real_strings import TEXTS
from tests.geodata.schedule.stores import in_utc, local, shop, special, utc

GROCERY = "Mo-Fr 09:00-12:30,14:00-19:00; Sa 10:00-18:00"
SECOND = dt.timedelta(seconds=1)

instants = st.datetimes(
    dt.datetime(2020, 1, 1), dt.datetime(2031, 1, 1), timezones=st.just(dt.UTC)
).map(lambda at: at.replace(microsecond=0))
dates = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))


@st.composite
def shops(draw: st.DrawFn) -> Timeline:
    """Real hours, holidays, and perhaps an exception and a closure."""
    first, closed = draw(dates), draw(dates)
    last = first + dt.timedelta(draw(st.integers(0, 20)))
    hours = draw(st.sampled_from(((), ("09:00-12:00",), ("08:00-12:00", "20:00-04:00"))))
    exception = special(first.isoformat(), *hours, last=last.isoformat())
    days = dt.timedelta(draw(st.integers(0, 500)))
    by_dates = Closure(starts=closed, ends=closed + days)
    noon = dt.datetime.combine(closed, dt.time(12, 7), tzinfo=dt.UTC)
    by_instants = Closure(starts=noon, ends=noon + days + dt.timedelta(minutes=1))
    return shop(
        draw(st.sampled_from(TEXTS)),
        draw(
            st.sampled_from(
                ("Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Tokyo")
            )
        ),
        holidays=HolidayRules(country=draw(st.sampled_from(("FR", "CA", "AU", "JP")))),
        exceptions=draw(st.sampled_from(((), (exception,)))),
        closures=draw(st.sampled_from(((), (by_dates,), (by_instants,), (by_dates, by_instants)))),
    )


@pytest.mark.parametrize(
    ("at", "state", "since", "until"),
    [
        ("2026-11-27 15:00", State.OPEN, "2026-11-27 14:00", "2026-11-27 19:00"),
        ("2026-11-27 14:00", State.OPEN, "2026-11-27 14:00", "2026-11-27 19:00"),
        ("2026-11-27 19:00", State.CLOSED, "2026-11-27 19:00", "2026-11-28 10:00"),
        ("2026-11-28 20:00", State.CLOSED, "2026-11-28 18:00", "2026-11-30 09:00"),
    ],
)
def test_opening_is_inclusive_and_closing_exclusive(
    at: str, state: State, since: str, until: str
) -> None:
    found = shop(GROCERY).state_at(local(at))
    assert (state, local(since), local(until)) == (found.state, found.since, found.until)


def test_next_opening_and_closing_are_after_the_instant() -> None:
    grocery = shop(GROCERY)
    assert local("2026-11-27 14:00") == grocery.next_opening(local("2026-11-27 09:00"))
    assert local("2026-11-27 12:30") == grocery.next_closing(local("2026-11-27 09:00"))
    assert local("2026-11-28 10:00") == grocery.next_opening(local("2026-11-27 18:59"))
    assert local("2026-11-30 12:30") == grocery.next_closing(local("2026-11-28 18:00"))


@given(shops(), instants)
def test_a_state_holds_from_since_to_until_and_changes_there(
    line: Timeline, at: dt.datetime
) -> None:
    now = line.state_at(at)
    if now.since:
        assert now.since <= at
        assert now.state is line.state_at(now.since).state
        assert now.state is not line.state_at(now.since - SECOND).state
    if now.until:
        assert at < now.until
        assert now.state is line.state_at(now.until - SECOND).state
        assert now.state is not line.state_at(now.until).state


@given(shops(), instants)
def test_the_next_opening_is_the_first_one(line: Timeline, at: dt.datetime) -> None:
    opening, closing = line.next_opening(at), line.next_closing(at)
    if opening is None:
        return
    assert at < opening
    assert State.OPEN is line.state_at(opening).state
    assert State.OPEN is not line.state_at(opening - SECOND).state
    now = line.state_at(at)
    # Until it opens, the shop is open only if it is so now, up to its closing.
    assert opening == (
        now.until if now.state is not State.OPEN else line.next_opening(closing or at)
    )


@given(shops(), instants)
def test_intervals_are_the_open_states_of_their_dates(line: Timeline, at: dt.datetime) -> None:
    date = at.astimezone(line.zone).date()
    found = line.intervals(date, date)
    inside = any(
        (each.opens is None or each.opens <= at) and (each.closes is None or at < each.closes)
        for each in found
    )
    assert inside is (line.state_at(at).state is State.OPEN)


@given(shops(), instants, st.lists(st.integers(-3000, 3000), max_size=6))
def test_a_remembered_answer_is_given_only_while_it_holds(
    line: Timeline, at: dt.datetime, minutes: list[int]
) -> None:
    for offset in minutes:
        moment = at + dt.timedelta(minutes=offset)
        fresh = Timeline(line.schedule)
        assert fresh.state_at(moment) == line.state_at(moment)
        assert fresh.next_opening(moment) == line.next_opening(moment)
        assert fresh.next_closing(moment) == line.next_closing(moment)


@settings(max_examples=15)
@given(st.sampled_from(TEXTS), instants)
def test_in_utc_without_holidays_the_parsers_own_evaluation_agrees(
    text: str, at: dt.datetime
) -> None:
    hours, label = OpeningHours(text), at.replace(tzinfo=None)
    line = shop(text, "UTC")
    assert str(hours.state(label)[0]) == line.state_at(at).state.value
    change = hours.next_change(label)
    assert (change and change.replace(tzinfo=dt.UTC)) == line.next_change(at)


def test_intervals_are_not_cut_at_the_edges_of_the_dates() -> None:
    bar = shop("Fr-Sa 20:00-03:00")
    saturday = dt.date(2026, 11, 28)
    found = bar.intervals(saturday, saturday)
    assert [("11-27 19:00", "11-28 02:00"), ("11-28 19:00", "11-29 02:00")] == in_utc(found)
    assert [saturday, saturday] == [each.date for each in found]


def test_hours_that_begin_at_the_midnight_after_the_dates_are_not_listed() -> None:
    bar, monday = shop("Tu 00:00-02:00"), dt.date(2026, 11, 30)
    assert [] == bar.intervals(monday, monday)
    assert [("11-30 23:00", "12-01 01:00")] == in_utc(
        bar.intervals(monday, monday + dt.timedelta(1))
    )


def test_intervals_tell_unknown_hours_from_open_ones() -> None:
    office = shop('Mo-Fr 09:00-12:00; Mo 14:00-16:00 unknown "by appointment"')
    monday = dt.date(2026, 11, 30)
    assert [(State.UNKNOWN, "by appointment")] == [
        (each.state, each.comment) for each in office.intervals(monday, monday)
    ]


def test_a_shop_that_never_closes_has_no_since_and_no_until() -> None:
    state = shop("24/7").state_at(local("2026-11-28 12:00"))
    assert (State.OPEN, None, None) == (state.state, state.since, state.until)
    everything = shop("24/7").intervals(dt.date(2026, 11, 28), dt.date(2026, 11, 29))
    assert [("-", "-")] == in_utc(everything)


def test_the_next_opening_may_be_far_away() -> None:
    at = local("2026-11-28 12:00")
    assert local("2027-07-01 10:00") == shop("Jul-Aug 10:00-18:00").next_opening(at)
    assert local("2028-02-29 00:00") == shop("Feb 29").next_opening(at)
    assert local("2044-02-29 00:00") == shop("Feb 29 Mo[5]").next_opening(at)
    assert local("8000-01-01 10:00") == shop("2020,8000-9000 10:00-22:00").next_opening(at)
    reopening = special("2031-05-04", "09:00-12:00")
    assert local("2031-05-04 09:00") == shop("off", exceptions=(reopening,)).next_opening(at)


def test_hours_of_school_holidays_are_unknown_in_years_in_which_nobody_knows_them() -> None:
    # Those of Taiwan are known for 1998 to 2000; the last one is 25 December 2000.
    school = shop("off; SH open", "Asia/Taipei", holidays=HolidayRules(country="TW"))
    after, new_year = (local(f"{day} 00:00", "Asia/Taipei") for day in ("2000-12-26", "2001-01-01"))
    assert (State.CLOSED, new_year) == (school.state_at(after).state, school.state_at(after).until)
    assert (State.UNKNOWN, new_year) == (
        school.state_at(new_year).state,
        school.state_at(new_year).since,
    )


def test_a_state_that_began_within_a_year_has_its_beginning() -> None:
    kiosk = shop("Jul-Aug 10:00-18:00")
    assert local("2026-08-31 18:00") == kiosk.state_at(local("2027-06-30 12:00")).since
    assert shop("2020").state_at(local("2026-01-01 12:00")).since is None


def test_a_long_steady_time_ends_where_a_closure_begins_and_begins_where_one_ends() -> None:
    works = Closure(starts=dt.date(2026, 5, 4), ends=dt.date(2026, 5, 5))
    always = shop("24/7", closures=(works,))
    assert local("2026-05-04 00:00") == always.next_closing(local("2025-12-24 12:00"))
    assert local("2026-05-06 00:00") == always.state_at(local("2026-12-24 12:00")).since
    power_cut = Closure(starts=local("2026-05-04 11:00"), ends=local("2026-05-04 12:30"))
    always = shop("24/7", closures=(power_cut,))
    assert local("2026-05-04 11:00") == always.next_closing(local("2025-12-24 12:00"))
    assert local("2026-05-04 12:30") == always.state_at(local("2026-12-24 12:00")).since


def test_a_long_steady_time_is_looked_back_through_to_the_day_it_began() -> None:
    kiosk = shop("Jul-Aug 00:00-24:00")
    for days in range(1, 300):
        at = local("2026-09-01 00:00") + dt.timedelta(days)
        assert local("2026-09-01 00:00") == kiosk.state_at(at).since
        assert local("2027-07-01 00:00") == kiosk.state_at(at).until


@pytest.mark.parametrize("constant", [{"status": "moved"}, {"time_zone": ""}], ids=str)
def test_a_state_that_no_hours_can_change_is_told_without_looking_at_days(
    constant: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[dt.date] = []
    decided = DayHours._decided

    def watched(hours: DayHours, date: dt.date) -> tuple[RuledSpan, ...]:
        looked.append(date)
        return decided(hours, date)

    monkeypatch.setattr(DayHours, "_decided", watched)
    state = shop("Mo-Fr 09:00-18:00", **constant).state_at(local("2026-11-23 12:00"))
    assert (None, None) == (state.since, state.until)
    assert 6 > len(looked)


def test_hours_from_noon_to_noon_begin_again_at_noon_after_a_closure() -> None:
    holidays = Closure(starts=dt.date(2026, 12, 24), ends=dt.date(2026, 12, 25))
    hotel = shop("Mo-Su 12:00-12:00", closures=(holidays,))
    assert local("2026-12-24 00:00") == hotel.next_closing(local("2026-11-28 00:10"))
    assert local("2026-12-26 12:00") == hotel.next_opening(local("2026-12-25 00:10"))


def test_a_night_that_only_holidays_have_is_seen_from_before_and_after() -> None:
    ball = shop("off; PH 20:00-04:00", holidays=HolidayRules(country="FR"))
    assert local("2026-12-26 04:00") == ball.next_closing(local("2026-12-25 00:10"))
    for days in range(1, 6):
        at = local("2026-12-26 04:30") + dt.timedelta(days - 1)
        assert local("2026-12-26 04:00") == ball.state_at(at).since


def test_closes_soon_and_open_for() -> None:
    grocery, at = shop(GROCERY), local("2026-11-27 18:30")
    assert grocery.closes_soon(at, dt.timedelta(minutes=30))
    assert not grocery.closes_soon(at, dt.timedelta(minutes=29))
    assert grocery.open_for(at, 30)
    assert not grocery.open_for(at, 31)
    closed = local("2026-11-27 13:00")
    assert not grocery.closes_soon(closed, dt.timedelta(hours=12))
    assert not grocery.open_for(closed, 0)
    assert shop("24/7").open_for(at, 10**9)


def test_unknown_hours_say_why() -> None:
    at = local("2026-11-28 12:00")
    reasons = [
        shop("").state_at(at),
        shop("", unusable="the feed says 'on request'").state_at(at),
        shop("Mo-Fr 8 to 5").state_at(at),
        shop("24/7", "").state_at(at),
        shop('unknown "ask inside"').state_at(at),
        shop("unknown").state_at(at),
    ]
    assert {State.UNKNOWN} == {each.state for each in reasons}
    assert [
        "no hours given",
        "the feed says 'on request'",
        "the hours do not parse",
        "no time zone",
        "ask inside",
        "the hours say unknown",
    ] == [each.comment.split(":")[0] for each in reasons]


def test_the_sun_rises_where_the_shop_is() -> None:
    day, text = dt.date(2020, 6, 1), "sunrise-sunset"
    found = shop(text, location=Point(48.87, 2.29)).intervals(day, day)
    assert [("06-01 03:51", "06-01 19:46")] == in_utc(found)
    [somewhere] = shop(text).intervals(day, day)
    assert State.UNKNOWN is somewhere.state
    assert "without a location" in somewhere.comment


def test_equal_schedules_share_one_timeline() -> None:
    one, other = shop(GROCERY).schedule, shop(GROCERY).schedule
    assert timeline(one) is timeline(other)


@pytest.mark.parametrize(
    "at",
    [
        dt.datetime(2026, 11, 28, 12),
        dt.datetime(999, 12, 31, tzinfo=dt.UTC),
        dt.datetime.max.replace(tzinfo=dt.UTC),
        dt.datetime.min.replace(tzinfo=dt.UTC),
        dt.datetime.min.replace(tzinfo=zoneinfo.ZoneInfo("Asia/Tokyo")),
    ],
)
def test_an_instant_without_offset_or_out_of_range_is_refused(at: dt.datetime) -> None:
    with pytest.raises(ScheduleError, match=r"^at: "):
        shop("24/7").state_at(at)


def test_the_first_and_the_last_years_are_answered() -> None:
    early, late = utc("1000-01-01 00:00"), utc("9999-12-29 23:59")
    hours = shop("24/7", "Asia/Tokyo")
    assert State.CLOSED is hours.state_at(early).state, "OSM hours begin in 1900"
    assert local("1900-01-01 00:00", "Asia/Tokyo") == hours.next_opening(early)
    assert (State.OPEN, None) == (hours.state_at(late).state, hours.next_change(late))
    assert State.OPEN is shop("00:00-12:00", "Asia/Tokyo").state_at(late).state


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2000-01-01", "2099-12-31"),
        ("2026-01-02", "2026-01-01"),
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_a_range_of_a_hundred_years_backwards_or_out_of_range_is_refused(
    first: str, last: str
) -> None:
    with pytest.raises(ScheduleError):
        shop("24/7").intervals(dt.date.fromisoformat(first), dt.date.fromisoformat(last))


def test_the_longest_range_listed_is_more_than_a_year() -> None:
    first = dt.date(2026, 1, 1)
    last = first + dt.timedelta(MAX_DAYS_LISTED - 1)
    assert 401 == len(shop("12:00-13:00").intervals(first, last)) + 1


@pytest.mark.parametrize(
    "text",
    [
        "10:00-12:00 off",
        "Mo-Su closed; Feb 29 off",
        "Mo-Su off; PH off",
        "Mo-Fr 11:30-13:30; SH off; off",
        "week 1-53/2 Mo-Su off, PH off, SH off",
        "Jan 1-Dec 31 off; PH +3 days off",
        "Feb 29 Sa-Su unknown",
    ],
)
def test_hours_that_never_come_are_not_searched_for_for_ever(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[dt.date] = []
    spans_of = DayHours.of

    def counted(hours: DayHours, date: dt.date) -> tuple[RuledSpan, ...]:
        looked_at.append(date)
        return spans_of(hours, date)

    monkeypatch.setattr(DayHours, "of", counted)
    rules = HolidayRules(country="FR", school_zone="Zone A")
    assert shop(text, holidays=rules).next_opening(local("2026-11-28 12:00")) is None
    # Each step of the search spans parts of two dates, and may look at where it goes on.
    assert len(looked_at) <= 4 * runs.MAX_DAYS_SEARCHED
