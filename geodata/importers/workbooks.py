"""Reads a workbook in a process of its own: `python -P workbooks.py < FILE`.

A workbook of five kilobytes may claim a cell in the last row and column. The library then asks for
the memory of all cells between, and if it does not get it, its process ends at once. So a process
that may end reads it, within a bound.

It writes lines of JSON: the names of the sheets that have a table, and the number of rows above the
header of the first; then each row of that sheet. Or one line with an error.
"""

import datetime as dt
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

import orjson
from python_calamine import CalamineError, CalamineSheet, SheetVisibleEnum, load_workbook

MOST_MEMORY_BYTES = 2 * 2**30
MOST_PROCESSOR_S = 600
MAX_CELLS = 50_000_000
_TITLE_ROWS = 20
"""The header is looked for in so many rows: a title may stand above it."""


class BadWorkbook(Exception):
    """The workbook cannot be read; the message says why."""


def main() -> None:
    """Read the workbook from the standard input within the bounds."""
    content = sys.stdin.buffer.read()
    bounded()
    output = sys.stdout.buffer
    try:
        write(load(content), output)
    except BadWorkbook as error:
        output.write(orjson.dumps({"error": str(error)}) + b"\n")
    except MemoryError:
        sys.exit(1)


def bounded() -> None:
    """Bound the memory and the processor time of this process, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_PROCESSOR_S, MOST_PROCESSOR_S))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def load(content: bytes) -> Any:
    """The workbook.

    Raises:
        BadWorkbook: it is damaged, or has a password.
    """
    with _told():
        return load_workbook(io.BytesIO(content))


def write(workbook: Any, output: IO[bytes]) -> None:
    """Write the first visible sheet that has a header and rows.

    Raises:
        BadWorkbook: there is none, or it is too large.
    """
    with _told():
        tables: list[tuple[str, CalamineSheet, int]] = []
        for meta in workbook.sheets_metadata:
            if meta.visible is SheetVisibleEnum.Visible:
                sheet = workbook.get_sheet_by_name(meta.name)
                if sheet.total_height * sheet.total_width > MAX_CELLS:
                    raise BadWorkbook(f"sheet {meta.name!r} has over {MAX_CELLS:,} cells")
                if (start := _header_row(sheet)) is not None:
                    tables.append((meta.name, sheet, start))
        if not tables:
            raise BadWorkbook("no sheet has a header and rows")
        _, sheet, start = tables[0]
        head = {"sheets": [name for name, _, _ in tables], "start": start}
        output.write(orjson.dumps(head) + b"\n")
        for row in sheet.iter_rows():
            output.write(orjson.dumps([_text(cell) for cell in row]) + b"\n")


@contextmanager
def _told() -> Iterator[None]:
    """Turn the errors of calamine into ours, also its panics: bugs of a library in Rust."""
    try:
        yield
    except CalamineError as error:
        what = "it has a password" if "assword" in str(error) else str(error)
        raise BadWorkbook(f"not a readable workbook ({what}); save it as xlsx or CSV") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise BadWorkbook("the workbook is damaged; save it again as xlsx or CSV") from error


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


if __name__ == "__main__":
    main()
