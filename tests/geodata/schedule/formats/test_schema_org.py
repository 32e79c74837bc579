"""schema.org opening hours, as published on pages of shops."""

from typing import Any

import pytest

from geodata.schedule.formats import schema_org
from geodata.schedule.model import HolidayRules, Schedule
from tests.geodata.schedule.formats.weeks import FIRST
from tests.geodata.schedule.stores import PARIS, special


def day(name: Any, opens: str | None = "09:00", closes: str | None = "18:00", **rest: Any) -> Any:
    return {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": name,
        "opens": opens,
        "closes": closes,
        **rest,
    }


@pytest.mark.parametrize(
    ("specification", "expected"),
    [
        (day("Monday"), "Mo 09:00-18:00"),
        ([day(["Monday", "Tuesday"]), day("https://schema.org/Friday")], "Mo-Tu,Fr 09:00-18:00"),
        ([day("http://schema.org/Monday", "09:00:00", "T18:00:00")], "Mo 09:00-18:00"),
        (
            [day("Monday", "9:00", "12:30"), day("Monday", "14:00", "18:00")],
            "Mo 09:00-12:30,14:00-18:00",
        ),
        ([day("Friday", "18:00", "02:00")], "Fr 18:00-02:00"),
        ([day("Friday", "18:00", "00:00")], "Fr 18:00-24:00"),
        (
            [day(["Saturday", "Sunday"], "00:00", "23:59"), day("Monday", "00:00", "00:00")],
            "Sa-Su 00:00-24:00",
        ),
        ([day("Monday", None, None)], "off"),
        ([{"opens": "09:00", "closes": "18:00"}], "Mo-Su 09:00-18:00"),
        (
            [day("Monday"), day("PublicHolidays", "10:00", "12:00")],
            "Mo 09:00-18:00; PH 10:00-12:00",
        ),
        ([day("Monday"), day("PublicHolidays", "00:00", "00:00")], "Mo 09:00-18:00; PH off"),
        ([], ""),
    ],
)
def test_regular_hours(specification: Any, expected: str) -> None:
    reading = schema_org.read({"openingHoursSpecification": specification})
    assert () == reading.faults
    assert expected == reading.expression


def test_the_older_property_is_osm_like_text() -> None:
    place = {"openingHours": ["Mo-Fr 09:00-18:00", "Sat 10:00-12:00"]}
    reading = schema_org.read(place)
    assert "Mo-Fr 09:00-18:00; Sa 10:00-12:00" == reading.expression
    assert 1 == len(reading.repairs)


def test_the_last_minute_of_the_day_is_told_as_a_repair() -> None:
    reading = schema_org.read({"openingHoursSpecification": day("Monday", "00:00", "23:59")})
    assert ["openingHoursSpecification[0]"] == [repair.field for repair in reading.repairs]


def test_special_hours_are_exceptions_wherever_they_stand() -> None:
    place = {
        "openingHoursSpecification": [
            day("Monday"),
            day("Friday", "08:00", "22:00", validFrom="2026-11-27", validThrough="2026-11-27"),
        ],
        "specialOpeningHoursSpecification": [
            {
                "opens": "00:00",
                "closes": "00:00",
                "validFrom": "2026-12-25",
                "validThrough": "2026-12-26T23:59:59+01:00",
                "name": "Noël",
            },
        ],
    }
    reading = schema_org.read(place)
    assert "Mo 09:00-18:00" == reading.expression
    assert (
        special("2026-11-27", "08:00-22:00"),
        special("2026-12-25", last="2026-12-26", label="Noël"),
    ) == reading.exceptions


def test_a_special_night_keeps_its_hours_in_the_next_special_day() -> None:
    nights = [
        day("Friday", "20:00", "03:00", validFrom="2026-11-27", validThrough="2026-11-27"),
        day("Saturday", "20:00", "04:00", validFrom="2026-11-28", validThrough="2026-11-28"),
    ]
    reading = schema_org.read({"specialOpeningHoursSpecification": nights})
    assert (
        special("2026-11-27", "20:00-24:00"),
        special("2026-11-28", "00:00-03:00", "20:00-04:00"),
    ) == reading.exceptions


def test_half_a_range_of_dates_is_always_and_says_so() -> None:
    reading = schema_org.read({"openingHoursSpecification": day("Monday", validFrom="2020-01-01")})
    assert "Mo 09:00-18:00" == reading.expression
    assert ["openingHoursSpecification[0]"] == [loss.field for loss in reading.losses]


@pytest.mark.parametrize(
    ("specification", "field"),
    [
        ("Mo-Fr 9-5", "openingHoursSpecification[0]"),
        (day("Someday"), "openingHoursSpecification[0].dayOfWeek"),
        (day("Monday", "9 o'clock"), "openingHoursSpecification[0].opens"),
        (day("Monday", "09:00", None), "openingHoursSpecification[0].closes"),
        (day("Monday", validFrom="soon"), "openingHoursSpecification[0].validFrom"),
        (
            day("Monday", validFrom="2026-01-01", validThrough="2126-01-01"),
            "openingHoursSpecification[0].validThrough",
        ),
        (
            day("Monday", validFrom="2026-01-02", validThrough="2026-01-01"),
            "openingHoursSpecification[0].validThrough",
        ),
    ],
)
def test_a_fault_names_the_field(specification: Any, field: str) -> None:
    reading = schema_org.read({"openingHoursSpecification": specification})
    assert "" == reading.expression
    assert [field] == [fault.field for fault in reading.faults]


def test_a_schedule_is_written() -> None:
    schedule = Schedule(
        expression="Mo-Tu 09:00-18:00; Th 18:00-02:00; Sa 00:00-24:00",
        time_zone=PARIS,
        holidays=HolidayRules(country="FR"),
        exceptions=(special("2026-12-24", "09:00-12:00", label="Eve"), special("2027-01-02")),
    )
    assert {
        "openingHoursSpecification": [
            day(["Monday", "Tuesday"]),
            day(["Wednesday", "Friday", "Sunday"], "00:00", "00:00"),
            day(["Thursday"], "18:00", "02:00"),
            day(["Saturday"], "00:00", "23:59"),
        ],
        "specialOpeningHoursSpecification": [
            {
                "@type": "OpeningHoursSpecification",
                "name": "Eve",
                "validFrom": "2026-12-24",
                "validThrough": "2026-12-24",
                "opens": "09:00",
                "closes": "12:00",
            },
            {
                "@type": "OpeningHoursSpecification",
                "validFrom": "2027-01-02",
                "validThrough": "2027-01-02",
                "opens": "00:00",
                "closes": "00:00",
            },
        ],
    } == schema_org.write(schedule, FIRST).document


def test_unknown_hours_are_left_out() -> None:
    assert {} == schema_org.write(Schedule(time_zone=PARIS), FIRST).document
