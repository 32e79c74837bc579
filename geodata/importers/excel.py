"""Reads tables from spreadsheets: Excel (xlsx, xls, xlsb) and OpenDocument (ods)."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from geodata.importers import archives
from geodata.importers.apart import lines_of
from geodata.importers.files import Source
from geodata.importers.record import clean
from geodata.importers.report import ImporterError, Rejected
from geodata.importers.spill import Spill
from geodata.importers.table import MAX_COLUMNS, Row, Table, named

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of xls, and of xlsx with a password."""
MAX_OLE_BYTES = 128 * 2**20


def table_of(file: Source) -> Table:
    """The first visible sheet that has a header and rows.

    Raises:
        ImporterError: the workbook cannot be read, or has no table.
    """
    # Run as a file, it does not load this package.
    script = ["-P", str(Path(__file__).with_name("workbooks.py"))]
    rows: Spill[list[str]] = Spill()
    with tempfile.TemporaryFile() as content:
        data, is_binary = _content(file)
        content.write(data)
        content.seek(0)
        with lines_of(script, content, "workbook") as lines:
            head = next(lines)
            for row in lines:
                rows.append(row)
    name, *others = head["sheets"]
    unread = ", ".join(map(repr, others))
    notes = [("file", f"sheet {name!r} is read; not read: {unread}")] if others else []
    if is_binary:
        why = "no file of Excel was at hand to verify how xlsb is read: compare some rows"
        notes.append(("file", why))
    start = int(head["start"])
    header = named(_trimmed(rows[start]))
    return Table("excel", header, lambda: _rows(rows, header, start), notes)


def _content(file: Source) -> tuple[bytes, bool]:
    """The workbook as its reader takes it, and True for xlsb."""
    if file.head().startswith(OLE):
        with file.open() as data:
            content = data.read(MAX_OLE_BYTES + 1)
        if len(content) > MAX_OLE_BYTES:
            raise ImporterError(f"over {MAX_OLE_BYTES // 2**20} MiB in one workbook; split it")
        return content, False
    with archives.opened(file.path) as archive:
        return archive.stored().getvalue(), "xl/workbook.bin" in archive.names


def _rows(rows: Iterable[Sequence[str]], header: list[str], start: int) -> Iterator[Row | Rejected]:
    for line, cells in enumerate(rows, start=1):
        if line <= start + 1:
            continue
        values = [clean(cell) for cell in cells[: len(header)]]
        values += [""] * (len(header) - len(values))
        if any(values):
            raw: dict[str, object] = dict(zip(header, cells, strict=False))
            yield Row(line, values, raw)


def _trimmed(cells: Sequence[str]) -> list[str]:
    """The cells without the empty ones at the end."""
    last = max((i for i, cell in enumerate(cells) if cell.strip()), default=-1)
    return list(cells[: min(last + 1, MAX_COLUMNS)])
