"""The result of reading or writing a format: the hours, and what was changed or lost."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import DatedException, Schedule
from geodata.schedule.reading import read
from geodata.schedule.repairs import Repair as Repair

Document = TypeVar("Document")


@dataclass(frozen=True, slots=True)
class Loss:
    """A part of the source that the result lacks."""

    field: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Hours read from a foreign format."""

    expression: str = ""
    """In OSM grammar, empty if there are no usable regular hours."""
    exceptions: tuple[DatedException, ...] = ()
    time_zone: str = ""
    """Where the format names one."""
    repairs: tuple[Repair, ...] = ()
    losses: tuple[Loss, ...] = ()
    faults: tuple[ScheduleError, ...] = ()
    """Parts not understood or of two meanings: the days concerned are UNKNOWN."""
    cautions: tuple[str, ...] = ()
    """Parts read as their format has it that may be meant otherwise."""

    def schedule(self, **rest: Any) -> Schedule:
        """The schedule, with what the format does not say: time zone, holidays, location.

        Raises:
            ScheduleError: if two exceptions give different hours for one date.
        """
        if not self.expression and self.faults:
            rest.setdefault("unusable", str(self.faults[0]))
        rest.setdefault("time_zone", self.time_zone)
        return Schedule(expression=self.expression, exceptions=self.exceptions, **rest)


def with_doubts(reading: Reading, field: str) -> Reading:
    """The reading with the days UNKNOWN of which its expression could mean two things."""
    if not reading.expression:
        return reading
    found = read(reading.expression)
    faults = tuple(ScheduleError(field, doubt) for doubt in found.doubts)
    if not faults:
        return reading
    return dataclasses.replace(
        reading, expression=found.expression, faults=(*reading.faults, *faults)
    )


@dataclass(frozen=True, slots=True)
class Written(Generic[Document]):
    """Hours written in a foreign format."""

    document: Document
    losses: tuple[Loss, ...] = ()
