"""Reads the tables that `enrayon export` writes: every store as it was, without repairs."""

from array import array
from collections.abc import Mapping

from geodata import store_rows
from geodata.importers.ids import checked_source
from geodata.importers.report import ColumnUse, Import, Rejected
from geodata.importers.spill import Spill, listed
from geodata.importers.table import Row, Table
from geodata.store_rows import COLUMNS, DISARMED_KEY, KEY, BadRow
from geodata.stores import Store

_EXAMPLES = 3


def is_exported(table: Table) -> bool:
    """True if a table has the column of our own ids."""
    return KEY in table.header or DISARMED_KEY in table.header


def read(table: Table, result: Import, source: str | None = None) -> None:
    """Fill the result with the stores of a table; with a source, only with its stores."""
    result.is_export = True
    prefix = f"{checked_source(source)}-" if source is not None else ""
    is_disarmed = DISARMED_KEY in table.header
    examples: dict[str, list[str]] = {column: [] for column in table.header}
    seen: dict[str, int] = {}
    stores: Spill[Store] = Spill()
    lines = array("Q")
    for row in table.rows():
        result.rows += 1
        if isinstance(row, Rejected):
            result.rejected.append(row)
            continue
        values = dict(zip(table.header, row.values, strict=True))
        for column, text in values.items():
            if text and len(examples[column]) < _EXAMPLES:
                examples[column].append(text)
        if is_disarmed:
            values = {column: store_rows.armed(text) for column, text in values.items()}
            values[KEY] = values.pop(DISARMED_KEY)
        try:
            store = _taken(values, row, prefix, seen)
            stores.append(store)
            lines.append(row.line)
            if "-" in store.id:
                result.sources.add(store.id.partition("-")[0])
        except BadRow as bad:
            result.rejected.append(Rejected(row.line, bad.column, bad.reason, row.raw))
    result.stores, result.lines = listed(stores), lines
    known = {KEY, DISARMED_KEY, *COLUMNS}
    result.columns = [
        ColumnUse(column, column if column in known else "", tuple(examples[column]))
        for column in table.header
    ]


def _taken(values: Mapping[str, str], row: Row, prefix: str, seen: dict[str, int]) -> Store:
    store = store_rows.store_of(values)
    if not store.id.startswith(prefix):
        raise BadRow(KEY, f"{store.id!r} does not begin with {prefix!r}")
    if store.id in seen:
        raise BadRow(KEY, f"row {seen[store.id]} already has the id {store.id!r}")
    seen[store.id] = row.line
    return store
