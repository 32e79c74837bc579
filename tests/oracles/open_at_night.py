"""List the stores of real feeds that are OPEN between 02:00 and 04:00 local time, by their text.

`python -m tests.oracles.open_at_night FOLDER` imports every feed of stores in a folder, and prints
for each the texts that are OPEN then on any day of two weeks, holidays aside, for people to judge:
a store must not be open at night unless its text says so for certain.
"""

import datetime as dt
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from geodata.importers import ImporterError, read
from geodata.importers.hours import from_text
from geodata.schedule.expression import Expression
from geodata.schedule.states import State

FEEDS = (
    "stores_us.csv.gz",
    "stores_us_previous.csv.gz",
    "stores_us_ca_starbucks.csv.gz",
    "stores_world_starbucks.csv.gz",
    "fr_fuel_stations.csv.gz",
    "fr_charging_stations.csv.gz",
    "fr_public_services.csv.gz",
    "store_footprints_paris.geojson.gz",
    "indoor_mall_grandplace.geojson.gz",
)
FIRST = dt.date(2026, 11, 23)
FROM_MIN, TO_MIN = 2 * 60, 4 * 60


class Night(NamedTuple):
    """The stores of a feed that are open at night."""

    stores: int
    """All of the feed."""
    texts: Counter[tuple[str, str]]
    """How many stores have a text, with what was read in it."""


def open_at_night(path: Path) -> Night:
    """The stores of a feed that are open at night.

    Raises:
        ImporterError: the file is no feed of stores.
    """
    source = None if path.name.startswith("fr_fuel") else "feed"
    stores = read(path, source=source).stores
    texts: Counter[tuple[str, str]] = Counter()
    for store in stores:
        given = store.opening_hours
        texts[given, store.opening_hours_expression or from_text(given).expression] += 1
    open_ones = {key: count for key, count in texts.items() if key[1] and opens_at_night(key[1])}
    return Night(len(stores), Counter(open_ones))


def opens_at_night(expression: str) -> bool:
    """Whether an expression is OPEN at some minute of some night of two weeks."""
    hours = Expression(expression, "UTC")
    return any(
        span.state is State.OPEN and span.start_min < TO_MIN and FROM_MIN < span.end_min
        for day in range(14)
        for span in hours.plain_day(FIRST + dt.timedelta(day))
    )


def main() -> None:
    """Print the report."""
    for name in FEEDS:
        path = Path(sys.argv[1]) / name
        try:
            night = open_at_night(path)
        except ImporterError as error:
            print(f"{name}: {error}")
            continue
        count = night.texts.total()
        print(f"{name}: {count:,} of {night.stores:,} stores, {len(night.texts):,} texts")
        for (given, expression), stores in night.texts.most_common():
            print(f"  {stores:6,}  {given}")
            if expression != given:
                print(f"          read as {expression}")


if __name__ == "__main__":
    main()
