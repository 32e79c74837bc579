"""Runs the planted faults and writes the table of what found them.

`python -m tests.simulation.mutants --seeds 200` tries each fault on the same seeds, until a law of
it is broken; then the same seed is run without the fault, and must pass.
"""

import argparse
import multiprocessing
import sys
from pathlib import Path
from typing import NamedTuple

import tests.simulation.small  # noqa: F401 - before any other part of the suite
from tests.simulation.plan import planned
from tests.simulation.planted import MUTANTS, by_name
from tests.simulation.run import origins, run

TABLE = Path("build/simulation/mutants.md")


class Caught(NamedTuple):
    """What came of one fault."""

    name: str
    seed: int
    """The first seed that found it; -1: none did."""
    broken: str
    others: int
    """Seeds before it at which another law was broken."""


def main() -> int:
    """Run the faults; answers 1 if one was not caught or a twin failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--only", default="", help="a part of the names to run")
    options = parser.parse_args()
    wanted = [each.name for each in MUTANTS if options.only in each.name]
    jobs = [(name, options.first, options.seeds) for name in wanted]
    context = multiprocessing.get_context("fork")  # each fault in a process of its own
    origins()
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    lines = ["| Fault | Law | Seed | Its twin |", "|---|---|---|---|"]
    missed = 0
    with (
        context.Pool(options.processes, maxtasksperchild=1) as pool,
        context.Pool(1) as twins,
    ):
        for caught in pool.imap_unordered(tried, jobs):
            mutant = by_name()[caught.name]
            twin = twins.apply(without, (caught.seed,)) if caught.seed >= 0 else ""
            missed += caught.seed < 0 or bool(twin)
            undone = f" (undoes {mutant.undone})" if mutant.undone else ""
            seed = str(caught.seed) if caught.seed >= 0 else f"none of {options.seeds}"
            verdict = twin or ("passes" if caught.seed >= 0 else "not run")
            line = f"| {caught.name}{undone} | {caught.broken} | {seed} | {verdict} |"
            print(line, flush=True)
            lines.append(line)
            TABLE.write_text("\n".join(lines) + "\n")
    print(f"{len(wanted)} faults, {missed} not caught or with a twin that fails")
    return 1 if missed else 0


def tried(job: tuple[str, int, int]) -> Caught:
    """Plant a fault in this process, and run seeds until one finds it."""
    name, first, count = job
    mutant = by_name()[name]
    mutant.plant()
    others = 0
    for seed in range(first, first + count):
        result = run(planned(seed))
        law = result.law
        if law in mutant.laws:
            return Caught(name, seed, result.broken[:120], others)
        if law:
            others += 1
    return Caught(name, -1, "", others)


def without(seed: int) -> str:
    """The law that a seed breaks without a fault; empty if it breaks none."""
    return run(planned(seed)).broken


if __name__ == "__main__":
    sys.exit(main())
