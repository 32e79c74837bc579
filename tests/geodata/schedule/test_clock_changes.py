"""Golden tables: hours on nights when clocks change, overnight hours, and across the date line."""

import datetime as dt

import pytest

from geodata.schedule.model import Closure, State
from tests.geodata.schedule.stores import in_utc, local, shop, special, utc
from tests.support.clock_changes import GAPS_AND_FOLDS


@pytest.mark.parametrize(("zone", "date", "hours", "expected"), GAPS_AND_FOLDS)
def test_labels_in_a_gap_are_no_instant_and_those_in_a_fold_are_two(
    zone: str, date: str, hours: str, expected: list[tuple[str, str]]
) -> None:
    day = dt.date.fromisoformat(date)
    assert expected == in_utc(shop(hours, zone).intervals(day, day))


@pytest.mark.parametrize(
    ("night", "opens", "closes", "hours"),
    [
        ("2026-03-28", "2026-03-28 21:00", "2026-03-29 02:00", 5),  # an hour short
        ("2026-10-24", "2026-10-24 20:00", "2026-10-25 03:00", 7),  # an hour long
        ("2026-11-28", "2026-11-28 21:00", "2026-11-29 03:00", 6),
    ],
)
def test_a_night_out_in_paris_is_as_long_as_the_clocks_make_it(
    night: str, opens: str, closes: str, hours: int
) -> None:
    club = shop("Sa 22:00-04:00")
    state = club.state_at(local(f"{night} 23:00"))
    assert (utc(opens), utc(closes)) == (state.since, state.until)
    assert club.open_for(utc(opens), hours * 60)
    assert not club.open_for(utc(opens), hours * 60 + 1)


def test_both_instants_of_a_fold_get_the_same_answer() -> None:
    bakery = shop("02:00-02:40")
    for minute in range(60):
        first, second = utc("2026-10-25 00:00"), utc("2026-10-25 01:00")
        step = dt.timedelta(minutes=minute)
        expected = State.OPEN if minute < 40 else State.CLOSED
        assert expected is bakery.state_at(first + step).state
        assert expected is bakery.state_at(second + step).state


def test_midnight_itself_is_skipped_in_santiago_and_repeated_in_havana() -> None:
    # Santiago, 6 September 2026: 00:00 becomes 01:00 at 04:00Z.
    sunday = dt.date(2026, 9, 6)
    assert [("09-06 04:00", "09-06 05:00")] == in_utc(
        shop("Su 00:00-02:00", "America/Santiago").intervals(sunday, sunday)
    )
    # Havana, 1 November 2026: 01:00 becomes 00:00 at 05:00Z.
    sunday = dt.date(2026, 11, 1)
    assert [("11-01 04:00", "11-01 04:30"), ("11-01 05:00", "11-01 05:30")] == in_utc(
        shop("Su 00:00-00:30", "America/Havana").intervals(sunday, sunday)
    )


def test_monday_comes_to_kiritimati_while_it_is_sunday_in_greenwich() -> None:
    office = shop("Mo 09:00-17:00", "Pacific/Kiritimati")
    state = office.state_at(utc("2026-11-29 20:00"))
    assert State.OPEN is state.state
    assert (utc("2026-11-29 19:00"), utc("2026-11-30 03:00")) == (state.since, state.until)


def test_apia_had_no_30_december_2011() -> None:
    fridays = shop("Fr 09:00-17:00", "Pacific/Apia")
    skipped = dt.date(2011, 12, 30)
    assert [] == fridays.intervals(skipped, skipped)
    thursday_noon = local("2011-12-29 12:00", "Pacific/Apia")
    assert local("2012-01-06 09:00", "Pacific/Apia") == fridays.next_opening(thursday_noon)


def test_hours_run_from_thursday_into_saturday_over_the_skipped_friday_of_apia() -> None:
    kiosk = shop("24/7; Fr off", "Pacific/Apia", exceptions=(special("2011-12-30"),))
    state = kiosk.state_at(local("2011-12-29 12:00", "Pacific/Apia"))
    assert local("2011-12-24 00:00", "Pacific/Apia") == state.since
    assert local("2012-01-06 00:00", "Pacific/Apia") == state.until


def test_a_closure_on_the_skipped_date_of_apia_lasts_no_time() -> None:
    skipped = dt.date(2011, 12, 30)
    kiosk = shop("24/7", "Pacific/Apia", closures=(Closure(starts=skipped, ends=skipped),))
    assert State.OPEN is kiosk.state_at(utc("2011-12-30 10:00")).state
    assert State.OPEN is kiosk.state_at(utc("2011-12-30 09:59")).state
    assert kiosk.next_closing(utc("2011-12-29 12:00")) is None
