"""What is written in a format and read again is open at the same times."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.schedule.formats import fuel, google, osm, schema_org, text, ucp
from geodata.schedule.formats.report import Loss, Reading
from geodata.schedule.formats.weekly import week_expression
from geodata.schedule.model import Schedule
from tests.geodata.schedule.formats.weeks import FIRST, open_minutes, schedules, weeks
from tests.geodata.schedule.stores import PARIS, special

# Hours past midnight that an exception cuts are written as dates, too.
AS_DATES = Loss(
    "expression", "what is not the same every week is written as dates until 2027-11-21"
)
# A year of dates is looked at for each schedule written.
few = settings(max_examples=30, deadline=None)


def again(reading: Reading) -> Schedule:
    # What could be afternoon on a clock of 12 hours is told, and no store is open by it.
    assert all(" or " in fault.message or "perhaps" in fault.message for fault in reading.faults)
    return reading.schedule(time_zone=PARIS)


@few
@given(schedules())
def test_ucp(schedule: Schedule) -> None:
    written = ucp.write(schedule, FIRST)
    document = json.loads(json.dumps(written.document))
    assert set(written.losses) <= {AS_DATES}
    assert open_minutes(schedule) == open_minutes(again(ucp.read(document)))


@few
@given(schedules())
def test_schema_org(schedule: Schedule) -> None:
    written = schema_org.write(schedule, FIRST)
    document = json.loads(json.dumps(written.document))
    assert set(written.losses) <= {AS_DATES}
    assert open_minutes(schedule) == open_minutes(again(schema_org.read(document)))


@few
@given(schedules())
def test_google(schedule: Schedule) -> None:
    written = google.write(schedule, FIRST)
    document = json.loads(json.dumps(written.document))
    cut = any("too long" in loss.why for loss in written.losses)
    read = google.read(document).hours
    if not cut:
        assert open_minutes(schedule) == open_minutes(again(read))
    assert all(loss.field == "specialHours" for loss in set(written.losses) - {AS_DATES})


@few
@given(schedules())
def test_osm(schedule: Schedule) -> None:
    written = osm.write(schedule)
    if not written.losses:
        assert open_minutes(schedule) == open_minutes(again(osm.read(written.document)))


@few
@given(weeks)
def test_fuel(week: Any) -> None:
    schedule = Schedule(expression=week_expression(week), time_zone=PARIS)
    written = fuel.write(schedule, FIRST)
    assert () == written.losses
    assert open_minutes(schedule) == open_minutes(again(fuel.read(written.document)))


@pytest.mark.parametrize("style", ["fr", "us"])
@few
@given(week=weeks)
def test_text(style: Any, week: Any) -> None:
    schedule = Schedule(expression=week_expression(week), time_zone=PARIS)
    written = text.write_days(schedule, FIRST, style)
    assert () == written.losses
    read = text.read_days(written.document)
    if not read.faults:
        assert open_minutes(schedule) == open_minutes(again(read))
    # What could be morning or evening on a 12-hour clock is refused, not guessed.
    assert style == "fr" or () == read.faults
    assert all("could mean" in fault.message for fault in read.faults)


KEYS = (
    "hours",
    "exception_hours",
    "timezone",
    "openingHoursSpecification",
    "specialOpeningHoursSpecification",
    "openingHours",
    "regularHours",
    "specialHours",
    "moreHours",
    "periods",
    "specialHourPeriods",
    "startDate",
    "openDay",
    "openTime",
    "closeTime",
    "dayOfWeek",
    "opens",
    "closes",
    "day",
    "valid_from",
    "validFrom",
    "validThrough",
    "mon",
)
documents = st.recursive(
    st.none()
    | st.integers(-(10**9), 10**9)
    | st.floats()
    | st.sampled_from(
        ("", "monday", "MONDAY", "Monday", "09:00", "24:00", "2026-12-25", "Europe/Paris", "99:99")
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "read", [ucp.read, schema_org.read, lambda document: google.read(document).hours]
)
@given(document=st.dictionaries(st.sampled_from(KEYS), documents, max_size=4))
def test_no_document_makes_a_reader_fail(
    read: Callable[[dict[str, Any]], Reading], document: dict[str, Any]
) -> None:
    reading = read(document)
    if not reading.faults:
        reading.schedule(time_zone=PARIS)


@given(st.text(max_size=60))
def test_no_text_makes_a_reader_fail(words: str) -> None:
    for reading in (osm.read(words), text.read(words), text.read_days({"mon": words})):
        Schedule(expression=reading.expression, time_zone=PARIS)
    fuel.read({"mon": words})


def test_every_writer_names_special_days_from_the_first_date_on() -> None:
    at = dt.date(2027, 1, 1)
    past = Schedule(expression="24/7", time_zone=PARIS, exceptions=(special("2026-12-25"),))
    assert "exception_hours" not in ucp.write(past, at).document
    assert "specialHours" not in google.write(past, at).document
    assert "specialOpeningHoursSpecification" not in schema_org.write(past, at).document
