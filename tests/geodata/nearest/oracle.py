"""The brute-force oracle of nearest-place search (all distances by pyproj), and test places."""

import random
from collections.abc import Callable, Mapping

import pyproj

from geodata.nearest import NearestIndex
from geodata.points import Point

WGS84 = pyproj.Geod(ellps="WGS84")

Answer = list[tuple[str, float]]


class BruteForce:
    """Places by id, ranked by measuring and sorting all of them."""

    def __init__(self, places: Mapping[str, Point]) -> None:
        self.places = dict(places)

    def ranked(self, point: Point) -> Answer:
        """All places with their distance in metres, ordered by distance, then id."""
        count = len(self.places)
        if count == 0:
            return []
        distances = WGS84.inv(
            [point.longitude] * count,
            [point.latitude] * count,
            [place.longitude for place in self.places.values()],
            [place.latitude for place in self.places.values()],
        )[2]
        ranked = sorted(zip(distances, self.places, strict=True))
        return [(id, distance) for distance, id in ranked]

    def nearest(
        self,
        point: Point,
        limit: int,
        max_distance_m: float = float("inf"),
        accept: Callable[[str], bool] = lambda _: True,
        after: tuple[float, str] = (-1.0, ""),
    ) -> Answer:
        """The hits that the index must return, by definition."""
        return [
            (id, distance)
            for id, distance in self.ranked(point)
            if distance <= max_distance_m and accept(id) and (distance, id) > after
        ][:limit]


def index_of(places: Mapping[str, Point]) -> NearestIndex:
    """The index of places, built at once."""
    return NearestIndex.build(
        list(places),
        [place.latitude for place in places.values()],
        [place.longitude for place in places.values()],
    )


def named(index: NearestIndex, hits: list[tuple[int, float]]) -> Answer:
    """Hits with ids instead of rows."""
    return [(index.id(row), distance) for row, distance in hits]


TOWNS = [
    Point(60.17, 24.94),  # Helsinki
    Point(48.86, 2.35),  # Paris
    Point(-17.71, 178.07),  # Viti Levu, beside the antimeridian
    Point(-16.80, -179.97),  # Taveuni, on its other side
    Point(78.22, 15.64),  # Longyearbyen
    Point(-89.99, 140.0),  # the South Pole
    Point(64.70, 10.54),  # inside a pentagon cell of H3, off Norway
]


def scattered(count: int, seed: int) -> dict[str, Point]:
    """Places around a few towns at all scales, many of them at the same point."""
    rng = random.Random(seed)
    places = {}
    for number in range(count):
        town = rng.choice(TOWNS)
        spread = rng.choice([0, 0.001, 0.05, 1, 10])
        places[f"p-{number:05}"] = moved(town, spread * rng.gauss(0, 1), spread * rng.gauss(0, 1))
    return places


def moved(point: Point, north: float, east: float) -> Point:
    """A point moved by degrees: longitudes wrap at the antimeridian, latitudes stop at a pole."""
    longitude = point.longitude + east
    if abs(longitude) > 180:
        longitude = (longitude + 180) % 360 - 180
    return Point(max(-90.0, min(90.0, point.latitude + north)), longitude)
