"""Reads tables from spreadsheets: Excel (xlsx, xls, xlsb) and OpenDocument (ods)."""

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from python_calamine import CalamineError, CalamineSheet, SheetVisibleEnum, load_workbook

from geodata.importers import archives
from geodata.importers.files import Source
from geodata.importers.record import clean
from geodata.importers.report import ImporterError, Rejected
from geodata.importers.table import MAX_COLUMNS, Row, Table, named

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of xls, and of xlsx with a password."""
MAX_OLE_BYTES = 128 * 2**20
MAX_CELLS = 50_000_000
_TITLE_ROWS = 20
"""The header is looked for in so many rows: a title may stand above it."""


def table_of(file: Source) -> Table:
    """The first visible sheet that has a header and rows.

    Raises:
        ImporterError: the workbook cannot be read, or has no table.
    """
    with _as_importer_errors():
        return _table_of(_workbook(file))


@contextmanager
def _as_importer_errors() -> Iterator[None]:
    """Turn the errors of calamine into ours, also its panics: bugs of a library in Rust."""
    try:
        yield
    except CalamineError as error:
        what = "it has a password" if "assword" in str(error) else str(error)
        raise ImporterError(f"not a readable workbook ({what}); save it as xlsx or CSV") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ImporterError("the workbook is damaged; save it again as xlsx or CSV") from error


def _table_of(workbook: Any) -> Table:
    tables = []
    for meta in workbook.sheets_metadata:
        if meta.visible is SheetVisibleEnum.Visible:
            sheet = workbook.get_sheet_by_name(meta.name)
            if sheet.total_height * sheet.total_width > MAX_CELLS:
                raise ImporterError(f"sheet {meta.name!r} has over {MAX_CELLS:,} cells")
            if (start := _header_row(sheet)) is not None:
                tables.append((meta.name, sheet, start))
    if not tables:
        raise ImporterError("no sheet has a header and rows")
    name, sheet, start = tables[0]
    others = ", ".join(repr(other) for other, _, _ in tables[1:])
    notes = [("file", f"sheet {name!r} is read; not read: {others}")] if others else []
    rows = [[_text(cell) for cell in row] for row in sheet.iter_rows()]
    header = named(_trimmed(rows[start]))
    return Table("excel", header, lambda: _rows(rows, header, start), notes)


def _workbook(file: Source) -> Any:
    if file.head().startswith(OLE):
        with file.open() as data:
            content = data.read(MAX_OLE_BYTES + 1)
        if len(content) > MAX_OLE_BYTES:
            raise ImporterError(f"over {MAX_OLE_BYTES // 2**20} MiB in one workbook; split it")
        return load_workbook(io.BytesIO(content))
    with archives.opened(file.path) as archive:
        return load_workbook(archive.stored())


def _header_row(sheet: CalamineSheet) -> int | None:
    """The first row with two texts and at least as many as any of the following ones."""
    widths = []
    for row in sheet.iter_rows():
        widths.append(sum(isinstance(cell, str) and bool(cell.strip()) for cell in row))
        if len(widths) == _TITLE_ROWS:
            break
    if max(widths, default=0) < 2:
        return None
    most = max(widths)
    return next(i for i, width in enumerate(widths) if width >= 2 and 2 * width >= most)


def _rows(rows: Sequence[Sequence[str]], header: list[str], start: int) -> Iterator[Row | Rejected]:
    for line, cells in enumerate(rows[start + 1 :], start=start + 2):
        values = [clean(cell) for cell in cells[: len(header)]]
        values += [""] * (len(header) - len(values))
        if any(values):
            raw: dict[str, object] = dict(zip(header, values, strict=True))
            yield Row(line, values, raw)


def _trimmed(cells: Sequence[str]) -> list[str]:
    """The cells without the empty ones at the end."""
    last = max((i for i, cell in enumerate(cells) if cell.strip()), default=-1)
    return list(cells[: min(last + 1, MAX_COLUMNS)])


def _text(cell: object) -> str:
    """A cell as a person would type it: whole numbers without a point, times to the minute."""
    match cell:
        case bool():
            return "yes" if cell else "no"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case dt.datetime() if cell.time() == dt.time():
            return cell.date().isoformat()
        case dt.time():
            return cell.isoformat("minutes")
    return str(cell)
