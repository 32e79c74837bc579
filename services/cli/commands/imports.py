"""`enrayon import`: stores from a file into the service, with a report of every row."""

import re
from collections import Counter
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from enrayon.stores.v1 import stores_pb2
from geodata import importers
from geodata.importers import Import, ImporterError, Rejected, write_rejected
from services.cli.channel import services
from services.cli.output import USAGE, CommandError, JsonOption, console, errors
from services.cli.store_upload import upload

MAX_SHOWN = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_stores)


def import_stores(
    file: Annotated[Path, typer.Argument(help="The file; it may be compressed by gzip.")],
    format: Annotated[str, typer.Option(help=f"One of {', '.join(importers.FORMATS)}.")] = "auto",
    source: Annotated[
        str | None,
        typer.Option(help="Source of the stores: their ids are <source>-<id>. [file name]"),
    ] = None,
    map: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=FIELD", help="The field of a CSV column.")
    ] = None,
    hour_24: Annotated[
        importers.Hour24,
        typer.Option(
            "--hour-24",
            help="Meaning of hours that begin at 24:00: noon, midnight, doubt, "
            "or auto: noon where the other rows prove it.",
        ),
    ] = "auto",
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove the source's stores that are not in the file.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and count, but change nothing.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="File of the rejected rows. [FILE.rejected.csv]")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Import stores from a file, and report the outcome of each row."""
    columns = dict(column_and_field(pair) for pair in map or [])
    with progress_bar(hidden=json) as progress:
        found = read(file, format, source, columns, replace, progress, hour_24)
        with services() as channel:
            task = progress.add_task("importing", total=len(found.stores))
            answer = upload(
                channel,
                found,
                replace=replace,
                dry_run=dry_run,
                advance=lambda count: progress.advance(task, count),
            )
    rejected = [*found.rejected, *refused(found, answer)]
    rejected_file = None
    if rejected:
        rejected_file = rejects or file.with_name(f"{file.name}.rejected.csv")
        write_rejected(rejected, rejected_file)
    if json:
        typer.echo(orjson.dumps(report(found, answer, rejected, rejected_file, dry_run)).decode())
    else:
        show(found, answer, rejected, rejected_file, dry_run)


def progress_bar(*, hidden: bool) -> Progress:
    """A progress bar for each step of an import; it disappears at the end."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=hidden,
    )


def read(
    file: Path,
    format: str,
    source: str | None,
    columns: dict[str, str],
    replace: bool,
    progress: Progress,
    hour_24: importers.Hour24 = "auto",
) -> Import:
    """Reads the stores of a file.

    Raises:
        CommandError: the file as a whole cannot be read.
    """
    task = progress.add_task(f"reading {file.name}", total=None)

    def advance(done: int, size: int) -> None:
        progress.update(task, completed=done, total=size)

    def attempt(source: str | None) -> Import:
        return importers.read(
            file,
            format,
            source=source,
            columns=importers.ColumnMap(columns) if columns else None,
            hour_24=hour_24,
            progress=advance,
        )

    try:
        try:
            return attempt(source)
        except importers.SourceUnknown:
            if replace:
                raise
            return attempt(source_of(file))
    except ImporterError as error:
        raise CommandError(f"{file.name}: {error}", USAGE) from None


def source_of(file: Path) -> str:
    """The default source of a file: `Stores US.csv.gz` gives `stores_us`."""
    stem = file.name.partition(".")[0].lower()
    return re.sub(r"[^a-z0-9._~]+", "_", stem).strip("._~")[:50] or "import"


def column_and_field(pair: str) -> tuple[str, str]:
    """Splits `COLUMN=FIELD`.

    Raises:
        CommandError: the field is unknown.
    """
    column, equals, field = pair.partition("=")
    if not equals or field not in importers.FIELDS:
        fields = ", ".join(sorted(importers.FIELDS))
        raise CommandError(f"--map {pair}: must be COLUMN=FIELD, FIELD one of {fields}", USAGE)
    return column, field


def refused(found: Import, answer: stores_pb2.UpsertStoresResponse) -> list[Rejected]:
    """The stores that the service rejected, as rejected rows."""
    return [
        Rejected(item.index + 1, item.field, item.description, {"id": found.stores[item.index].id})
        for item in answer.rejected
    ]


def report(
    found: Import,
    answer: stores_pb2.UpsertStoresResponse,
    rejected: list[Rejected],
    rejected_file: Path | None,
    dry_run: bool,
) -> dict[str, object]:
    """The outcome of the import, for scripts."""
    return {
        "format": found.format,
        "sources": sorted(found.sources),
        "dry_run": dry_run,
        "rows": found.rows,
        **counts(answer),
        "rejected": len(found.rejected) + answer.rejected_count,
        "repaired": len(found.repaired),
        "warnings": len(found.warnings),
        "rejected_rows": [
            {"row": item.row, "field": item.field, "reason": item.reason} for item in rejected
        ],
        "rejected_file": str(rejected_file) if rejected_file else None,
        "remarks": [
            {"row": r.row, "field": r.field, "note": r.note, "repaired": r.repaired}
            for r in found.remarks
        ],
    }


def counts(answer: stores_pb2.UpsertStoresResponse) -> dict[str, int]:
    """The number of stores for each outcome."""
    return {
        "created": answer.created_count,
        "changed": answer.changed_count,
        "unchanged": answer.unchanged_count,
        "removed": answer.removed_count,
    }


def show(
    found: Import,
    answer: stores_pb2.UpsertStoresResponse,
    rejected: list[Rejected],
    rejected_file: Path | None,
    dry_run: bool,
) -> None:
    """Print the outcome of the import."""
    sources = ", ".join(sorted(found.sources)) or "none"
    would = " [yellow](dry run: nothing was changed)[/]" if dry_run else ""
    console.print(
        f"[bold]{found.rows:,}[/] rows of {found.format}, source [bold]{sources}[/]{would}"
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    everything = {**counts(answer), "rejected": len(found.rejected) + answer.rejected_count}
    for name, number in everything.items():
        colour = "red" if name == "rejected" and number else "green" if number else "dim"
        table.add_row(f"  {name}", f"[{colour}]{number:,}[/]")
    console.print(table)
    show_remarks("repaired", [(r.field, r.note) for r in found.repaired])
    show_remarks("in doubt", [(r.field, r.note) for r in found.warnings])
    show_remarks("rejected", [(r.field, r.reason) for r in rejected])
    if rejected_file:
        console.print(f"Rejected rows, with the reasons: [cyan]{escape(str(rejected_file))}[/]")


def show_remarks(title: str, remarks: list[tuple[str, str]]) -> None:
    """Print the most frequent remarks of a kind, each with its count."""
    tally = Counter(remarks)
    if not tally:
        return
    console.print(f"[bold]{title}[/]: {sum(tally.values()):,}")
    for (field, note), number in tally.most_common(MAX_SHOWN):
        console.print(f"  {number:>6,} × [cyan]{escape(field)}[/]: {escape(note)}")
    if len(tally) > MAX_SHOWN:
        console.print(f"  ... and {len(tally) - MAX_SHOWN:,} other kinds; --json lists all")
