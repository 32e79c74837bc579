"""Counts uses of real clocks and real chance while a seed runs: there must be none.

`python -m tests.simulation.sources --seed 1` runs a seed under a profiler that sees each call of a
function in C, also those of libraries.
"""

import argparse
import datetime as dt
import os
import sys
import time
import uuid
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import tests.simulation.small  # noqa: F401 - before any other part of the suite
from tests.simulation.plan import planned
from tests.simulation.run import origins, run

CLOCKS = {
    time.time,
    time.time_ns,
    time.monotonic,
    time.monotonic_ns,
    time.perf_counter,
    time.perf_counter_ns,
    time.process_time,
    time.thread_time,
    time.gmtime,
    time.localtime,
    os.urandom,
    uuid.uuid1,
}
NOW = {"now", "utcnow", "today"}
HARMLESS = {
    "prometheus_client": "dates of metrics, which nothing reads in a run",
    "redis/asyncio": "durations in metrics of the library, which are off",
    "httpx": "the duration that a response carries, which nothing reads",
    "http/cookiejar.py": "the age of cookies, which no endpoint of a run sets",
    "structlog": "dates of log lines, which go nowhere",
    "subprocess.py": "the start of the database, while the time of the run stands",
    "tempfile.py": "the folder of the run",
    "tests/simulation/database.py": "the wait for the database, while the time of the run stands",
    "random.py": "the seed of a generator that is seeded again at once",
}
"""Parts of the paths of callers that may use them, and why."""


def main() -> int:
    """Run a seed; answers 1 if something used the machine's clock or chance."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.sources", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    found = uses(parser.parse_args().seed)
    for (path, name), count in found.most_common():
        print(f"{count:6} {name} in {path}")
    print(f"{sum(found.values())} uses of real clocks or chance")
    return 1 if found else 0


def uses(seed: int) -> Counter[tuple[str, str]]:
    """File and function of each use, with its number."""
    found: Counter[tuple[str, str]] = Counter()
    origins()

    def see(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and is_real(called):
            path = Path(frame.f_code.co_filename).as_posix()
            if not any(part in path for part in HARMLESS):
                found[path, called.__name__] += 1

    sys.setprofile(see)
    try:
        result = run(planned(seed))
    finally:
        sys.setprofile(None)
    assert not result.broken, result.broken
    return found


def is_real(called: Any) -> bool:
    """True for a function that reads a clock or the chance of the machine."""
    try:
        if called in CLOCKS:
            return True
    except TypeError:
        return False
    owner = getattr(called, "__self__", None)
    is_date = isinstance(owner, type) and issubclass(owner, dt.date)
    return is_date and called.__name__ in NOW


if __name__ == "__main__":
    sys.exit(main())
