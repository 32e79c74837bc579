"""Opening hours as files have them, brought to OSM's grammar where their meaning is certain."""

import dataclasses
from collections.abc import Mapping
from functools import lru_cache

from geodata.importers.record import Record
from geodata.schedule.errors import ScheduleError
from geodata.schedule.formats import fuel, osm, schema_org, text
from geodata.schedule.formats.report import Reading

MAX_LENGTH = 2000
"""Characters that the stores service takes."""
_WEEK_COLUMNS = {
    **{day: (day,) for day in fuel.COLUMNS},
    "hours_weekday": fuel.COLUMNS[:5],
    "hours_saturday": ("sat",),
    "hours_sunday": ("sun",),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours to keep."""

    text: str = ""
    """In OSM's grammar, or as given when that is not understood."""
    repairs: tuple[str, ...] = ()
    """What was set right."""
    doubts: tuple[str, ...] = ()
    """What was not understood, or lost."""

    def add_to(self, record: Record) -> None:
        """Make them the record's hours, with what there is to say about them."""
        if self.text:
            record.fields["opening_hours"] = self.text
        record.repairs += [("opening_hours", note) for note in self.repairs]
        record.doubts += [("opening_hours", note) for note in self.doubts]


@lru_cache(maxsize=10_000)
def from_text(given: str) -> Hours:
    """Hours of one text: OSM's grammar, with or without faults, or French or English prose."""
    if len(given) > MAX_LENGTH:
        return Hours(doubts=(f"longer than {MAX_LENGTH} characters: left out",))
    if not given:
        return Hours()
    reading = osm.read(given)
    if not reading.faults:
        notes = tuple(f"{r.before!r} made {r.after!r}: {r.why}" for r in reading.repairs)
        return Hours(reading.expression, notes)
    prose = text.read(given)
    if not prose.faults:
        return Hours(prose.expression, (f"{given!r} made {prose.expression!r}",), _losses(prose))
    fault = reading.faults[0].message
    return Hours(given, doubts=(f"{given!r} is not understood, kept as given: {fault}",))


def from_columns(columns: Mapping[str, str]) -> Hours:
    """Hours of the columns `mon` to `sun`, or `hours_weekday` and so on, in French or English."""
    texts = {
        day: columns[column]
        for column, days in _WEEK_COLUMNS.items()
        if columns.get(column)
        for day in days
    }
    return _of(text.read_days(texts), texts) if texts else Hours()


def from_fuel_feed(columns: Mapping[str, str]) -> Hours:
    """Hours of the columns `mon` to `sun` of the French fuel feed.

    Its ways to write 24 hours are its convention, so no repair is told of.
    """
    return _of(fuel.read(columns), columns)


def from_schema_org(node: Mapping[str, object]) -> Hours:
    """Hours of a place of schema.org, dated ones as rules for those dates."""
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
