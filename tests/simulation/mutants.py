"""Runs the planted faults and writes the table of what found them.

`python -m tests.simulation.mutants --seeds 1000` tries each fault on the first thousand seeds,
those first whose plans reach it most, until a law of it is broken; then the same seed is run
without the fault, and must pass.
"""

import argparse
import multiprocessing
import sys
from pathlib import Path
from typing import NamedTuple

import tests.simulation.small  # noqa: F401 - before any other part of the suite
from tests.simulation.database import shim
from tests.simulation.plan import planned
from tests.simulation.planted import MUTANTS, Mutant, by_name
from tests.simulation.run import compiled_in, origins, run

TABLE = Path("build/simulation/mutants.md")
OFTEN = 8
"""Steps of each kind that reach a fault well."""
HEAD = (
    "| Fault | The law that found it | Seed | The seed without the fault |",
    "|---|---|---|---|",
)


class Caught(NamedTuple):
    """What came of one fault."""

    name: str
    seed: int
    """The seed that found it; -1: none did."""
    broken: str
    runs: int
    """Seeds that were run."""


def main() -> int:
    """Run the faults; answers 1 if one was not caught or a twin failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--most", type=int, default=1000, help="seeds to run of each fault")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--only", default="", help="a part of the names to run")
    parser.add_argument("--resume", action="store_true", help="leave out those that were caught")
    options = parser.parse_args()
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    lines = TABLE.read_text().splitlines() if options.resume and TABLE.exists() else [*HEAD]
    done = {line.split("|")[1].partition(" (undoes")[0].strip() for line in lines[2:]}
    wanted = [each.name for each in MUTANTS if options.only in each.name and each.name not in done]
    jobs = [(name, options.seeds, options.most) for name in wanted]
    context = multiprocessing.get_context("fork")  # each fault in a process of its own
    origins()
    shim(compiled_in())
    missed = 0
    with context.Pool(options.processes, maxtasksperchild=1) as pool:
        for caught in pool.imap_unordered(tried, jobs):
            with context.Pool(1) as twins:
                twin = twins.apply(without, (caught.seed,)) if caught.seed >= 0 else ""
            line = row(caught, twin)
            print(line, flush=True)
            if caught.seed < 0 or twin:
                missed += 1
            else:
                lines.append(line)
                TABLE.write_text("\n".join(lines) + "\n")
    print(f"{len(wanted)} faults, {missed} not caught or with a twin that fails")
    return 1 if missed else 0


def row(caught: Caught, twin: str) -> str:
    """The row of a fault in the table."""
    mutant = by_name()[caught.name]
    undone = f" (undoes {mutant.undone})" if mutant.undone else ""
    if caught.seed < 0:
        return f"| {caught.name}{undone} | none | {caught.runs} run | |"
    law, _, text = caught.broken.partition(": ")
    return f"| {caught.name}{undone} | {law}: `{text}` | {caught.seed} | {twin or 'passes'} |"


def likely(mutant: Mutant, seeds: int) -> list[int]:
    """The seeds, those first that reach the fault often enough, and of those the shortest."""

    def order(seed: int) -> tuple[int, float]:
        steps = planned(seed).steps
        least = min(sum(step.kind == kind for step in steps) for kind in mutant.by)
        return -min(least, OFTEN), len(steps) + steps[-1].at_s

    return sorted(range(seeds), key=order)


def tried(job: tuple[str, int, int]) -> Caught:
    """Plant a fault in this process, and run seeds until one finds it."""
    name, seeds, most = job
    mutant = by_name()[name]
    mutant.plant()
    runs = 0
    for seed in likely(mutant, seeds)[:most]:
        result = run(planned(seed))
        runs += 1
        if result.law in mutant.laws:
            return Caught(name, seed, result.broken[:100], runs)
    return Caught(name, -1, "", runs)


def without(seed: int) -> str:
    """The law that a seed breaks without a fault; empty if it breaks none."""
    return run(planned(seed)).broken


if __name__ == "__main__":
    sys.exit(main())
