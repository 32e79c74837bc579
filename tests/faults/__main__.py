"""Runs the tests of the fault matrix and prints a table of their figures.

`python -m tests.faults` runs them short, `python -m tests.faults --soak` long as well. The table
goes to build/faults.json too, and with `--write` to deploy/reliability.md.
"""

import sys
import time
from argparse import ArgumentParser
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.faults.matrix import ROWS, as_json, as_markdown, figures_of

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build"
DOCUMENT = ROOT / "deploy" / "reliability.md"
SHORT, LONG = "half an hour", "an hour or two"
"""What a run takes on two quiet cores."""
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


def main() -> int:
    """Run the tests, print and write the table; answers the exit status."""
    options = ArgumentParser(prog="python -m tests.faults", description=__doc__)
    options.add_argument("--soak", action="store_true", help="long runs too")
    options.add_argument("--write", action="store_true", help="write deploy/reliability.md")
    chosen = options.parse_args()
    BUILD.mkdir(exist_ok=True)
    junit = BUILD / "faults.xml"
    print(f"This takes about {LONG if chosen.soak else SHORT} on two quiet cores.", flush=True)
    began_s = time.monotonic()
    marks = "faults" if chosen.soak else "faults and not soak"
    status = pytest.main(["-m", marks, f"--junitxml={junit}", "-o", "junit_family=xunit1", "tests"])
    figures = figures_of(junit)
    (BUILD / "faults.json").write_text(as_json(figures), "utf-8")
    if chosen.write:
        text = DOCUMENT.read_text("utf-8")
        head, tail = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
        DOCUMENT.write_text(f"{head}\n{as_markdown(figures)}\n{tail}", "utf-8")
    table = Table("Row", "Fault", "What was found", title="The fault matrix", show_lines=True)
    for row, what in ROWS.items():
        told = "\n".join(figures.get(row, ())) or "[red]no figure[/]"
        table.add_row(str(row), what, told)
    Console().print(table)
    print(f"It took {(time.monotonic() - began_s) / 60:.0f} minutes.")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
