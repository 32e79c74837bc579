"""Google Business Profile: regular, special and more hours of a location."""

from typing import Any

import pytest

from geodata.schedule.formats import google
from geodata.schedule.model import Schedule
from tests.geodata.schedule.formats.weeks import FIRST
from tests.geodata.schedule.stores import PARIS, special


def period(open_day: str, opens: Any, close_day: str, closes: Any) -> dict[str, Any]:
    return {"openDay": open_day, "openTime": opens, "closeDay": close_day, "closeTime": closes}


def at(hours: int, minutes: int = 0) -> dict[str, int]:
    return {"hours": hours, "minutes": minutes}


def on(year: int, month: int, day: int) -> dict[str, int]:
    return {"year": year, "month": month, "day": day}


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([period("MONDAY", at(9), "MONDAY", at(18, 30))], "Mo 09:00-18:30"),
        ([period("MONDAY", {"hours": 9}, "MONDAY", {"hours": 18})], "Mo 09:00-18:00"),
        ([period("MONDAY", "09:00", "MONDAY", "18:00")], "Mo 09:00-18:00"),
        ([period("MONDAY", {}, "MONDAY", {"hours": 24})], "Mo 00:00-24:00"),
        ([period("FRIDAY", at(18), "SATURDAY", at(2))], "Fr 18:00-02:00"),
        ([period("SUNDAY", at(18), "MONDAY", at(2))], "Su 18:00-02:00"),
        ([period("SUNDAY", {}, "SATURDAY", {"hours": 24})], "24/7"),
        ([period("MONDAY", {}, "SUNDAY", {"hours": 24})], "24/7"),
        (
            [period("FRIDAY", at(8), "SUNDAY", at(12))],
            "Fr 08:00-24:00; Sa 00:00-24:00; Su 00:00-12:00",
        ),
        ([], "off"),
    ],
)
def test_regular_hours(periods: list[Any], expected: str) -> None:
    reading = google.read({"regularHours": {"periods": periods}}).hours
    assert () == reading.faults
    assert expected == reading.expression


def test_special_and_more_hours() -> None:
    readings = google.read(
        {
            "regularHours": {"periods": [period("MONDAY", at(9), "MONDAY", at(18))]},
            "specialHours": {
                "specialHourPeriods": [
                    {"startDate": on(2026, 12, 25), "closed": True},
                    {
                        "startDate": on(2026, 12, 31),
                        "openTime": at(13),
                        "endDate": on(2027, 1, 1),
                        "closeTime": at(3),
                    },
                    {"startDate": on(2026, 12, 24), "openTime": at(9), "closeTime": at(12)},
                    {"startDate": on(2026, 12, 24), "openTime": at(14), "closeTime": at(16)},
                ]
            },
            "moreHours": [
                {
                    "hoursTypeId": "DRIVE_THROUGH",
                    "periods": [period("MONDAY", at(7), "MONDAY", at(22))],
                },
                {"hoursTypeId": "PICKUP", "periods": "always"},
            ],
        }
    )
    assert (
        special("2026-12-24", "09:00-12:00", "14:00-16:00"),
        special("2026-12-25"),
        special("2026-12-31", "13:00-03:00"),
    ) == readings.hours.exceptions
    assert "Mo 07:00-22:00" == readings.more["DRIVE_THROUGH"].expression
    assert ["moreHours[1].periods"] == [fault.field for fault in readings.more["PICKUP"].faults]


def test_no_regular_hours_are_unknown() -> None:
    assert "" == google.read({}).hours.expression


@pytest.mark.parametrize(
    ("location", "field"),
    [
        ({"regularHours": []}, "regularHours"),
        ({"regularHours": {"periods": {}}}, "regularHours.periods"),
        (
            {"regularHours": {"periods": [period("MO", at(9), "MONDAY", at(18))]}},
            "regularHours.periods[0].openDay",
        ),
        (
            {"regularHours": {"periods": [period("MONDAY", at(25), "MONDAY", at(18))]}},
            "regularHours.periods[0].openTime",
        ),
        (
            {"regularHours": {"periods": [period("MONDAY", at(9), "MONDAY", at(9))]}},
            "regularHours.periods[0]",
        ),
        ({"moreHours": 1}, "moreHours"),
        ({"specialHours": 1}, "specialHours"),
        (
            {"specialHours": {"specialHourPeriods": [{"startDate": on(2026, 13, 1)}]}},
            "specialHours.specialHourPeriods[0].startDate",
        ),
        (
            {
                "specialHours": {
                    "specialHourPeriods": [
                        {
                            "startDate": on(2026, 12, 1),
                            "openTime": at(9),
                            "endDate": on(2026, 12, 3),
                            "closeTime": at(9),
                        }
                    ]
                }
            },
            "specialHours.specialHourPeriods[0]",
        ),
    ],
)
def test_a_fault_names_the_field(location: dict[str, Any], field: str) -> None:
    assert [field] == [fault.field for fault in google.read(location).hours.faults]


def test_a_schedule_and_its_services_are_written() -> None:
    schedule = Schedule(
        expression="Mo 09:00-18:00; Sa 18:00-02:00; Su 00:00-24:00",
        time_zone=PARIS,
        exceptions=(
            special("2026-12-24", "20:00-04:00", label="Eve"),
            special("2027-01-02", last="2027-01-03"),
        ),
    )
    pickup = Schedule(expression="Mo 10:00-17:00", time_zone=PARIS)
    written = google.write(schedule, FIRST, {"PICKUP": pickup})
    assert {
        "regularHours": {
            "periods": [
                period("MONDAY", at(9), "MONDAY", at(18)),
                period("SATURDAY", at(18), "SATURDAY", at(24)),
                period("SUNDAY", at(0), "SUNDAY", at(24)),
            ]
        },
        "specialHours": {
            "specialHourPeriods": [
                {
                    "startDate": on(2026, 12, 24),
                    "openTime": at(20),
                    "endDate": on(2026, 12, 25),
                    "closeTime": at(4),
                },
                {"startDate": on(2027, 1, 2), "closed": True},
                {"startDate": on(2027, 1, 3), "closed": True},
            ]
        },
        "moreHours": [
            {"hoursTypeId": "PICKUP", "periods": [period("MONDAY", at(10), "MONDAY", at(17))]}
        ],
    } == written.document
    assert ["the label is left out: Eve"] == [loss.why for loss in written.losses]


def test_a_special_night_ends_before_noon_at_google() -> None:
    schedule = Schedule(
        expression="off", time_zone=PARIS, exceptions=(special("2026-12-24", "20:00-14:00"),)
    )
    written = google.write(schedule, FIRST)
    [night] = written.document["specialHours"]["specialHourPeriods"]
    assert (on(2026, 12, 25), at(11, 59)) == (night["endDate"], night["closeTime"])
    assert ["20:00-14:00 is cut: too long for Google"] == [loss.why for loss in written.losses]
