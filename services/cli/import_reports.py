"""Prints the outcome of an import: counts, columns, and the kinds of remarks with examples."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from geodata.importers import ColumnUse, Import, Rejected
from services.cli.consoles import console
from services.cli.uploads import Uploaded

MAX_KINDS = 8
MAX_ROWS_NAMED = 3
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NUMBER = re.compile(r"[-+]?\d[\d.,:]*")


def report(
    found: Import,
    sent: Uploaded,
    rejected: list[Rejected],
    rejected_file: Path | None,
    *,
    dry_run: bool,
) -> dict[str, object]:
    """The outcome of the import, for scripts."""
    return {
        "format": found.format,
        "sources": sorted(found.sources),
        "dry_run": dry_run,
        "rows": found.rows,
        **counts(found, sent),
        "repaired": len(found.repaired),
        "warnings": len(found.warnings),
        "retried": sent.retried,
        "kept": sent.kept,
        "columns": [
            {
                "column": use.column,
                "goes_to": use.goes_to,
                "values": use.values,
                "suggestion": use.suggestion,
            }
            for use in found.columns
        ],
        "rejected_rows": [
            {"row": item.row, "field": item.field, "reason": item.reason} for item in rejected
        ],
        "rejected_file": str(rejected_file) if rejected_file else None,
        "remarks": [
            {"row": r.row, "field": r.field, "note": r.note, "repaired": r.repaired}
            for r in found.remarks
        ],
    }


def counts(found: Import, sent: Uploaded) -> dict[str, int]:
    """The number of stores for each outcome."""
    return {
        "created": sent.created,
        "changed": sent.changed,
        "unchanged": sent.unchanged,
        "removed": sent.removed,
        "rejected": len(found.rejected) + sent.rejected_count,
    }


def show(
    found: Import,
    sent: Uploaded,
    rejected: list[Rejected],
    rejected_file: Path | None,
    *,
    dry_run: bool,
) -> None:
    """Print the outcome of the import."""
    sources = ", ".join(sorted(found.sources)) or "none"
    preset = f", columns of {found.preset}" if found.preset else ""
    would = " [yellow](dry run: nothing was changed)[/]" if dry_run else ""
    console.print(
        f"[bold]{found.rows:,}[/] rows of {found.format}{preset}, source [bold]{sources}[/]{would}"
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, number in counts(found, sent).items():
        colour = "red" if name == "rejected" and number else "green" if number else "dim"
        table.add_row(f"  {name}", f"[{colour}]{number:,}[/]")
    console.print(table)
    if sent.retried:
        console.print(
            f"{sent.retried:,} stores were sent again after an interruption; what the first try "
            "wrote counts as unchanged"
        )
    if sent.kept:
        console.print(f"[yellow]{escape(sent.kept)}[/]", highlight=False)
    _show_kinds("repaired", [(r.row, r.field, r.note) for r in found.repaired])
    _show_kinds("in doubt", [(r.row, r.field, r.note) for r in found.warnings])
    _show_kinds("rejected", [(r.row, r.field, r.reason) for r in rejected])
    if not dry_run:
        _show_unused(found.unused)
    if rejected_file:
        console.print(f"Rejected rows, with the reasons: [cyan]{escape(str(rejected_file))}[/]")


def show_columns(found: Import) -> None:
    """Print what each column goes to, three of its values, and its doubts."""
    if not found.columns:
        return
    doubts = Counter(remark.field for remark in found.warnings)
    doubts["lat"] = doubts["lon"] = doubts["lat, lon"]
    table = Table("column", "goes to", "values", "doubts", box=None, pad_edge=False)
    for use in found.columns:
        goes = f"[green]{escape(use.goes_to)}[/]" if use.goes_to else "[yellow]nowhere[/]"
        if use.suggestion:
            goes += f", perhaps {use.suggestion}"
        field = "opening_hours" if use.goes_to == "hours" else use.goes_to
        number = doubts[field] if use.goes_to else 0
        table.add_row(escape(use.column), goes, _examples(use), f"{number:,}" if number else "")
    console.print(table)


def _show_unused(unused: Iterable[ColumnUse]) -> None:
    for use in unused:
        hint = f"; perhaps --map {use.column}={use.suggestion}" if use.suggestion else ""
        console.print(
            f"[yellow]not used[/]: [cyan]{escape(use.column)}[/] ({_examples(use)}){escape(hint)}",
            highlight=False,
        )


def _examples(use: ColumnUse) -> str:
    return escape(
        ", ".join(value if len(value) <= 30 else f"{value[:29]}…" for value in use.values)
    )


def _show_kinds(title: str, remarks: list[tuple[int, str, str]]) -> None:
    """Print the most frequent kinds of remarks, each with its count, an example and its rows."""
    kinds: defaultdict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for row, field, note in remarks:
        kinds[field, kind_of(note)].append((row, note))
    if not kinds:
        return
    console.print(f"[bold]{title}[/]: {len(remarks):,}")
    ordered = sorted(kinds.items(), key=lambda item: -len(item[1]))
    for (field, _), found in ordered[:MAX_KINDS]:
        rows = ", ".join(str(row) for row, _ in found[:MAX_ROWS_NAMED] if row)
        more = ", ..." if len(found) > MAX_ROWS_NAMED else ""
        where = f" (row {rows}{more})" if rows else ""
        console.print(
            f"  {len(found):>6,} × [cyan]{escape(field)}[/]: {escape(found[0][1])}{where}",
            highlight=False,
        )
    if len(ordered) > MAX_KINDS:
        console.print(
            f"  ... and {len(ordered) - MAX_KINDS:,} other kinds; --remarks FILE lists all"
        )


def kind_of(note: str) -> str:
    """A note without the values in it: notes of one kind have the same."""
    return _NUMBER.sub("#", _QUOTED.sub("…", note))
