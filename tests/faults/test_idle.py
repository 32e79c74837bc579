"""What an idle suite takes: all processes of `enrayon up --demo` together."""

import os
import statistics
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.suite import Suite, started

ROUNDS = 3
ROUND_S = 60.0
MOST = 2.0
"""Percent of a core: it was 5.2 while workers polled, 1.7 while they looked every two seconds."""
SETTLED_S = 30.0
"""After the start, when imports and first loads are done."""
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PARTS = ("valkey", "envoy", "work", "serve", "edge", "up")


def ticks_of(pid: int) -> int:
    """The processor time of a process, in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:13])


def name_of(command: str) -> str:
    """The part of the suite that a command runs."""
    return next(part for part in PARTS if part in command.rpartition("/")[2])


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_row_56_an_idle_suite_takes_little_of_a_core(tmp_path, figure):
    with started(Suite, tmp_path, "--demo") as suite:
        time.sleep(SETTLED_S)
        rounds = [one_round(suite) for _ in range(ROUNDS)]

    shares = [sum(used.values()) / TICKS_PER_S / ROUND_S * 100 for used in rounds]
    middle = {
        part: statistics.median(used[part] for used in rounds) / TICKS_PER_S / ROUND_S * 100
        for part in PARTS
    }
    told = ", ".join(f"{part} {share:.2f}" for part, share in middle.items())
    figure(
        56,
        f"idle demo, {ROUND_S:.0f} s each: {', '.join(f'{share:.2f} %' for share in shares)} of a"
        f" core, all processes summed (median: {told})",
    )
    # Not asserted: the goal of less than 1 %, which a busy machine hides.
    assert statistics.median(shares) < MOST, "as before workers waited for entries"


def one_round(suite: Suite) -> Counter[str]:
    """The ticks of each part in a round."""
    processes = suite.processes()
    before = {pid: ticks_of(pid) for pid in processes}
    time.sleep(ROUND_S)
    used: Counter[str] = Counter()
    for pid, command in processes.items():
        used[name_of(command)] += ticks_of(pid) - before[pid]
    return used
