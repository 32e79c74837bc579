"""`enrayon export`: the stores of the service into a file."""

import contextlib
import enum
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Annotated, Any

import grpc
import orjson
import typer
from google.protobuf.json_format import MessageToDict

from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata.exports import google, tables
from geodata.exports.tables import NeedsPyarrow, TooLong
from geodata.stores import Store
from services.cli.channel import TIMEOUT_S, services
from services.cli.commands.imports import progress_bar
from services.cli.consoles import console
from services.cli.output import USAGE, CommandError
from services.directory.messages.stores import store_of
from services.edge.web.structured_data import store_as_schema_org

PAGE = 500


class Format(enum.StrEnum):
    """The formats of an export."""

    CSV = "csv"
    GEOJSON = "geojson"
    GEOPARQUET = "geoparquet"
    GOOGLE = "google"
    SCHEMA_ORG = "schema-org"


BY_SUFFIX = {
    ".csv": Format.CSV,
    ".geojson": Format.GEOJSON,
    ".parquet": Format.GEOPARQUET,
    ".geoparquet": Format.GEOPARQUET,
    ".jsonld": Format.SCHEMA_ORG,
}
NEVER = "private stores; hours set by UpdateStoreHours, with their special days and services"
"""What no export has that can be imported again."""
SCHEMA_ORG_LOSSES = (
    "status, opening and closing date, the store it moved to, the time zone",
    "attributes but the trade, service area, entrance, external ids",
    "names and descriptions in other languages",
    "phones after the first, lines of an address as lines",
)
LOSSES: Mapping[Format, Iterable[str]] = {
    Format.GOOGLE: google.LOSSES,
    Format.SCHEMA_ORG: SCHEMA_ORG_LOSSES,
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export_stores)


def export_stores(
    file: Annotated[Path, typer.Argument(help="The file; its ending tells the format.")],
    format: Annotated[
        Format | None, typer.Option(help="The format, where the ending does not tell it.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Only the stores whose ids are <source>-<id>.")
    ] = None,
    for_spreadsheet: Annotated[
        bool,
        typer.Option("--for-spreadsheet", help="CSV for Excel: no cell runs as a formula."),
    ] = False,
    category: Annotated[
        str, typer.Option(help="Primary category of all stores, for Google: Grocery store.")
    ] = "",
) -> None:
    """Export stores into a file for others, or to import it again."""
    chosen = format or BY_SUFFIX.get(file.suffix.lower())
    if chosen is None:
        raise CommandError(
            f"{file.name}: say the format, one of {', '.join(Format)}, for example --format google",
            USAGE,
        )
    if for_spreadsheet and chosen not in (Format.CSV, Format.GOOGLE):
        raise CommandError("--for-spreadsheet is for csv and google", USAGE)
    with services() as channel, progress_bar() as progress:
        task = progress.add_task("exporting", total=None)

        def messages() -> Iterator[stores_pb2.Store]:
            for message, total in all_stores(channel):
                if source is None or message.name.startswith(f"stores/{source}-"):
                    yield message
                progress.update(task, advance=1, total=total)

        try:
            with replaced(file) as target:
                count = write(chosen, messages(), channel, target, category, for_spreadsheet)
        except NeedsPyarrow:
            raise CommandError(
                "GeoParquet needs the package pyarrow: pip install 'enrayon[parquet]'", USAGE
            ) from None
        except TooLong as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"cannot write {file}: {error.strerror}") from None
    console.print(f"{count:,} stores in {file}, as {chosen}", highlight=False)
    for loss in LOSSES.get(chosen, ()):
        console.print(f"  not in it: {loss}", style="dim", highlight=False)
    if chosen not in LOSSES:
        console.print(f"  not in it: {NEVER}", style="dim", highlight=False)


def write(
    format: Format,
    messages: Iterator[stores_pb2.Store],
    channel: grpc.Channel,
    target: IO[bytes],
    category: str,
    for_spreadsheet: bool,
) -> int:
    """Write stores in a format; answers how many."""
    stores: Iterator[Store] = map(store_of, messages)
    match format:
        case Format.CSV:
            return tables.write_csv(stores, target, for_spreadsheet=for_spreadsheet)
        case Format.GEOJSON:
            return tables.write_geojson(stores, target)
        case Format.GEOPARQUET:
            return tables.write_geoparquet(stores, target)
        case Format.GOOGLE:
            hours = hours_by(channel, hours_pb2.HOURS_FORMAT_GOOGLE)
            pairs = ((store_of(each), hours(each.name)) for each in messages)
            return google.write(pairs, target, category=category, for_spreadsheet=for_spreadsheet)
        case Format.SCHEMA_ORG:
            return write_schema_org(
                messages, target, hours_by(channel, hours_pb2.HOURS_FORMAT_SCHEMA_ORG)
            )


def write_schema_org(
    messages: Iterable[stores_pb2.Store],
    target: IO[bytes],
    hours: Callable[[str], dict[str, Any]],
) -> int:
    """Write stores as one graph of JSON-LD; answers how many."""
    target.write(b'{"@context":"https://schema.org","@graph":[')
    count = 0
    for message in messages:
        node = store_as_schema_org(message, message.name, hours(message.name))
        del node["@context"], node["url"]
        if pages := node.pop("sameAs", None):
            node["url"], *others = pages
            node |= {"sameAs": others} if others else {}
        node["branchCode"] = message.name.removeprefix("stores/")
        target.write((b",\n" if count else b"\n") + orjson.dumps(node))
        count += 1
    target.write(b"\n]}\n")
    return count


def all_stores(channel: grpc.Channel) -> Iterator[tuple[stores_pb2.Store, int]]:
    """Yields all public stores whatever their status, each with the number of all."""
    stub = stores_pb2_grpc.StoresServiceStub(channel)
    statuses = [value for value in stores_pb2.StoreStatus.values() if value]
    every = stores_pb2.StoreFilter(statuses=statuses)
    request = stores_pb2.ListStoresRequest(page_size=PAGE, store_filter=every)
    while True:
        page = stub.ListStores(request, timeout=TIMEOUT_S)
        for store in page.stores:
            yield store, page.total_size
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return


def hours_by(
    channel: grpc.Channel, format: "hours_pb2.HoursFormat.ValueType"
) -> Callable[[str], dict[str, Any]]:
    """The hours of a store by its name, as a format of others has them."""
    stub = hours_pb2_grpc.HoursServiceStub(channel)

    def hours(name: str) -> dict[str, Any]:
        request = hours_pb2.ExportStoreHoursRequest(name=f"{name}/hours", format=format)
        answer = stub.ExportStoreHours(request, timeout=TIMEOUT_S)
        return MessageToDict(answer.document)

    return hours


@contextlib.contextmanager
def replaced(file: Path) -> Iterator[IO[bytes]]:
    """A file to write, which takes the place of another one once it is whole."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as target:
            yield target
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
