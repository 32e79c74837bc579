"""What a measure is: two things done by turns in one run, and the ratio of their medians."""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

ROUNDS = 5
SHORTEST_S = 1.0


@dataclass(frozen=True)
class Result:
    """A measure beside its reference."""

    id: str
    """As the targets are numbered: `P1`."""
    title: str
    ratio: float | None
    """Of the medians; None when the measure could not be made."""
    target: str
    reached: bool | None
    detail: str = ""
    """The two medians with their units, or why there is no ratio."""
    rounds: dict[str, list[float]] = field(default_factory=dict)
    """Every single reading, by what was measured."""
    held_by: str = ""
    """What holds it where the target is not reached."""


def skipped(id: str, title: str, target: str, why: str) -> Result:
    """A measure that cannot be made here."""
    return Result(id, title, None, target, None, why)


def by_turns(
    acts: dict[str, Callable[[], float]], rounds: int | None = None
) -> dict[str, list[float]]:
    """Call each act in each round, so that what else the machine does falls on all alike."""
    readings: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds or ROUNDS):
        for name, act in acts.items():
            readings[name].append(act())
    return readings


def medians(readings: dict[str, list[float]]) -> dict[str, float]:
    """The median reading of each."""
    return {name: statistics.median(values) for name, values in readings.items()}


def spread(values: Iterable[float]) -> float:
    """Half the range of the readings over their median."""
    kept = list(values)
    return (max(kept) - min(kept)) / 2 / statistics.median(kept)


def seconds_each(
    act: Callable[[int], object], count: int, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Seconds that one of `count` calls takes.

    What happens in this process alone is better read from its processor's clock,
    `time.process_time`, which leaves out what else the machine does.
    """
    began = clock()
    for number in range(count):
        act(number)
    return (clock() - began) / count


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, by its clock (clock_getcpuclockid(3), on Linux)."""
    return time.clock_gettime(~pid << 3 | 2)
