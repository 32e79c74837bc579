"""Reads plans without a map (aisles in walking order) and planograms from tables.

Aisles: a column `aisle` (the text of the sign), and optional `name`, `department`, `floor`; the
rows are in walking order. Placements: columns with the names of the fields of `Placement`, of which
`sku` and `aisle` are required; instants are ISO 8601 with a UTC offset.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import Aisle, Department, FloorPlan, Level
from geodata.floorplans.problems import Problem, error
from geodata.importers.columns import normal
from geodata.importers.indoor.fields import checked, message_of
from geodata.importers.indoor.result import ImportedPlan
from geodata.importers.report import ImporterError, Rejected
from geodata.importers.spreadsheets import damage
from geodata.importers.tables import open_table

MAX_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class ImportedPlacements:
    """Placements, and the problems of rows that were left out."""

    placements: tuple[Placement, ...]
    problems: tuple[Problem, ...] = ()


def aisles_from_table(
    path: Path, store: str, version: str = "", columns: Mapping[str, str] | None = None
) -> ImportedPlan:
    """A plan without a map: aisles in the order of the rows.

    Raises:
        ImporterError: the file cannot be read, or has no column `aisle`.
    """
    aisles: dict[tuple[str, str], Aisle] = {}
    problems: list[Problem] = []
    for line, row in _rows(path, ("aisle",), columns or {}):
        if "" in row:
            problems.append(error("bad_row", f"line {line}", row[""]))
            continue
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


def placements_from_table(
    path: Path, columns: Mapping[str, str] | None = None
) -> ImportedPlacements:
    """Placements, one per row; an invalid row is left out and reported as a problem.

    Raises:
        ImporterError: the file cannot be read, or a column is missing.
    """
    placements: list[Placement] = []
    problems: list[Problem] = []
    for line, row in _rows(path, ("sku", "aisle"), columns or {}):
        if "" in row:
            problems.append(error("bad_row", f"line {line}", row[""]))
            continue
        if why := damage(row["sku"]):
            problems.append(error("bad_row", f"line {line}", f"sku: {row['sku']!r} is {why}"))
            continue
        try:
            filled = {name: value for name, value in row.items() if value}
            placements.append(Placement(**checked(Placement, filled)))
        except ValueError as fault:
            problems.append(error("bad_row", f"line {line}", message_of(fault)))
    return ImportedPlacements(tuple(placements), tuple(problems))


def _rows(
    path: Path, needed: tuple[str, ...], columns: Mapping[str, str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with their line numbers; columns by name in normal form, or as the caller says."""
    table = open_table(path)
    header = [columns.get(column) or normal(column) for column in table.header]
    for column in columns:
        if column not in table.header:
            raise ImporterError(f"no column {column!r}; the columns are {', '.join(table.header)}")
    for name in needed:
        if name not in header:
            raise ImporterError(
                f"no column {name!r} among {', '.join(table.header)}; "
                f"name one by --map COLUMN={name}"
            )
    for number, row in enumerate(table.rows()):
        if number == MAX_ROWS:
            raise ImporterError(f"over {MAX_ROWS:,} rows")
        if isinstance(row, Rejected):
            yield row.row, {"": row.reason}
        else:
            yield row.line, dict(zip(header, row.values, strict=True))
