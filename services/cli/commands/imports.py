"""`enrayon import`: stores from a file into the service, with a report of every row."""

import re
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from geodata import importers
from geodata.importers import Import, ImporterError, write_rejected, write_remarks
from services.cli import column_maps, import_reports, uploads
from services.cli.channel import services
from services.cli.consoles import errors
from services.cli.output import FAILED, USAGE, CommandError, JsonOption

MOST_SHARE_REJECTED = 0.1
"""The largest share of refused rows with which an import succeeds unasked."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_stores)


def import_stores(
    file: Annotated[Path, typer.Argument(help="The file; it may be compressed by gzip or zip.")],
    format: Annotated[str, typer.Option(help=f"One of {', '.join(importers.FORMATS)}.")] = "auto",
    source: Annotated[
        str | None,
        typer.Option(help="Source of the stores: their ids are <source>-<id>. [file name]"),
    ] = None,
    map: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=FIELD", help="The field of a column.")
    ] = None,
    set: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=VALUE", help="A value that all rows have.")
    ] = None,
    id_from: Annotated[
        str,
        typer.Option("--id-from", metavar="COLUMNS", help="Make ids of columns: name,postcode."),
    ] = "",
    crs: Annotated[
        str | None, typer.Option(help="System of projected coordinates: EPSG:25832.")
    ] = None,
    map_file: Annotated[
        Path | None, typer.Option("--map-file", help="What --save-map kept of the feed.")
    ] = None,
    save_map: Annotated[
        Path | None,
        typer.Option("--save-map", help="Keep --map, --set, --id-from, --source, --crs in a file."),
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
    remove_up_to: Annotated[
        int | None,
        typer.Option(
            "--remove-up-to", min=0, help="Most stores that --replace removes. [a tenth of them]"
        ),
    ] = None,
    accept_rejects: Annotated[
        bool,
        typer.Option("--accept-rejects", help="Exit with 0 even if over a tenth is refused."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show columns, check and count; change nothing.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="File of the rejected rows. [FILE.rejected.csv]")
    ] = None,
    remarks: Annotated[
        Path | None, typer.Option(help="File for all repairs and doubts, by row (CSV).")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Import stores from a file, and report the outcome of each row."""
    feed = column_maps.feed_of(map_file, map or [], set or [], id_from, source, crs)
    with progress_bar(hidden=json) as progress:
        try:
            found = read(file, format, feed, progress, hour_24, replace=replace)
        except importers.SourceUnknown as error:
            raise CommandError(f"{file.name}: {error}{_sources_there()}", USAGE) from None
        if dry_run and not json:
            import_reports.show_columns(found)
        with services() as channel:
            sent = uploads.upload(
                channel,
                found,
                progress,
                dry_run=dry_run,
                replace=replace,
                remove_up_to=remove_up_to,
            )
    if save_map:
        column_maps.write(feed, save_map)
    if remarks:
        write_remarks(found.remarks, remarks)
    rejected = [*found.rejected, *sent.rejected]
    rejected_file = None
    if rejected:
        rejected_file = rejects or file.with_name(f"{file.name}.rejected.csv")
        write_rejected(rejected, rejected_file)
    if json:
        outcome = import_reports.report(found, sent, rejected, rejected_file, dry_run=dry_run)
        typer.echo(orjson.dumps(outcome).decode())
    else:
        import_reports.show(found, sent, rejected, rejected_file, dry_run=dry_run)
    refused = len(found.rejected) + sent.rejected_count
    if refused > MOST_SHARE_REJECTED * found.rows and not accept_rejects:
        if not json:
            errors.print(
                f"{refused:,} of {found.rows:,} rows are refused, more than a tenth: "
                "exit status 1; --accept-rejects takes it"
            )
        raise typer.Exit(FAILED)


class Speed(ProgressColumn):
    """Units of a step per second."""

    def render(self, task: Task) -> Text:
        """The column of a step."""
        unit = task.fields.get("unit", "stores")
        return Text(f"{task.speed:,.0f} {unit}/s" if task.speed else "")


def progress_bar(*, hidden: bool = False) -> Progress:
    """A progress bar for each step of an import; it disappears at the end."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Speed(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=hidden,
    )


def read(
    file: Path,
    format: str,
    feed: column_maps.Feed,
    progress: Progress,
    hour_24: importers.Hour24 = "auto",
    *,
    replace: bool = False,
) -> Import:
    """Reads the stores of a file.

    Raises:
        CommandError: the file as a whole cannot be read.
        SourceUnknown: stores are replaced, and nothing names their source.
    """
    task = progress.add_task(f"reading {file.name}", total=None, unit="bytes")

    def advance(done: int, size: int) -> None:
        progress.update(task, completed=done, total=size)

    def attempt(source: str | None) -> Import:
        return importers.read(
            file,
            format,
            source=source,
            columns=feed.map,
            hour_24=hour_24,
            crs=feed.crs,
            progress=advance,
        )

    try:
        try:
            return attempt(feed.source)
        except importers.SourceUnknown:
            if replace:
                raise
            return attempt(source_of(file))
    except importers.SourceUnknown:
        raise
    except ImporterError as error:
        raise CommandError(f"{file.name}: {error}", USAGE) from None


def source_of(file: Path) -> str:
    """The default source of a file: `Stores US.csv.gz` gives `stores_us`."""
    stem = file.name.partition(".")[0].lower()
    return re.sub(r"[^a-z0-9._~]+", "_", stem).strip("._~")[:50] or "import"


def _sources_there() -> str:
    with services() as channel:
        known = uploads.known_sources(channel)
    return f"; sources are {uploads.listed(known)}" if known else ""
