"""Golden tables, asked of the service: clock changes, nights, holidays, the date line."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable

import pytest

from enrayon.hours.v1 import hours_pb2
from tests.services.hours.shops import (
    NAME,
    date,
    give,
    in_utc,
    instant,
    intervals,
    local,
    put,
    shop,
    state,
)
from tests.support.clock_changes import GAPS_AND_FOLDS

OPEN, CLOSED = hours_pb2.STATE_OPEN, hours_pb2.STATE_CLOSED
HOLIDAY = hours_pb2.RULE_KIND_HOLIDAY


@pytest.mark.parametrize(("zone", "day", "text", "expected"), GAPS_AND_FOLDS)
async def test_labels_in_a_gap_are_no_instant_and_those_in_a_fold_are_two(
    stores, hours, zone, day, text, expected
):
    await put(stores, shop("grocery", text, zone))
    answer = await intervals(hours, day)
    # The answer has what overlaps the date; on other dates these hours are plain.
    assert expected == in_utc(each for each in answer.intervals if each.local_date == date(day))


@pytest.mark.parametrize(
    ("night", "opens", "closes"),
    [
        ("2026-03-28", "03-28 21:00", "03-29 02:00"),  # an hour short
        ("2026-10-24", "10-24 20:00", "10-25 03:00"),  # an hour long
        ("2026-11-28", "11-28 21:00", "11-29 03:00"),
    ],
)
async def test_a_night_out_in_paris_is_as_long_as_the_clocks_make_it(
    stores, hours, night, opens, closes
):
    await put(stores, shop("grocery", "Sa 22:00-04:00"))
    now = await state(hours, f"{night} 23:00")
    assert (OPEN, opens, closes) == (
        now.state,
        f"{instant(now.since_time):%m-%d %H:%M}",
        f"{instant(now.until_time):%m-%d %H:%M}",
    )


async def test_an_exception_cuts_at_midnight_what_runs_into_its_date(stores, hours):
    await put(stores, shop("grocery", "Mo-Su 20:00-03:00"))
    await give(
        hours, NAME, exceptions=[{"first_date": date("2026-12-25"), "label": "Christmas Day"}]
    )
    answer = await intervals(hours, "2026-12-24", "2026-12-26")
    assert [
        ("12-23 19:00", "12-24 02:00"),
        ("12-24 19:00", "12-24 23:00"),
        ("12-26 19:00", "12-27 02:00"),
    ] == in_utc(answer.intervals)
    now = await state(hours, "2026-12-25 00:00")
    assert (CLOSED, hours_pb2.RULE_KIND_EXCEPTION, "Christmas Day") == (
        now.state,
        now.rule.kind,
        now.rule.display_name,
    )


@pytest.mark.parametrize(
    ("region", "area", "postcode", "zone", "day", "holiday"),
    [
        ("GB", "", "SW1A 1AA", "Europe/London", "2027-12-27", "Christmas Day (observed)"),
        ("GB", "", "SW1A 1AA", "Europe/London", "2027-01-01", "New Year's Day"),
        ("FR", "", "67000", "Europe/Paris", "2026-12-26", "Saint Stephen's Day"),
        ("FR", "", "75004", "Europe/Paris", "2026-12-26", ""),
        ("FR", "", "97400", "Indian/Reunion", "2026-12-20", "Abolition of Slavery"),
        ("DE", "BY", "80331", "Europe/Berlin", "2027-01-06", "Epiphany"),
        ("DE", "BE", "10117", "Europe/Berlin", "2027-01-06", ""),
        ("US", "CA", "94103", "America/Los_Angeles", "2027-07-05", "Independence Day (observed)"),
        ("IN", "", "110001", "Asia/Kolkata", "2027-01-26", "Republic Day"),
    ],
)
async def test_holidays_are_those_of_the_address(
    stores, hours, region, area, postcode, zone, day, holiday
):
    address = {"region_code": region, "administrative_area": area, "postal_code": postcode}
    await put(stores, shop("grocery", "Mo-Su 09:00-18:00; PH off", zone, address=address))
    now = await state(hours, local(f"{day} 12:00", zone), language_code="en_US")
    expected = (CLOSED, HOLIDAY, holiday) if holiday else (OPEN, hours_pb2.RULE_KIND_REGULAR, "")
    assert expected == (now.state, now.rule.kind, now.rule.display_name)


async def test_it_is_monday_in_kiritimati_and_sunday_in_pago_pago(stores, hours):
    text = "Mo 09:00-17:00"
    east, west = shop("east", text, "Pacific/Kiritimati"), shop("west", text, "Pacific/Pago_Pago")
    await put(stores, east, west)
    at = dt.datetime(2026, 11, 29, 20, tzinfo=dt.UTC)
    assert OPEN == (await state(hours, at, east.name)).state
    sunday = await state(hours, at, west.name)
    assert (CLOSED, dt.datetime(2026, 11, 30, 20, tzinfo=dt.UTC)) == (
        sunday.state,
        instant(sunday.next_open_time),
    )


async def test_public_holidays_are_those_of_the_package(
    stores, hours, shared_rows: Callable[[str], list[dict[str, str]]]
):
    expected: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    rows = shared_rows("public_holidays")
    for row in rows:
        expected[row["country"], row["subdivision"]][row["date"]] = row["name"]
    assert 1848 == len(rows)
    for number, ((country, subdivision), dates) in enumerate(expected.items()):
        address = {"region_code": country, "administrative_area": subdivision}
        place = shop(str(number), "24/7; PH off", "UTC", address=address)
        await put(stores, place)
        found = set()
        for year in range(2020, 2031):
            answer = await intervals(hours, f"{year}-01-01", f"{year}-12-31", place.name)
            for day in answer.days:
                is_closed = day.rule.kind == HOLIDAY and not day.spans
                if is_closed:
                    found.add(f"{day.date.year}-{day.date.month:02}-{day.date.day:02}")
        assert set(dates) == found, (country, subdivision)
