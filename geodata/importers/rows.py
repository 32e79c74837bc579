"""Makes a table of objects: flat ones, or with objects and lists in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from geodata.importers.record import clean
from geodata.importers.report import ImporterError, Rejected
from geodata.importers.spill import Spill
from geodata.importers.table import MAX_COLUMNS, Row, Table

_MAX_DEPTH = 6


def table_of(
    format: str,
    objects: Iterable[Any],
    notes: Sequence[tuple[str, str]] = (),
    crs: str = "",
) -> Table:
    """A table with a row for each object, and a column for each key in any of them."""
    flat: Spill[dict[str, str] | Rejected] = Spill()
    columns: dict[str, None] = {}
    for number, item in enumerate(objects, start=1):
        if isinstance(item, Mapping):
            row = flattened(item)
            columns |= dict.fromkeys(row)
            if len(columns) > MAX_COLUMNS:
                raise ImporterError(f"over {MAX_COLUMNS:,} columns; is the format right?")
            flat.append(row)
        else:
            flat.append(Rejected(number, "row", "not an object", {"": item}))
    header = list(columns)

    def rows() -> Iterator[Row | Rejected]:
        for number, item in enumerate(flat, start=1):
            if isinstance(item, Rejected):
                yield item
            else:
                yield Row(number, [item.get(column, "") for column in header], {**item})

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
