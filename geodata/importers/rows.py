"""Makes a table of objects: flat ones, or with objects and lists in them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from geodata.importers.record import clean
from geodata.importers.report import ImporterError, Rejected
from geodata.importers.table import MAX_COLUMNS, Row, Table

_MAX_DEPTH = 6


def table_of(
    format: str,
    objects: Sequence[Any],
    notes: Sequence[tuple[str, str]] = (),
    crs: str = "",
) -> Table:
    """A table with a row for each object, and a column for each key in any of them."""
    flat = [flattened(item) if isinstance(item, Mapping) else None for item in objects]
    columns = dict.fromkeys(key for item in flat if item for key in item)
    if len(columns) > MAX_COLUMNS:
        raise ImporterError(f"over {MAX_COLUMNS:,} columns; is the format right?")
    header = list(columns)

    def rows() -> Iterator[Row | Rejected]:
        for number, item in enumerate(flat, start=1):
            if item is None:
                yield Rejected(number, "row", "not an object", {"": objects[number - 1]})
            else:
                values = [item.get(column, "") for column in header]
                yield Row(number, values, {**item})

    return Table(format, header, rows, notes, crs)


def flattened(item: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, str]:
    """The values of an object as texts by their path, `address.city`.

    A list of texts is joined by `;`, of a list of objects the first counts.
    """
    found: dict[str, str] = {}
    for key, value in item.items():
        name = f"{prefix}{clean(key)}"
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            objects = [part for part in value if isinstance(part, Mapping)]
            texts = [text for part in value if (text := clean(part))]
            value = objects[0] if objects else "; ".join(texts)
        if isinstance(value, Mapping):
            if depth < _MAX_DEPTH:
                found |= flattened(value, f"{name}.", depth + 1)
        elif isinstance(value, bool):
            found[name] = "yes" if value else "no"
        else:
            found[name] = clean(value)
    return found
