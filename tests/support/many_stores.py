"""Makes a file of many stores: `python -m tests.support.many_stores COUNT FILE [SEED]`.

The towns are those of `../shared/data/world_places.csv.gz`, the hours those of `hours_strings`.
Stores beyond the number of towns stand in the same towns again, moved apart at random.
"""

import csv
import gzip
import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import SHARED_DATA

SEED = 20261130
LEAST_BYTES = 1200
"""Each row has at least so many bytes."""
MOST_MOVED_M = 3000
DEGREE_M = 111_320
TOWNS, HOURS = (SHARED_DATA / f"{name}.csv.gz" for name in ("world_places", "hours_strings"))


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


COLUMNS = words(
    """
    id name brand housenumber street address2 city country phone website opening_hours lat lon
    timezone gln google_place_id osm_id attributes
    """
)
_FIRST = words("Alba Borea Cedar Delta Ember Fjord Garda Helix Iris Juno Kivi Luna Mira Nova")
_LAST = words("Market Foods Books Garden Home Pharmacy Sports Optics Bakery Shoes Electronics")
_STREETS = words("Station Market Church Mill School Harbour Castle Bridge Park King Queen")
_PLACES = ("car park", "square", "bus stop", "town hall", "shopping centre")
_SERVICES = [
    f"enrayon.service.{thing}_{act}"
    for thing in words("parcel bicycle phone watch key photo gift tyre glasses garment shoe")
    for act in words("repair pickup rental return cleaning advice delivery installation order")
]


def rows(count: int, seed: int = SEED) -> Iterator[list[str]]:
    """The rows of stores, in the order of `COLUMNS`; the same for the same seed.

    Raises:
        FileNotFoundError: `../shared/data` is not there.
    """
    draw = random.Random(seed)
    towns, hours = _read(TOWNS), _read(HOURS)
    texts = [row["opening_hours"] for row in hours]
    weights = [int(row["occurrences"]) for row in hours]
    for number in range(count):
        town = towns[number % len(towns)]
        latitude, longitude = float(town["lat"]), float(town["lon"])
        if number >= len(towns):
            angle, moved_m = draw.uniform(0, 2 * math.pi), draw.uniform(50, MOST_MOVED_M)
            latitude += math.cos(angle) * moved_m / DEGREE_M
            longitude += math.sin(angle) * moved_m / DEGREE_M / math.cos(math.radians(latitude))
        [text] = draw.choices(texts, weights)
        yield _row(draw, number, town, (latitude, longitude), text)


def write(path: Path, count: int, seed: int = SEED) -> None:
    """Write the stores as CSV, compressed if the name ends with `.gz`."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows(count, seed))


def _row(
    draw: random.Random, number: int, town: dict[str, str], point: tuple[float, float], text: str
) -> list[str]:
    brand = f"{draw.choice(_FIRST)} {draw.choice(_LAST)}"
    street = f"{draw.choice(_STREETS)} Street"
    slug = f"{brand} {town['geonameid']} {number}".lower().replace(" ", "-")
    row = [
        f"m{number}",
        f"{brand} {town['name']}",
        brand,
        str(draw.randint(1, 400)),
        street,
        f"Beside the {draw.choice(_PLACES)}, entrance {draw.randint(1, 9)}, ground floor",
        town["name"],
        town["country"],
        f"+{draw.randint(1, 99)} {draw.randint(10, 999)} {draw.randint(1000000, 9999999)}",
        f"https://www.{brand.lower().replace(' ', '-')}.example/stores/{slug}?from=locator",
        text,
        f"{point[0]:.6f}",
        f"{point[1]:.6f}",
        town["timezone"],
        f"{draw.randrange(10**13):013}",
        f"ChIJ{draw.getrandbits(96):024x}",
        f"node/{draw.randrange(10**10)}",
    ]
    needed = LEAST_BYTES - sum(len(value.encode()) + 1 for value in row)
    services = draw.sample(_SERVICES, min(len(_SERVICES), needed // 25 + 8))
    return [*row, "|".join(sorted(services))]


def _read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    if not TOWNS.exists():
        sys.exit(f"skipped: {TOWNS} is not there")
    write(Path(sys.argv[2]), int(sys.argv[1]), int(sys.argv[3]) if len(sys.argv) > 3 else SEED)
