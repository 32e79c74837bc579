"""Opening hours, in OSM's grammar and in the formats of others."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from geodata.importers.hours import from_schema_org, from_text
from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import Expression
from geodata.schedule.formats import fuel, google, osm, schema_org, text, ucp
from geodata.schedule.formats.report import Reading, Written
from geodata.schedule.model import Schedule
from geodata.schedule.timeline import Timeline
from tests.fuzz.target import Refused, document_of, target, text_of
from tests.geodata.schedule.real_strings import TEXTS

FIRST = dt.date(2026, 11, 23)
AT = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
WEEK = Schedule(
    expression="Mo-Fr 08:00-12:00,13:00-20:00; Sa 22:00-02:00", time_zone="Europe/Paris"
)
ZONE = "Europe/Helsinki"


def text_seeds() -> list[bytes]:
    """Texts as published, and some that hold every part of the grammar."""
    more = (
        "Mo-Fr sunrise-sunset; Dec 25-Jan 01 off; week 10-20/2 Sa[1,-1] 10:00-26:00 || unknown",
        'easter -2 days off; PH,SH 10:00-12:00 open "by appointment"; 2026-2028/2 Feb 29 00:00+',
    )
    return [each.encode() for each in (*TEXTS[:40], *more)]


@target(text_seeds, ScheduleError)
def opening_hours(data: bytes) -> None:
    """A text of the grammar tells each day; written and read it tells the same."""
    given = text_of(data)
    told = Expression(given, ZONE).plain_day(FIRST)
    assert (told[0].start_min, told[-1].end_min) == (0, 1440)
    schedule = Schedule(expression=given, time_zone=ZONE)
    answer(schedule)
    assert Expression(osm.write(schedule).document, ZONE).plain_day(FIRST) == told


@target(text_seeds)
def imported_hours(data: bytes) -> None:
    """Hours of a file, repaired or kept as given, are of a length that is taken."""
    given = text_of(data)
    reading = osm.read(given)
    if reading.expression:
        assert osm.read(reading.expression).expression == reading.expression
    found = from_text(given)
    if not found.text:
        raise Refused
    answer(Schedule(expression=found.text, time_zone=ZONE))


def prose_seeds() -> list[bytes]:
    """Hours in French and in English."""
    return [
        b"lundi - vendredi : 9h-12h30 / 14h-19h30 ; samedi 10h-18h ; dimanche ferm\xc3\xa9",
        b"Mon-Fri 9am-5:30pm, Sat noon-midnight, Sunday closed",
        b"24h/24 7j/7",
    ]


@target(prose_seeds)
def prose_hours(data: bytes) -> None:
    """Hours in words are read, or their fault is told."""
    usable(text.read(text_of(data)))


def of_cells(read: Callable[[Mapping[str, str]], Reading], document: Mapping[str, Any]) -> Reading:
    """The reading of a document whose values are taken as text."""
    return read({key: str(value) for key, value in document.items()})


READERS: Mapping[str, Callable[[Mapping[str, Any]], Reading]] = {
    "google": lambda document: google.read(document).hours,
    "schema.org": schema_org.read,
    "ucp": ucp.read,
    "fuel": partial(of_cells, fuel.read),
    "words": partial(of_cells, text.read_days),
}


def document_seeds() -> list[bytes]:
    """A document of each format, beside its name."""
    written: Sequence[Written[Any]] = (
        google.write(WEEK, FIRST, {}),
        schema_org.write(WEEK, FIRST),
        ucp.write(WEEK, FIRST),
        fuel.write(WEEK, FIRST),
        text.write_days(WEEK, FIRST, "fr"),
    )
    return [
        orjson.dumps({"format": name, "hours": each.document})
        for name, each in zip(READERS, written, strict=True)
    ]


@target(document_seeds)
def hours_documents(data: bytes) -> None:
    """Hours of a document are read, or their fault is told."""
    given = document_of(data)
    format, hours = given.get("format"), given.get("hours")
    if not (isinstance(format, str) and format in READERS and isinstance(hours, dict)):
        raise Refused
    usable(READERS[format](hours))


@target(lambda: [orjson.dumps(schema_org.write(WEEK, FIRST).document)])
def web_page_hours(data: bytes) -> None:
    """Hours of a web page become a text that is taken."""
    found = from_schema_org(document_of(data))
    if found.text:
        answer(Schedule(expression=found.text, time_zone=ZONE))


def usable(reading: Reading) -> None:
    """What was read answers, or says what is wrong."""
    try:
        schedule = reading.schedule()
    except ScheduleError:
        raise Refused from None
    if reading.faults and not reading.expression:
        raise Refused
    answer(schedule if schedule.time_zone else dataclasses.replace(schedule, time_zone=ZONE))


def answer(schedule: Schedule) -> None:
    """Ask what people ask."""
    line = Timeline(schedule)
    state = line.state_at(AT)
    assert state.until is None or state.until > AT
    line.intervals(FIRST, FIRST + dt.timedelta(7))
