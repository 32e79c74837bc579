"""Reads the opening hours of a row; hours in doubt stay as given, and their days are UNKNOWN."""

import collections
import dataclasses
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import orjson

from geodata.importers.record import Record
from geodata.schedule.errors import ScheduleError
from geodata.schedule.formats import fuel, osm, schema_org, text
from geodata.schedule.formats.report import Loss, Reading, Repair

MAX_LENGTH = 2000
"""The largest number of characters that the stores service accepts."""
_WEEK_COLUMNS = {
    **{day: (day,) for day in fuel.COLUMNS},
    "hours_weekday": fuel.COLUMNS[:5],
    "hours_saturday": ("sat",),
    "hours_sunday": ("sun",),
}
_SCHEMA_ORG = ("openingHours", "openingHoursSpecification", "specialOpeningHoursSpecification")
_START = re.compile(r"(?<![\d:.])(\d{1,2})[:.h]\d\d\s*[-–]")
_FEWEST_AT_24, _MOST_AT_12 = 50, 0.01
"""Noon is proved by so many hours that begin at 24:00, and at most that share of them at 12:00."""


@dataclasses.dataclass(frozen=True, slots=True)
class Hours:
    """The opening hours of a row."""

    text: str = ""
    """As given."""
    expression: str = ""
    """In OSM grammar, days in doubt UNKNOWN; empty if not understood."""
    repairs: tuple[str, ...] = ()
    """Notes on repairs."""
    doubts: tuple[str, ...] = ()
    """Notes on parts that could mean two things, were not understood, or were lost."""

    @property
    def kept_expression(self) -> str:
        """The expression, empty where the text alone is read as the same."""
        return "" if from_text(self.text).expression == self.expression else self.expression

    def add_to(self, record: Record) -> None:
        """Set the record's hours, with the notes."""
        if self.text:
            record.fields["opening_hours"] = self.text
            record.expression = self.expression
        record.repairs += [("opening_hours", note) for note in self.repairs]
        record.doubts += [("opening_hours", note) for note in self.doubts]


class Starts:
    """Counts at which hour the hours of a feed begin, to tell whether it writes noon as 24:00."""

    def __init__(self) -> None:
        self._counts: collections.Counter[int] = collections.Counter()

    def add(self, record: Record) -> None:
        """Count the hours of a row."""
        for given in (record.fields.get("opening_hours", ""), *record.day_texts.values()):
            self._counts.update(int(hour) for hour in _START.findall(given))

    @property
    def noon_is_24(self) -> bool | None:
        """True if the rows prove it, None if they do not."""
        at_24, at_12 = self._counts[24], self._counts[12]
        return True if at_24 >= _FEWEST_AT_24 and at_12 <= at_24 * _MOST_AT_12 else None

    def __str__(self) -> str:
        return f"{self._counts[24]} hours begin at 24:00 and {self._counts[12]} at 12:00"


def hours_of(record: Record, noon_is_24: bool | None) -> Hours:
    """The hours of a record, whichever way its format gives them.

    Args:
        record: of any format.
        noon_is_24: whether hours that begin at 24:00 begin at noon; None if that is not known.
    """
    given = record.fields.get("opening_hours", "")
    if given and record.expression:
        return Hours(given, record.expression)
    if given or not record.day_texts:
        return from_text(given, noon_is_24)
    return from_columns(record.day_texts, noon_is_24)


@lru_cache(maxsize=10_000)
def from_text(given: str, noon_is_24: bool | None = None) -> Hours:
    """Hours from one text: OSM grammar, with or without faults, or prose."""
    if len(given) > MAX_LENGTH:
        return Hours(doubts=(f"longer than {MAX_LENGTH} characters: ignored",))
    if not given:
        return Hours()
    reading = osm.read_feed(given, noon_is_24=noon_is_24)
    if not reading.expression:
        fault = reading.faults[0].message
        return Hours(given, doubts=(f"{given!r} is not understood, kept as given: {fault}",))
    doubts = tuple(fault.message for fault in reading.faults)
    return Hours(
        given,
        reading.expression,
        tuple(_note(repair) for repair in reading.repairs),
        (*doubts, *_losses(reading.losses)),
    )


def day_texts(columns: Mapping[str, str]) -> dict[str, str]:
    """The texts of the columns `mon` to `sun`, or `hours_weekday` and so on."""
    return {column: columns[column] for column in _WEEK_COLUMNS if columns.get(column)}


def from_columns(columns: Mapping[str, str], noon_is_24: bool | None = None) -> Hours:
    """Hours from the columns `mon` to `sun`, or `hours_weekday` and so on, in words."""
    given = day_texts(columns)
    texts = {day: cell for column, cell in given.items() for day in _WEEK_COLUMNS[column]}
    if not texts:
        return Hours()
    return _of(text.read_days(texts, noon_is_24=noon_is_24), texts, _joined(given))


def from_fuel_feed(columns: Mapping[str, str]) -> Hours:
    """Hours from the columns `mon` to `sun` of the French fuel feed.

    The feed has its own conventions for 24 hours; they are not reported as repairs.
    """
    given = day_texts(columns)
    return dataclasses.replace(_of(fuel.read(columns), columns, _joined(given)), repairs=())


def from_schema_org(node: Mapping[str, object]) -> Hours:
    """Hours from a schema.org place; special hours become rules for their dates."""
    reading = schema_org.read(node)
    try:
        written = osm.write(reading.schedule())
    except ScheduleError as fault:
        return Hours(doubts=(f"not understood: {fault}",))
    found = _of(reading, {}, _json(node))
    if not reading.expression:
        return dataclasses.replace(found, expression="")
    lost = tuple(loss.why for loss in written.losses)
    return dataclasses.replace(found, expression=written.document, doubts=(*found.doubts, *lost))


def _of(reading: Reading, given: Mapping[str, str], text: str) -> Hours:
    faults = (
        f"{fault.field} {given.get(fault.field, '')[:60]!r}: {fault.message}"
        for fault in reading.faults
    )
    repairs = tuple(_note(repair) for repair in reading.repairs)
    fitting = text if len(text) <= MAX_LENGTH else reading.expression
    return Hours(fitting, reading.expression, repairs, (*faults, *_losses(reading.losses)))


def _joined(cells: Mapping[str, str]) -> str:
    return "; ".join(f"{column}: {cell}" for column, cell in cells.items())


def _json(node: Mapping[str, object]) -> str:
    """The hours of a place as it writes them: its texts, or its JSON."""
    given = {key: node[key] for key in _SCHEMA_ORG if key in node}
    texts = given.get("openingHours")
    if len(given) == 1 and isinstance(texts, str):
        return texts
    if len(given) == 1 and isinstance(texts, list):
        return ", ".join(map(str, texts))
    return orjson.dumps(given, default=str).decode() if given else ""


def _note(repair: Repair) -> str:
    why = "" if repair.why == "hours in words" else f": {repair.why}"
    return f"{repair.before!r} changed to {repair.after!r}{why}"


def _losses(losses: Iterable[Loss]) -> tuple[str, ...]:
    return tuple(f"{loss.field}: {loss.why}" for loss in losses)
