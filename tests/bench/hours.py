"""P5: which of many stores are open, in process, with the hours of real shops."""

import datetime as dt
from collections.abc import Iterator
from time import process_time

import numpy as np

from geodata.importers import read
from geodata.samples import HELSINKI_STORES
from geodata.schedule.open_states import OpenStates
from services.directory.imported_hours import imported_hours, imported_schedule
from services.directory.messages.stores import store_message
from tests.bench.measure import Result, by_turns, medians, seconds_each
from tests.bench.places import SEED

STORES = 10_000
ZONE = "Europe/Helsinki"
MONDAY = dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC)
MINUTES = 720
"""Asked once for each minute of the day in which shops open and close."""


def measures(scale: float) -> Iterator[Result]:
    """Milliseconds of one filter over all stores at once."""
    states = OpenStates()
    schedules = [
        imported_schedule(imported_hours(store_message(store))._replace(time_zone=ZONE))
        for store in read(HELSINKI_STORES, source="osm").stores
    ]
    count = max(len(schedules), int(STORES * scale))
    distinct = np.array([states.add(schedule) for schedule in schedules])
    numbers = np.random.default_rng(SEED).choice(distinct, count)

    def ask(minute: int) -> object:
        return states.open_at(numbers, MONDAY + dt.timedelta(minutes=minute))

    minutes = max(10, int(MINUTES * scale))
    cold_s = seconds_each(ask, 1, process_time)
    seconds_each(ask, minutes)
    readings = by_turns({"filter": lambda: seconds_each(ask, minutes, process_time)})
    each_ms = medians(readings)["filter"] * 1000
    yield Result(
        "P5",
        f"ms of an open-at filter over {count:,} stores",
        each_ms,
        "<= 1",
        each_ms <= 1,
        f"{each_ms * 1000:.0f} us; {len(set(distinct.tolist())):,} distinct schedules, "
        f"seen for the first time {cold_s * 1000:.0f} ms",
        readings,
    )
