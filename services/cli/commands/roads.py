"""`enrayon roads`: makes a road network of an OpenStreetMap extract, and looks at one."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from geodata.roads import BadNetwork, RoadNetwork
from geodata.roads.build import build
from services.cli.consoles import console, errors
from services.cli.output import USAGE, CommandError, JsonOption

SUFFIX = ".roads"


def register(app: typer.Typer) -> None:
    """Add the command."""
    roads = typer.Typer(help="Make and check road networks.", no_args_is_help=True)
    roads.command("build")(build_network)
    app.add_typer(roads, name="roads")


def build_network(
    file: Annotated[
        Path,
        typer.Argument(help="An OpenStreetMap extract (FILE.osm.pbf); with --check a network."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="File of the network. [beside the extract, FILE.roads]")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Build nothing; tell what a network holds.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make the road network of an extract, for driving, walking and cycling.

    Servers load it by ENRAYON_ROADS. Memory: about 2 kB for each junction of the extract.
    """
    target = file if check else out or file.with_name(file.name.partition(".")[0] + SUFFIX)
    try:
        if not check:
            _build(file, target, hidden=json)
        network = RoadNetwork.load(target)
    except BadNetwork as error:
        raise CommandError(str(error), USAGE) from None
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from None
    told = {"file": str(target), "bytes": target.stat().st_size, **told_of(network)}
    if json:
        typer.echo(orjson.dumps(told).decode())
    else:
        _show(told)


def _build(file: Path, target: Path, *, hidden: bool) -> None:
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=errors, transient=True, disable=hidden) as bar:
        task = bar.add_task(f"reading {file.name}", total=None)

        def advance(step: str, done: int, whole: int | None) -> None:
            bar.update(task, description=step, completed=done, total=whole)

        build(file, target, advance)


def told_of(network: RoadNetwork) -> dict[str, Any]:
    """What a user of the network wants to know."""
    about = dict(network.about)
    return {
        "version": network.version,
        **{name: about[name] for name in ("source", "date", "licence", "attribution", "recipe")},
        "bounds": dict(zip(("south", "west", "north", "east"), network.bounds, strict=True)),
        "has_border": about["has_border"],
        "order": "saved" if network.has_saved_order else "computed at each start",
        "modes": {
            mode: {**counts, "highest_kmh": round(network.highest_speed(mode) * 3.6, 1)}
            for mode, counts in about["modes"].items()
        },
        "unread": about["unread"],
    }


def _show(told: dict[str, Any]) -> None:
    bounds = told["bounds"]
    lines = [
        f"{told['file']}: {told['bytes']:,} bytes, version {told['version'][:12]}",
        f"made of {told['source']}, data of {told['date'] or 'an unknown date'}",
        f"latitude {bounds['south']:.5f} to {bounds['north']:.5f}, "
        f"longitude {bounds['west']:.5f} to {bounds['east']:.5f}",
        f"{told['attribution']}; {told['licence']}",
    ]
    if not told["has_border"]:
        lines.append("the extract has no box in its header: every time may be clipped")
    if told["order"] != "saved":
        lines.append("made with another version of pyroutingkit: starts are slow; build it again")
    lines += [f"not fully read: {count:,} {reason}" for reason, count in told["unread"].items()]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    table = Table("mode", "km", "islands (km)", "left out (km)", "edges", "nodes", "fastest (km/h)")
    for mode, counts in told["modes"].items():
        first, *others = counts["islands_km"]
        table.add_row(
            mode,
            f"{first:,.1f}",
            f"{len(others)} ({sum(others):,.1f})" if others else "none",
            f"{counts['left_out_km']:,.1f}",
            f"{counts['edges']:,}",
            f"{counts['nodes']:,}",
            f"{counts['highest_kmh']:g}",
        )
    console.print(table)
