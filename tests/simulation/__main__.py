"""Runs seeds: `python -m tests.simulation --seeds 1000`, or one of them again by `--seed 42`."""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tests.simulation.small  # noqa: F401 - before any other part of the suite
from tests.simulation.coverage import lacking, told
from tests.simulation.database import shim
from tests.simulation.plan import planned
from tests.simulation.run import Result, compiled_in, origins, run
from tests.simulation.shrink import shrunk
from tests.simulation.trace import Trace

FOLDER = Path("build/simulation")
ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run what the arguments say; answers 1 if a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds to run")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--resume", action="store_true", help="leave out those that are done")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, help="run this seed alone")
    parser.add_argument("--only", help="numbers of the steps to keep, joined by commas")
    parser.add_argument("--shrink", action="store_true", help="look for fewer steps that fail")
    parser.add_argument("--trace", type=Path, help="file to write the trace of the seed to")
    parser.add_argument("--twice", action="store_true", help="run the seeds again, elsewhere")
    options = parser.parse_args()
    if options.twice:
        return twice(options)
    if options.seed is not None:
        return one(options)
    return swarm(options)


def one(options: argparse.Namespace) -> int:
    """Run one seed again."""
    plan = planned(options.seed)
    if options.only:
        plan = plan.only([int(number) for number in options.only.split(",")])
    if options.shrink:
        plan = shrunk(plan)
        print("steps:", ",".join(str(step.number) for step in plan.steps))
        for step in plan.steps:
            print(f"  {step.number:4} at {step.at_s:8.3f} s  {step.kind}")
    trace = Trace(is_kept=options.trace is not None)
    result = run(plan, trace=trace)
    if options.trace:
        options.trace.write_text("\n".join(trace.lines or ()))
    print(f"trace {result.digest}")
    print(result.broken or "no law was broken")
    return 1 if result.broken else 0


def swarm(options: argparse.Namespace) -> int:
    """Run many seeds, each once, and tell what they cover."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / "done.jsonl"
    if not options.resume:
        file.unlink(missing_ok=True)
    known = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    seeds = sorted(
        {*range(options.first, options.first + options.seeds)} - {row["seed"] for row in known}
    )
    began_s = time.monotonic()
    with file.open("a") as log:
        for result in results(seeds, options.processes):
            row = {**vars(result), "counts": dict(result.counts)}
            known.append(row)
            log.write(json.dumps(row) + "\n")
            log.flush()
            if result.broken:
                print(f"seed {result.seed} broke {result.broken}")
                print(f"  again: {command(result.seed)}", flush=True)
    tell(known, time.monotonic() - began_s)
    return 1 if any(row["broken"] for row in known) else 0


def twice(options: argparse.Namespace) -> int:
    """Run seeds in two fresh processes with other folders and hash seeds; answers 1 on a change."""
    digests = []
    for hash_seed in ("1", "4711"):
        with tempfile.TemporaryDirectory(prefix=f"simulation-{hash_seed}-") as folder:
            words = ["--seeds", str(options.seeds), "--first", str(options.first)]
            words += ["--processes", str(options.processes)]
            environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
            paths = (ROOT, ROOT / "protos" / "gen")
            environment["PYTHONPATH"] = os.pathsep.join(map(str, paths))
            subprocess.run(
                [sys.executable, "-m", "tests.simulation", *words],
                cwd=folder,
                env=environment,
                stdout=subprocess.DEVNULL,
                check=False,
            )
            lines = (Path(folder) / FOLDER / "done.jsonl").read_text().splitlines()
            rows = map(json.loads, lines)
            digests.append({row["seed"]: row["digest"] for row in rows})
    first, second = digests
    others = sorted(
        seed for seed in first.keys() | second.keys() if first.get(seed) != second.get(seed)
    )
    print(f"{len(first)} seeds twice: {len(others)} traces differ {others or ''}")
    return 1 if others else 0


def results(seeds: list[int], processes: int) -> Iterator[Result]:
    """The results of seeds, as they come."""
    context = multiprocessing.get_context("fork")
    origins()
    shim(compiled_in())
    with context.Pool(processes, maxtasksperchild=50) as pool:
        yield from pool.imap_unordered(by_seed, seeds)


def by_seed(seed: int) -> Result:
    """Run a seed in this process."""
    return run(planned(seed))


def command(seed: int) -> str:
    """The command that runs a seed again, and looks for its shortest form."""
    return f"{Path(sys.executable).name} -m tests.simulation --seed {seed} --shrink"


def tell(rows: list[dict[str, Any]], seconds: float) -> None:
    """Print what the runs covered."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(row["counts"])
    days = sum(float(row["simulated_s"]) for row in rows) / 86_400
    broken = sum(bool(row["broken"]) for row in rows)
    commands = sum(int(row["commands"]) for row in rows)
    print(
        f"{len(rows)} seeds, {broken} broke a law; {days:.1f} days of shop life, "
        f"{commands:,} commands of the database, in {seconds:.0f} s"
    )
    for line in told(counts):
        print(line)
    missing = lacking(counts)
    print(f"{len(missing)} counts are below their least")
    for line in missing:
        print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main())
