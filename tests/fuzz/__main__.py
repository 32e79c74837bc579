"""Runs the targets under atheris one after another: `python -m tests.fuzz --minutes 30`.

What was found to reach new code stays in build/fuzz/<target>/, so that a later run begins where
this one ended. An input that breaks a law is written beside it, and ends its target's turn.
"""

import importlib.util
import os
import re
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from tests.fuzz.target import Target, all_targets

BUILD = Path(__file__).parents[2] / "build" / "fuzz"
OPTIONS = (
    "-timeout=20",  # seconds that one input may take
    "-rss_limit_mb=2048",
    "-malloc_limit_mb=1024",
    "-max_len=16384",  # bytes
    "-print_final_stats=1",
)
PULSE = re.compile(r"#(\d+)\t.* cov: (\d+) .* rss: (\d+)Mb")
INPUTS = re.compile(r"stat::number_of_executed_units: +(\d+)")
PEAK = re.compile(r"stat::peak_rss_mb: +(\d+)")
ERROR = re.compile(r"[A-Za-z.]*(Error|Exception|Warning)\b|==\d+== ERROR|SUMMARY")


@dataclass
class Outcome:
    """What a turn of a target came to."""

    inputs: int = 0
    coverage: int = 0
    """Edges of the project's own code that were reached."""
    peak_mb: int = 0
    """The most that was in memory."""
    fault: str = ""
    """What was said first when a law was broken."""


def main() -> int:
    """Run, print; the number of targets whose law was broken."""
    options = ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--minutes", type=float, default=30.0, help="for all targets together")
    options.add_argument("--only", default="", help="targets, with commas between; all if empty")
    chosen = options.parse_args()
    if importlib.util.find_spec("atheris") is None:
        sys.exit(
            "atheris is missing: it is made for Linux on x86-64; `make fuzz` installs it there"
        )
    targets = all_targets()
    names = [name for name in chosen.only.split(",") if name] or list(targets)
    if unknown := ", ".join(name for name in names if name not in targets):
        options.error(f"no target is called {unknown}; there are {', '.join(targets)}")
    wanted = [targets[name] for name in names]
    turn_s = max(round(chosen.minutes * 60 / len(wanted)), 1)
    outcomes = run(wanted, turn_s)
    table = Table("Target", "Inputs", "Edges", "MB at most", "Fault", title="Fuzzing")
    for target, seen in zip(wanted, outcomes, strict=True):
        figures = (seen.inputs, seen.coverage, seen.peak_mb)
        table.add_row(target.name, *(f"{figure:,}" for figure in figures), seen.fault or "none")
    Console().print(table)
    return sum(bool(seen.fault) for seen in outcomes)


def run(wanted: Sequence[Target], turn_s: int) -> list[Outcome]:
    """Give each target its turn."""
    columns = (BarColumn(), TextColumn("{task.completed}/{task.total} {task.description}"))
    outcomes = []
    with Progress(*columns) as progress:
        task = progress.add_task("", total=len(wanted))
        for target in wanted:
            outcomes.append(seen := Outcome())
            # libFuzzer ends a process without its last wishes.
            with TemporaryDirectory() as folder, turn(target, turn_s, folder) as process:
                assert process.stdout
                said = ""
                for line in process.stdout:
                    note(seen, line)
                    said = line.strip() if ERROR.match(line) and not said else said
                    what = f"{target.name}: {seen.inputs:,} inputs, {seen.coverage:,} edges"
                    progress.update(task, description=what)
            if process.returncode:
                seen.fault = said or f"exit status {process.returncode}"
            progress.advance(task)
    return outcomes


def turn(target: Target, turn_s: int, folder: str) -> "subprocess.Popen[str]":
    """Begin a turn, its files in a folder; the process tells what happens as libFuzzer does."""
    corpus = BUILD / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    command = [sys.executable, "-m", "tests.fuzz.guided", target.check.__module__, target.name]
    command += [
        str(corpus),
        *OPTIONS,
        f"-max_total_time={turn_s}",
        f"-artifact_prefix={BUILD}/{target.name}-",
    ]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "TMPDIR": folder},
    )


def note(seen: Outcome, line: str) -> None:
    """Take what a line of libFuzzer tells."""
    if pulse := PULSE.match(line):
        seen.inputs, seen.coverage, seen.peak_mb = map(int, pulse.groups())
    elif inputs := INPUTS.match(line):
        seen.inputs = int(inputs[1])
    elif peak := PEAK.match(line):
        seen.peak_mb = int(peak[1])


if __name__ == "__main__":
    sys.exit(main())
