"""The points that can be reached from a store within a travel time: in service areas and fences.

A point is decided by its own time on the network of roads. A fence beside it has cells of its
isochrone, which find it and spare most decisions.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import pi
from typing import NamedTuple

import numpy as np

from enrayon.type.v1 import travel_pb2
from geodata.distance import chord_reach_m, distance_m, ecef, ecef_many
from geodata.fences.grid import METRES_PER_RADIAN
from geodata.fences.shape import Bools, Cap, Floats
from geodata.points import Point
from geodata.roads import HIGHEST_SPEEDS, Mode
from geodata.roads.sketch import Sketch
from services.directory.journeys import MODES, seconds_of

ByRoad = Callable[[Mode, Sequence[Point], Point], Sequence[float | None]]
"""Seconds by road from each of some stores to a point; None where no way is known."""


def no_roads(mode: Mode, stores: Sequence[Point], destination: Point) -> Sequence[float | None]:
    """`ByRoad` without roads."""
    del mode, destination
    return [None] * len(stores)


class TravelArea(NamedTuple):
    """The points that can be reached from a store within a time."""

    mode: Mode
    limit_s: float
    store: Point

    @classmethod
    def of(cls, message: travel_pb2.TravelArea, store: Point) -> "TravelArea":
        """The area of a message around a store."""
        return cls(MODES[message.mode], seconds_of(message.max_travel_time), store)

    @property
    def reach_m(self) -> float:
        """No road leads farther in that time."""
        return self.limit_s * HIGHEST_SPEEDS[self.mode]


def contain(areas: Sequence[TravelArea], point: Point, by_road: ByRoad) -> list[int]:
    """The numbers of the areas that contain a point, each decided by the time to it."""
    by_mode: defaultdict[Mode, list[int]] = defaultdict(list)
    for number, area in enumerate(areas):
        if distance_m(area.store, point) <= area.reach_m:
            by_mode[area.mode].append(number)
    found: list[int] = []
    for mode, numbers in by_mode.items():
        times = by_road(mode, [areas[number].store for number in numbers], point)
        found += [
            number
            for number, seconds in zip(numbers, times, strict=True)
            if seconds is not None and seconds <= areas[number].limit_s
        ]
    return found


@dataclass(frozen=True)
class TravelFence:
    """The shape of a fence that is a travel area.

    Until it is sketched, which takes long, its cells are all that may be reached.
    """

    area: TravelArea
    by_road: ByRoad = field(compare=False)
    version: str
    """Of the network."""
    sketch: Sketch | None = field(default=None, compare=False)

    @property
    def bounds(self) -> Cap:
        """A cap that contains it."""
        return self.sketch.bounds if self.sketch else Cap(self.area.store, self.area.reach_m)

    @property
    def area_m2(self) -> float:
        """The area of the bounds."""
        return pi * self.bounds.radius_m**2

    @property
    def perimeter_m(self) -> float:
        """The perimeter of the bounds."""
        return 2 * pi * self.bounds.radius_m

    def contains(self, point: Point) -> bool:
        """True if the point is reached in time; decided by its own time."""
        return bool(contain([self.area], point, self.by_road))

    def contains_many(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """`contains` for arrays of positions in degrees."""
        points = map(Point, latitudes.tolist(), longitudes.tolist())
        return np.fromiter(map(self.contains, points), np.bool_, latitudes.size)

    def distance_to_edge_m(self, point: Point) -> float:
        """Metres to the line that is drawn, negative inside; 0 until it is sketched."""
        if self.sketch is None:
            return 0.0
        away = self.sketch.outline.distance_m(point)
        return -away if self.contains(point) else away

    def crosses(self, start: Point, end: Point) -> bool:
        """True if an end is inside, or the straight line between touches the drawn line."""
        return (
            self.contains(start)
            or self.contains(end)
            or (self.sketch is not None and self.sketch.outline.meets(start, end))
        )

    def touches_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """False only for caps that are farther than any road leads."""
        center = np.array(ecef(self.area.store.latitude, self.area.store.longitude))
        chords = np.linalg.norm(ecef_many(latitudes, longitudes) - center, axis=-1)
        touching: Bools = chords <= chord_reach_m(
            self.area.reach_m + radius_rad * METRES_PER_RADIAN
        )
        return touching

    def covers_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """False: each point is decided by its time."""
        del longitudes, radius_rad
        return np.zeros(latitudes.size, np.bool_)
