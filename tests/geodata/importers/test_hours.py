"""Tests that hours are kept or repaired if certain, and reported as a doubt otherwise."""

import pytest

from geodata.importers.hours import (
    Starts,
    from_columns,
    from_fuel_feed,
    from_schema_org,
    from_text,
)
from geodata.importers.record import Record

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.mark.parametrize("given", ["", "24/7", "Mo-Fr 08:00-20:00; Sa 09:00-18:00; PH off"])
def test_hours_of_the_grammar_stay_as_they_are(given: str) -> None:
    hours = from_text(given)
    assert (given, given, (), ()) == (
        hours.text,
        hours.expression,
        hours.repairs,
        hours.doubts,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # Real texts: from Helsinki, and from French charging stations.
        ("00:00-23:59", "00:00-24:00"),
        ("Mo-Fr 10:00-20:00; Sat 10:00-18:00", "Mo-Fr 10:00-20:00; Sa 10:00-18:00"),
        ("Mo-Fr 0900-1800", "Mo-Fr 09:00-18:00"),
        ("Mo-Th 11:00-23:00; Fr11:00-24:00", "Mo-Th 11:00-23:00; Fr 11:00-24:00"),
    ],
)
def test_slips_of_the_pen_are_set_right_and_told(given: str, expected: str) -> None:
    hours = from_text(given)
    assert (given, expected) == (hours.text, hours.expression)
    assert len(hours.repairs) == 1
    assert () == hours.doubts


def test_prose_becomes_grammar() -> None:
    hours = from_text("Mon - Fri 11am - 11pm, Sat 12pm - 11pm")
    assert "Mo-Fr 11:00-23:00; Sa 12:00-23:00" == hours.expression
    assert len(hours.repairs) == 1


@pytest.mark.parametrize("given", ["Seasonal, only summer time", "call us", "Mo-Fr 25:00-26:00"])
def test_what_nobody_understands_is_kept_and_doubted(given: str) -> None:
    hours = from_text(given)
    assert (given, "", ()) == (hours.text, hours.expression, hours.repairs)
    assert "is not understood, kept as given" in hours.doubts[0]


def test_hours_that_no_store_can_have_are_left_out() -> None:
    hours = from_text("Mo 08:00-09:00; " * 200)
    assert "" == hours.text
    assert ("longer than 2000 characters: ignored",) == hours.doubts


def test_three_american_columns_make_a_week() -> None:
    hours = from_columns(
        {
            "hours_weekday": "5:00 AM to 9:00 PM",
            "hours_saturday": "5:30 AM to 9:00 PM",
            "hours_sunday": "Closed",
        }
    )
    assert "Mo-Fr 05:00-21:00; Sa 05:30-21:00" == hours.expression
    assert () == hours.doubts
    assert "" == from_columns({"hours_weekday": "", "name": "x"}).text


def test_the_fuel_feed_writes_all_day_in_three_ways() -> None:
    for text in ("01.00-01.00", "00.00-00.00", "00.00-23.59"):
        hours = from_fuel_feed(dict.fromkeys(DAYS, text))
        assert ("24/7", (), ()) == (hours.expression, hours.repairs, hours.doubts)
    split = dict.fromkeys(DAYS, "06.30-12.00;14.00-20.00") | {"sun": "closed"}
    assert "Mo-Sa 06:30-12:00,14:00-20:00" == from_fuel_feed(split).expression
    assert "" == from_fuel_feed(dict.fromkeys(DAYS, "")).text


def test_schema_org_has_days_and_dates() -> None:
    week = {"dayOfWeek": ["Monday", "https://schema.org/Tuesday"], "opens": "09:00"}
    hours = from_schema_org(
        {
            "openingHoursSpecification": [
                week | {"closes": "17:00"},
                {
                    "validFrom": "2026-12-24",
                    "validThrough": "2026-12-24",
                    "opens": "09:00",
                    "closes": "12:00",
                },
            ]
        }
    )
    assert "Mo-Tu 09:00-17:00; 2026 Dec 24 09:00-12:00" == hours.expression
    assert "Mo-Fr 09:00-17:00" == from_schema_org({"openingHours": "Mo-Fr 09:00-17:00"}).text
    assert "" == from_schema_org({}).text
    broken = from_schema_org({"openingHoursSpecification": [{"dayOfWeek": "Someday"}]})
    assert "" == broken.expression
    assert "Someday" in broken.text
    assert "dayOfWeek" in broken.doubts[0]


def feed(starts: dict[str, int]) -> Starts:
    found = Starts()
    for start, count in starts.items():
        for row in range(count):
            found.add(Record(row, {"opening_hours": f"Mo-Su {start}-18:00"}, {}))
    return found


def test_a_feed_proves_that_it_writes_noon_as_24_by_its_other_rows() -> None:
    assert feed({"24:00": 736, "24:30": 3, "12:00": 3, "08:00": 5_000}).noon_is_24
    assert feed({"24:00": 739, "12:00": 100}).noon_is_24 is None
    assert feed({"24:00": 5, "08:00": 5_000}).noon_is_24 is None, "too few to prove anything"


@pytest.mark.parametrize(
    ("noon_is_24", "expected"),
    [
        (True, "Su 12:30-17:00"),
        (False, "Su 00:30-17:00"),
        (None, 'Su unknown "12:30-17:00 or 00:30-17:00"'),
    ],
)
def test_hours_from_24_on_are_read_as_the_feed_has_them(
    noon_is_24: bool | None, expected: str
) -> None:
    hours = from_text("Su 24:30-17:00", noon_is_24)
    assert ("Su 24:30-17:00", expected) == (hours.text, hours.expression)
    assert (noon_is_24 is None) is bool(hours.doubts)
