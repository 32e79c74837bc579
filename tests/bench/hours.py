"""P5: which of many stores are open, in process, with the hours of real shops."""

import datetime as dt
from collections.abc import Iterator
from time import process_time

import numpy as np

from geodata.importers import read
from geodata.samples import HELSINKI_STORES
from geodata.schedule import grammar, reading
from geodata.schedule.holiday_calendar import public_holidays
from geodata.schedule.open_states import OpenStates
from services.directory.imported_hours import (
    ImportedHours,
    imported_hours,
    imported_schedule,
    regular_hours,
)
from services.directory.messages.stores import store_message
from tests.bench.measure import Result, by_turns, medians, seconds_each
from tests.bench.places import SEED

STORES = 10_000
ZONE = "Europe/Helsinki"
MONDAY = dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC)
MINUTES = 720
"""Asked once for each minute of the day in which shops open and close."""


def measures(scale: float) -> Iterator[Result]:
    """Milliseconds of the first filter, and of one over all stores at once."""
    states = OpenStates()
    stores = [store_message(store) for store in read(HELSINKI_STORES, source="osm").stores]
    for store in stores:
        store.time_zone = ZONE
    count = max(len(stores), int(STORES * scale))
    _forget_texts()
    began_s = process_time()
    made: dict[ImportedHours, int] = {}
    for store in stores:
        hours = imported_hours(store)
        if hours not in made:
            made[hours] = states.add(imported_schedule(hours))
    states.open_at(np.array(list(made.values())), MONDAY)
    cold_ms = (process_time() - began_s) * 1000
    yield Result(
        "P5",
        f"ms of {len(set(made.values())):,} distinct schedules, from text to open or not",
        cold_ms,
        "<= 100",
        cold_ms <= 100,
        "parsing included",
    )
    distinct = np.array([made[imported_hours(store)] for store in stores])
    numbers = np.random.default_rng(SEED).choice(distinct, count)

    def ask(minute: int) -> object:
        return states.open_at(numbers, MONDAY + dt.timedelta(minutes=minute))

    minutes = max(10, int(MINUTES * scale))
    seconds_each(ask, minutes)
    readings = by_turns({"filter": lambda: seconds_each(ask, minutes, process_time)})
    each_ms = medians(readings)["filter"] * 1000
    yield Result(
        "P5",
        f"ms of an open-at filter over {count:,} stores",
        each_ms,
        "<= 1",
        each_ms <= 1,
        f"{each_ms * 1000:.0f} us",
        readings,
    )


def _forget_texts() -> None:
    """Forget the texts read before; the parser and the holidays, made once a process, are kept."""
    grammar.parse("Jan Su[1] 10:00+")
    public_holidays("FI")
    cached = (grammar.rules_if_any, reading.read, reading.understood)
    for function in (*cached, regular_hours, imported_schedule):
        function.cache_clear()
