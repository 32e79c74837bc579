"""Universal Commerce Protocol: `hours`, `exception_hours`, `timezone` of a Location."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest

from geodata.schedule.formats import ucp
from geodata.schedule.formats.report import Loss
from geodata.schedule.model import HolidayRules, Schedule
from tests.geodata.schedule.formats.weeks import FIRST
from tests.geodata.schedule.stores import PARIS, special

MONDAY = {"day": "monday", "opens": "09:00", "closes": "18:00"}


def location(**rest: Any) -> dict[str, Any]:
    return {"timezone": PARIS, "hours": [MONDAY], **rest}


def test_a_location_is_read() -> None:
    reading = ucp.read(
        {
            "timezone": "America/New_York",
            "hours": [
                {"day": "friday", "opens": "18:00", "closes": "02:00"},
                {"day": "monday", "opens": "14:00", "closes": "18:00"},
                {"day": "monday", "opens": "09:00", "closes": "12:30"},
                {"day": "sunday", "opens": "00:00", "closes": "23:59"},
            ],
            "exception_hours": [
                {
                    "title": "Thanksgiving",
                    "valid_from": "2026-11-26",
                    "valid_through": "2026-11-26",
                },
                {
                    "valid_from": "2026-12-24",
                    "valid_through": "2026-12-24",
                    "opens": "15:00",
                    "closes": "16:00",
                },
                {
                    "valid_from": "2026-12-24",
                    "valid_through": "2026-12-24",
                    "opens": "09:00",
                    "closes": "12:00",
                },
            ],
        }
    )
    assert "Mo 09:00-12:30,14:00-18:00, Fr 18:00-02:00, Su 00:00-24:00" == reading.expression
    assert (
        special("2026-11-26", label="Thanksgiving"),
        special("2026-12-24", "09:00-12:00", "15:00-16:00"),
    ) == reading.exceptions
    assert "America/New_York" == reading.time_zone == reading.schedule().time_zone


def test_no_hours_are_unknown_and_an_empty_list_is_closed() -> None:
    assert "" == ucp.read({"timezone": PARIS}).expression
    assert "off" == ucp.read({"timezone": PARIS, "hours": []}).expression
    only_dates = ucp.read(
        {
            "timezone": PARIS,
            "exception_hours": [{"valid_from": "2026-12-25", "valid_through": "2026-12-25"}],
        }
    )
    assert ("", (special("2026-12-25"),)) == (only_dates.expression, only_dates.exceptions)


@pytest.mark.parametrize(
    ("document", "field", "suggestion"),
    [
        (location(timezone=""), "time_zone", ""),
        (location(timezone="Europe/Pariss"), "time_zone", PARIS),
        (location(hours={}), "hours", ""),
        (location(hours=[MONDAY, 7]), "hours[1]", ""),
        (location(hours=[{**MONDAY, "day": "Monday"}]), "hours[0].day", "monday"),
        (location(hours=[{**MONDAY, "closes": "09:00"}]), "hours[0].closes", "00:00-24:00"),
        (location(hours=[{**MONDAY, "closes": "24:00"}]), "hours[0].closes", "00:00"),
        (location(hours=[{**MONDAY, "opens": "9:00"}]), "hours[0].opens", "HH:MM"),
        (location(hours=[{"day": "monday", "opens": "09:00"}]), "hours[0].closes", "HH:MM"),
        (location(hours=[{"day": "monday"}]), "hours[0]", "leave the day out"),
        (
            location(exception_hours=[{"valid_from": "2026-13-01", "valid_through": "2026-12-01"}]),
            "exception_hours[0].valid_from",
            "YYYY-MM-DD",
        ),
        (
            location(exception_hours=[{"valid_from": "2026-12-02", "valid_through": "2026-12-01"}]),
            "exceptions.last_date",
            "",
        ),
        (
            location(
                exception_hours=[
                    {"valid_from": "2026-12-24", "valid_through": "2026-12-26"},
                    {"valid_from": "2026-12-25", "valid_through": "2026-12-25"},
                ]
            ),
            "exceptions",
            "one exception a date",
        ),
        (
            location(
                exception_hours=[
                    {"valid_from": "2026-12-24", "valid_through": "2026-12-24"},
                    {
                        "valid_from": "2026-12-24",
                        "valid_through": "2026-12-24",
                        "opens": "09:00",
                        "closes": "12:00",
                    },
                ]
            ),
            "exception_hours[1]",
            "",
        ),
    ],
)
def test_a_fault_names_the_field(document: dict[str, Any], field: str, suggestion: str) -> None:
    [fault] = ucp.read(document).faults
    assert field == fault.field
    assert fault.suggestion.startswith(suggestion)


def test_identical_exceptions_are_no_fault() -> None:
    christmas = {"valid_from": "2026-12-25", "valid_through": "2026-12-25"}
    morning = {**christmas, "opens": "09:00", "closes": "12:00"}
    assert () == ucp.read(location(exception_hours=[christmas, christmas])).faults
    assert (special("2026-12-25", "09:00-12:00"),) == ucp.read(
        location(exception_hours=[morning, morning])
    ).exceptions


def test_a_schedule_is_written() -> None:
    schedule = Schedule(
        expression="Mo 09:00-12:30,14:00-18:00; Fr 18:00-24:00; Su 00:00-24:00",
        time_zone=PARIS,
        exceptions=(special("2026-12-24", "09:00-12:00", label="Christmas Eve"),),
        holidays=HolidayRules(country="FR", on_public_holiday="off"),
    )
    written = ucp.write(schedule, FIRST)
    assert PARIS == written.document["timezone"]
    assert [
        {"day": "monday", "opens": "09:00", "closes": "12:30"},
        {"day": "monday", "opens": "14:00", "closes": "18:00"},
        {"day": "friday", "opens": "18:00", "closes": "00:00"},
        {"day": "sunday", "opens": "00:00", "closes": "23:59"},
    ] == written.document["hours"]
    assert [
        {
            "title": "Christmas Eve",
            "valid_from": "2026-12-24",
            "valid_through": "2026-12-24",
            "opens": "09:00",
            "closes": "12:00",
        },
        # Christmas Day of 2026 is a Friday, Easter Monday is a Monday.
        {"title": "Noël", "valid_from": "2026-12-25", "valid_through": "2026-12-25"},
    ] == written.document["exception_hours"][:2]
    assert ["expression"] == [loss.field for loss in written.losses]


def test_unknown_hours_are_left_out() -> None:
    assert {"timezone": PARIS} == ucp.write(Schedule(time_zone=PARIS), FIRST).document


def test_a_day_that_ends_a_minute_early_reads_as_a_whole_one_and_says_so() -> None:
    schedule = Schedule(expression="Mo 00:00-23:59", time_zone=PARIS)
    assert (Loss("hours", "00:00 to 23:59 reads as the whole day"),) == ucp.write(
        schedule, FIRST
    ).losses


def test_what_is_written_has_the_fields_and_patterns_of_the_schemas(shared_data: Path) -> None:
    types = shared_data.parent / "ucp" / "schemas" / "common" / "types"
    if not types.is_dir():
        pytest.skip("needs the UCP schemas in ../shared/ucp, which are not part of the project")

    def properties(name: str) -> tuple[set[str], dict[str, Any]]:
        document = json.loads((types / f"{name}.json").read_text())
        found: dict[str, Any] = dict(document.get("properties", {}))
        for part in document.get("allOf", []):
            if "$ref" in part:
                found |= properties(part["$ref"].removesuffix(".json"))[1]
            found |= part.get("properties", {})
        return set(document.get("required", ())), found

    schedule = Schedule(
        expression="Mo-Fr 09:00-12:30,18:00-02:00; Su 00:00-24:00",
        time_zone=PARIS,
        exceptions=(special("2026-12-24", "09:00-12:00", label="Eve"), special("2026-12-25")),
    )
    document = ucp.write(schedule, dt.date(2026, 11, 23)).document
    for key, name in (("hours", "daily_hour"), ("exception_hours", "exception_hour")):
        required, known = properties(name)
        for entry in document[key]:
            assert required <= set(entry) <= set(known)
            for field, value in entry.items():
                assert value in known[field].get("enum", [value])
                assert re.search(known[field].get("pattern", ""), value)
                if known[field].get("format") == "date":
                    dt.date.fromisoformat(value)
