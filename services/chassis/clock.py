"""The clock, an argument of decisions; only this module reads the machine's.

A simulation sets `machine` to clocks of its own.
"""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], dt.datetime]
"""Returns the present instant, in UTC."""


@dataclass(frozen=True)
class Clocks:
    """The clocks of a machine, in seconds."""

    wall: Callable[[], float] = time.time
    """Since 1970; people and other programs may set it, also back."""
    steady: Callable[[], float] = time.monotonic
    """Since some moment; it never goes back."""
    processor: Callable[[], float] = time.thread_time
    """Processor time of this thread."""


machine = Clocks()
"""The clocks in use."""


def utc_now() -> dt.datetime:
    """The present instant by the machine's clock."""
    return dt.datetime.fromtimestamp(machine.wall(), dt.UTC)


def wall_s() -> float:
    """Seconds since 1970 by the machine's clock."""
    return machine.wall()


def steady_s() -> float:
    """Seconds since some moment, for durations."""
    return machine.steady()


def processor_s() -> float:
    """Seconds of processor time that this thread has had."""
    return machine.processor()
