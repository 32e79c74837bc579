"""Converts the opening hours of a row to OSM grammar where their meaning is certain."""

import dataclasses
from collections.abc import Mapping
from functools import lru_cache

from geodata.importers.record import Record
from geodata.schedule.errors import ScheduleError
from geodata.schedule.formats import fuel, osm, schema_org, text
from geodata.schedule.formats.report import Reading

MAX_LENGTH = 2000
"""The largest number of characters that the stores service accepts."""
_WEEK_COLUMNS = {
    **{day: (day,) for day in fuel.COLUMNS},
    "hours_weekday": fuel.COLUMNS[:5],
    "hours_saturday": ("sat",),
    "hours_sunday": ("sun",),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Hours:
    """The opening hours of a row."""

    text: str = ""
    """In OSM grammar, or as given if not understood."""
    repairs: tuple[str, ...] = ()
    """Notes on repairs."""
    doubts: tuple[str, ...] = ()
    """Notes on parts that were not understood, or were lost."""

    def add_to(self, record: Record) -> None:
        """Set the record's hours, with the notes."""
        if self.text:
            record.fields["opening_hours"] = self.text
        record.repairs += [("opening_hours", note) for note in self.repairs]
        record.doubts += [("opening_hours", note) for note in self.doubts]


@lru_cache(maxsize=10_000)
def from_text(given: str) -> Hours:
    """Hours from one text: OSM grammar, with or without faults, or French or English prose."""
    if len(given) > MAX_LENGTH:
        return Hours(doubts=(f"longer than {MAX_LENGTH} characters: ignored",))
    if not given:
        return Hours()
    reading = osm.read(given)
    if not reading.faults:
        notes = tuple(f"{r.before!r} changed to {r.after!r}: {r.why}" for r in reading.repairs)
        return Hours(reading.expression, notes)
    prose = text.read(given)
    if not prose.faults:
        note = f"{given!r} changed to {prose.expression!r}"
        return Hours(prose.expression, (note,), _losses(prose))
    fault = reading.faults[0].message
    return Hours(given, doubts=(f"{given!r} is not understood, kept as given: {fault}",))


def from_columns(columns: Mapping[str, str]) -> Hours:
    """Hours from the columns `mon` to `sun`, or `hours_weekday` and so on, in French or English."""
    texts = {
        day: columns[column]
        for column, days in _WEEK_COLUMNS.items()
        if columns.get(column)
        for day in days
    }
    return _of(text.read_days(texts), texts) if texts else Hours()


def from_fuel_feed(columns: Mapping[str, str]) -> Hours:
    """Hours from the columns `mon` to `sun` of the French fuel feed.

    The feed has its own conventions for 24 hours; they are not reported as repairs.
    """
    return _of(fuel.read(columns), columns)


def from_schema_org(node: Mapping[str, object]) -> Hours:
    """Hours from a schema.org place; special hours become rules for their dates."""
    reading = schema_org.read(node)
    try:
        written = osm.write(reading.schedule())
    except ScheduleError as fault:
        return Hours(doubts=(f"not understood: {fault}",))
    found = _of(reading, {})
    if not reading.expression:
        return dataclasses.replace(found, text="")
    lost = tuple(loss.why for loss in written.losses)
    return dataclasses.replace(found, text=written.document, doubts=found.doubts + lost)


def _of(reading: Reading, given: Mapping[str, str]) -> Hours:
    faults = (
        f"{fault.field} {given.get(fault.field, '')[:60]!r}: {fault.message}"
        for fault in reading.faults
    )
    return Hours(reading.expression, (), (*faults, *_losses(reading)))


def _losses(reading: Reading) -> tuple[str, ...]:
    return tuple(f"{loss.field}: {loss.why}" for loss in reading.losses)
