"""P5: which of many stores are open, in process, with the hours of real shops."""

import datetime as dt
import gc
from collections.abc import Iterator
from time import process_time
from types import SimpleNamespace
from typing import Any

import numpy as np

from enrayon.stores.v1 import stores_pb2
from geodata.importers import read
from geodata.samples import HELSINKI_STORES
from geodata.schedule import grammar, reading
from geodata.schedule.holiday_calendar import public_holidays
from geodata.schedule.open_states import OpenStates
from services.directory.hours import HoursReplica
from services.directory.imported_hours import (
    ImportedHours,
    imported_hours,
    imported_schedule,
    regular_hours,
)
from services.directory.messages.stores import store_message
from services.directory.schedules import Schedules
from services.directory.stores import StoresReplica
from tests.bench.measure import Result, by_turns, medians, seconds_each
from tests.bench.places import SEED

STORES = 10_000
ZONE = "Europe/Helsinki"
MONDAY = dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC)
MINUTES = 720
"""Asked once for each minute of the day in which shops open and close."""
LOADED, TEXTS = 200_000, 50_000
ROUNDS = 3


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
    yield _loading(max(1000, int(LOADED * scale)), max(250, int(TEXTS * scale)))


def _loading(count: int, texts: int) -> Result:
    """Seconds that distinct texts add to the loading of stores."""
    mute = [_record(number, "") for number in range(count)]
    telling = [_record(number, _text(number % texts)) for number in range(count)]
    readings = by_turns(
        {"without texts": lambda: _loaded_s(mute), "with texts": lambda: _loaded_s(telling)}, ROUNDS
    )
    seconds = medians(readings)
    added_s = max(seconds["with texts"] - seconds["without texts"], 0.001)
    return Result(
        "P5",
        f"s that {texts:,} distinct texts add to the loading of {count:,} stores",
        added_s,
        "<= 2",
        added_s <= 2,
        f"{seconds['with texts']:.2f} s beside {seconds['without texts']:.2f} s",
        readings,
    )


def _record(number: int, text: str) -> tuple[str, bytes]:
    store = stores_pb2.Store(display_name="Shop", time_zone=ZONE, opening_hours_text=text)
    store.address.region_code = "FI"
    store.location.latitude, store.location.longitude = 60 + number % 1000 / 100, 20 + number / 1e5
    return f"shop-{number}", store.SerializeToString()


def _text(number: int) -> str:
    """Another text for each number below 62,208."""
    opens, closes, early = number % 36, number // 36 % 36, number // 1296
    return (
        f"Mo-Fr {6 + opens // 12:02}:{opens % 12 * 5:02}-{16 + closes // 12}:{closes % 12 * 5:02}; "
        f"Sa 10:00-{14 + early // 12:02}:{early % 12 * 5:02}; PH off"
    )


def _loaded_s(records: list[tuple[str, bytes]]) -> float:
    """Processor time from records in memory to schedules by number, as when a process starts."""
    gc.collect()
    began_s = process_time()
    stores, hours = map(_feed, (StoresReplica(records), HoursReplica()))
    Schedules(stores, hours).refresh()
    return process_time() - began_s


def _feed(replica: object) -> Any:
    """A feed of records that do not change."""
    return SimpleNamespace(replica=replica, listen=lambda _: None)


def _forget_texts() -> None:
    """Forget the texts read before; the parser and the holidays, made once a process, are kept."""
    grammar.parse("Jan Su[1] 10:00+")
    public_holidays("FI")
    cached = (grammar.rules_if_any, reading.read, reading.understood)
    for function in (*cached, regular_hours, imported_schedule):
        function.cache_clear()
    gc.collect()  # what was loaded before, which servers freeze, is not paid for here
