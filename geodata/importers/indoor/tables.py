"""Reads plans without a map (aisles in walking order) and planograms from CSV.

Aisles: a column `aisle` (the text of the sign), and optional `name`, `department`, `floor`; the
rows are in walking order. Placements: columns with the names of the fields of `Placement`, of which
`sku` and `aisle` are required; instants are ISO 8601 with a UTC offset.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import Aisle, Department, FloorPlan, Level
from geodata.floorplans.problems import Problem, error
from geodata.importers.files import Source
from geodata.importers.indoor.fields import checked, message_of
from geodata.importers.indoor.result import ImportedPlan
from geodata.importers.report import ImporterError

MAX_ROWS = 1_000_000
DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class ImportedPlacements:
    """Placements, and the problems of rows that were left out."""

    placements: tuple[Placement, ...]
    problems: tuple[Problem, ...] = ()


def aisles_from_csv(path: Path, store: str, version: str = "") -> ImportedPlan:
    """A plan without a map: aisles in the order of the rows.

    Raises:
        ImporterError: the file cannot be read, or has no column `aisle`.
    """
    aisles: dict[tuple[str, str], Aisle] = {}
    problems: list[Problem] = []
    for line, row in _rows(path, ("aisle",)):
        floor = row.get("floor") or "0"
        if not row["aisle"]:
            problems.append(error("missing_id", f"line {line}", "aisle: must not be empty"))
        elif (floor, row["aisle"]) in aisles:
            message = f"an earlier line already has aisle {row['aisle']!r}"
            problems.append(error("repeated_id", f"line {line}", message, "Keep one of them."))
        else:
            aisles[floor, row["aisle"]] = Aisle(
                id=row["aisle"],
                level=floor,
                order=len(aisles) + 1,
                name=row.get("name", ""),
                department=row.get("department", ""),
            )
    found = tuple(aisles.values())
    departments = dict.fromkeys(aisle.department for aisle in found if aisle.department)
    plan = FloorPlan(
        store=store,
        version=version,
        levels=tuple(Level(id=floor) for floor in dict.fromkeys(a.level for a in found)),
        aisles=found,
        departments=tuple(Department(id=name, name=name) for name in departments),
    )
    return ImportedPlan(plan, tuple(problems))


def placements_from_csv(path: Path) -> ImportedPlacements:
    """Placements, one per row; an invalid row is left out and reported as a problem.

    Raises:
        ImporterError: the file cannot be read, or a column is missing.
    """
    placements: list[Placement] = []
    problems: list[Problem] = []
    for line, row in _rows(path, ("sku", "aisle")):
        try:
            filled = {name: value for name, value in row.items() if value}
            placements.append(Placement(**checked(Placement, filled)))
        except ValueError as fault:
            problems.append(error("bad_row", f"line {line}", message_of(fault)))
    return ImportedPlacements(tuple(placements), tuple(problems))


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with their line numbers; columns by lower-case name, values without outer spaces."""
    source = Source(path)
    first = source.head().decode("utf-8-sig", "replace").partition("\n")[0]
    with source.text() as text:
        reader = csv.reader(text, delimiter=max(DELIMITERS, key=first.count), strict=True)
        try:
            header = [name.strip().lower() for name in next(reader, [])]
            for name in needed:
                if name not in header:
                    raise ImporterError(f"{path.name}: no column {name!r}")
            for number, values in enumerate(reader):
                if number == MAX_ROWS:
                    raise ImporterError(f"{path.name}: over {MAX_ROWS} rows")
                if values:
                    padded = [value.strip() for value in values] + [""] * len(header)
                    yield reader.line_num, dict(zip(header, padded, strict=False))
        except csv.Error as fault:
            raise ImporterError(f"{path.name}, line {reader.line_num}: {fault}") from fault
