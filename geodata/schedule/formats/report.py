"""What reading or writing a foreign format gave, and what it changed or lost on the way."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import DatedException, Schedule

Document = TypeVar("Document")


@dataclass(frozen=True, slots=True)
class Repair:
    """A fault that was mended because its meaning is certain."""

    field: str
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Loss:
    """What the other format says, or ours, that the result does not."""

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
    """What made hours unusable; strict callers refuse the input with the first of them."""

    def schedule(self, **rest: Any) -> Schedule:
        """The schedule, with what the format does not say: time zone, holidays, location.

        Raises:
            ScheduleError: if two exceptions give different hours for one date.
        """
        if not self.expression and self.faults:
            rest.setdefault("unusable", str(self.faults[0]))
        rest.setdefault("time_zone", self.time_zone)
        return Schedule(expression=self.expression, exceptions=self.exceptions, **rest)

    def with_field(self, prefix: str) -> "Reading":
        """The same reading with its notes under a longer field name."""
        return dataclasses.replace(
            self,
            repairs=tuple(
                dataclasses.replace(note, field=f"{prefix}.{note.field}") for note in self.repairs
            ),
            losses=tuple(
                dataclasses.replace(note, field=f"{prefix}.{note.field}") for note in self.losses
            ),
        )


@dataclass(frozen=True, slots=True)
class Written(Generic[Document]):
    """Hours written in a foreign format."""

    document: Document
    losses: tuple[Loss, ...] = ()
