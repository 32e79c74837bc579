"""One nearest-place query, and the proof that its candidates contain the exact answer."""

from bisect import bisect_right
from math import inf, isfinite
from operator import itemgetter

import numpy as np

from geodata.distance import (
    GEOD,
    LONGEST_CHORD_M,
    Floats,
    chord_core_m,
    chord_reach_m,
    distances_m,
    ecef,
    widened_chord_m,
)
from geodata.nearest.places import Accept, Places, Rows, passing
from geodata.points import Point

Hit = tuple[int, float]
"""A row and its distance in metres."""

_SCALAR_PAIRS = 24
"""Up to about this many geodesics, single calls are faster than one array call."""


class Query:
    """The arguments of a query, and its bounds as chords.

    With `after`, hits start beyond `inner_m`, and only places beyond `counted_from_m` count
    towards the limit: places between the two may belong to the previous page.
    """

    __slots__ = (
        "accept", "after", "counted_from_m", "inner_m", "latitude", "limit", "longitude",
        "max_distance_m", "outer_m", "position", "xyz",
    )  # fmt: skip

    def __init__(
        self,
        point: Point,
        limit: int,
        max_distance_m: float | None = None,
        accept: Accept | None = None,
        after: tuple[float, str] | None = None,
    ) -> None:
        self.max_distance_m, self.outer_m = bounds_m(limit, max_distance_m)
        self.latitude = point.latitude
        self.longitude = point.longitude
        self.position = ecef(point.latitude, point.longitude)
        self.xyz: Floats = np.array(self.position)
        self.limit = limit
        self.accept = accept
        self.after = after
        self.inner_m = self.counted_from_m = -inf
        if after is not None:
            if not (isfinite(after[0]) and after[0] >= 0):
                raise ValueError(f"after must begin with a distance in metres, got {after[0]}")
            self.inner_m = chord_core_m(after[0])
            self.counted_from_m = chord_reach_m(after[0])

    def decide(
        self, places: Places, rows: Rows, chords: Floats, complete_m: float, error_m: float = 0.0
    ) -> list[Hit] | None:
        """Decide the hits from candidates that include every place within `complete_m`.

        The chords may be wrong by `error_m`, beyond the rounding that all bounds allow for.

        The k-th shortest chord among the accepted candidates gives an upper bound of the chord
        of any hit (`widened_chord_m`). If that bound is within `complete_m`, no other place can
        be a hit.

        Returns:
            The `limit` nearest accepted places by geodesic, then id (fewer if there are no
            more); None if a place outside the candidates might be a hit.
        """
        if self.accept is not None:
            accepted = passing(rows, self.accept)
            rows, chords = rows[accepted], chords[accepted]
        counted = chords if self.after is None else chords[chords > self.counted_from_m + error_m]
        bound_m = self.outer_m
        if len(counted) >= self.limit:
            kth = float(np.partition(counted, self.limit - 1)[self.limit - 1])
            bound_m = min(bound_m, widened_chord_m(kth + error_m))
        if bound_m > complete_m:
            return None
        within = chords <= bound_m + error_m
        if self.after is not None:
            within &= chords >= self.inner_m - error_m
        return self._rank(places, rows.take(within.nonzero()[0]))

    def _rank(self, places: Places, rows: Rows) -> list[Hit]:
        latitudes, longitudes = places.latitude.take(rows), places.longitude.take(rows)
        if len(rows) <= _SCALAR_PAIRS:
            inv, longitude, latitude = GEOD.inv, self.longitude, self.latitude
            distances = [
                inv(longitude, latitude, to_longitude, to_latitude)[2]
                for to_longitude, to_latitude in zip(
                    longitudes.tolist(), latitudes.tolist(), strict=True
                )
            ]
        else:
            distances = distances_m(self.latitude, self.longitude, latitudes, longitudes).tolist()
        numbers = rows.tolist()
        ranked = sorted(zip(distances, places.ids(numbers), numbers, strict=True))
        if self.after is not None:
            ranked = ranked[bisect_right(ranked, (*self.after, inf)) :]
        end = min(self.limit, bisect_right(ranked, self.max_distance_m, key=itemgetter(0)))
        return [(row, distance) for distance, _, row in ranked[:end]]


def bounds_m(limit: int, max_distance_m: float | None) -> tuple[float, float]:
    """The checked radius, and the chord that contains every place within it."""
    if limit < 1:
        raise ValueError(f"limit must be positive, got {limit}")
    if max_distance_m is None:
        return inf, LONGEST_CHORD_M
    if not max_distance_m >= 0:
        raise ValueError(f"max_distance_m must not be negative, got {max_distance_m}")
    return max_distance_m, chord_reach_m(max_distance_m)
