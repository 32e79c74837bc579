"""P9: the shortest walk to the items of a list, proved, in a supermarket."""

import datetime as dt
import random
from collections.abc import Iterator
from time import process_time

from geodata.floorplans.placements import placements_in_force
from geodata.floorplans.shelves import Shelves
from geodata.samples.supermarket import helsinki_supermarket
from geodata.wayfinding.network import Network
from geodata.wayfinding.profiles import WALKING
from geodata.wayfinding.route import plan_route
from geodata.wayfinding.shopping import Item
from tests.bench.measure import Result, by_turns, medians, seconds_each
from tests.bench.places import SEED

STOPS = 12
LISTS = 40
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def measures(scale: float) -> Iterator[Result]:
    """Milliseconds of one list."""
    plan, placements = helsinki_supermarket("stores/demo")
    network = Network(plan, WALKING, NOON)
    shelves = Shelves(plan)
    shelved = placements_in_force([], placements, NOON)
    rng = random.Random(SEED)
    lists: list[list[Item]] = []
    while len(lists) < max(2, int(LISTS * scale)):
        items = [Item(sku=sku) for sku in rng.sample(sorted(shelved), STOPS)]
        route = plan_route(network, items, shelved, shelves=shelves)
        if len(route.stops) == STOPS:  # two items may stand at one place
            assert route.length_m == route.lower_bound_m
            lists.append(items)

    def walk(number: int) -> object:
        return plan_route(network, lists[number], shelved, shelves=shelves)

    readings = by_turns({"list": lambda: seconds_each(walk, len(lists), process_time)})
    each_ms = medians(readings)["list"] * 1000
    title = f"ms of a list's route, {STOPS} stops, proved shortest"
    yield Result("P9", title, each_ms, "<= 8", each_ms <= 8, f"{each_ms:.2f} ms", readings)
