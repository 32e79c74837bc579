"""Golden tables: hours on nights when clocks change, overnight hours, and across the date line."""

import datetime as dt

import pytest

from geodata.schedule.model import Closure, State
from tests.geodata.schedule.stores import in_utc, local, shop, special, utc

PARIS, NEW_YORK, LORD_HOWE, TOKYO = (
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Tokyo",
)

# Zone, local date, hours, and the instants (UTC) at which they really are open.
GAPS_AND_FOLDS = [
    # Paris, 29 March 2026: at 01:00Z the clock goes from 02:00 to 03:00.
    (PARIS, "2026-03-29", "01:30-02:30", [("03-29 00:30", "03-29 01:00")]),
    (PARIS, "2026-03-29", "02:15-02:45", []),
    (PARIS, "2026-03-29", "02:30-03:30", [("03-29 01:00", "03-29 01:30")]),
    (PARIS, "2026-03-29", "01:30-03:30", [("03-29 00:30", "03-29 01:30")]),
    # Paris, 25 October 2026: at 01:00Z the clock goes from 03:00 to 02:00.
    (
        PARIS,
        "2026-10-25",
        "02:15-02:45",
        [("10-25 00:15", "10-25 00:45"), ("10-25 01:15", "10-25 01:45")],
    ),
    (
        PARIS,
        "2026-10-25",
        "01:30-02:30",
        [("10-24 23:30", "10-25 00:30"), ("10-25 01:00", "10-25 01:30")],
    ),
    (PARIS, "2026-10-25", "01:30-03:30", [("10-24 23:30", "10-25 02:30")]),
    # New York, 2026: on 8 March at 07:00Z from 02:00 to 03:00,
    # on 1 November at 06:00Z from 02:00 to 01:00.
    (NEW_YORK, "2026-03-08", "01:30-02:30", [("03-08 06:30", "03-08 07:00")]),
    (NEW_YORK, "2026-03-08", "02:15-02:45", []),
    (
        NEW_YORK,
        "2026-11-01",
        "00:30-01:30",
        [("11-01 04:30", "11-01 05:30"), ("11-01 06:00", "11-01 06:30")],
    ),
    (NEW_YORK, "2026-11-01", "00:30-02:30", [("11-01 04:30", "11-01 07:30")]),
    # Lord Howe moves by half an hour: on 4 October 2026 at 15:30Z from 02:00 to 02:30,
    # on 5 April at 15:00Z from 02:00 to 01:30.
    (LORD_HOWE, "2026-10-04", "02:10-02:40", [("10-03 15:30", "10-03 15:40")]),
    (LORD_HOWE, "2026-10-04", "02:05-02:25", []),
    (
        LORD_HOWE,
        "2026-04-05",
        "01:40-01:50",
        [("04-04 14:40", "04-04 14:50"), ("04-04 15:10", "04-04 15:20")],
    ),
    (LORD_HOWE, "2026-04-05", "01:20-02:10", [("04-04 14:20", "04-04 15:40")]),
    # Tokyo never changes its clocks.
    (TOKYO, "2026-03-29", "02:15-02:45", [("03-28 17:15", "03-28 17:45")]),
    (TOKYO, "2026-10-25", "02:15-02:45", [("10-24 17:15", "10-24 17:45")]),
]


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
