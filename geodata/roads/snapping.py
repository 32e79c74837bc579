"""Finds the edge nearest to a point.

Distances are measured on the plane that touches the ellipsoid at the point: a degree of latitude
and of longitude have the lengths that they have there. Within `SNAP_LIMIT_M` that differs from
the geodesic by less than 0.03 % below 60 degrees of latitude, so the choice between two edges
could differ only where they are as good as equally far.

Edges lie in a grid. A square holds the segments that cross it, so that all segments within a
radius are in the squares that the radius reaches. Nothing snaps across the antimeridian.
"""

import copy
from dataclasses import dataclass
from math import cos, floor, radians

import numpy as np
from numpy.typing import NDArray

from geodata.distance import GEOD

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SNAP_LIMIT_M = 1_000.0
"""The network does not reach a point that is farther from all edges."""

JUNCTION_M = 0.5
"""A place on an edge nearer to its end is at the junction, and so on all edges there: what was
meant to be a junction is often some millimetres off it, on a one-way road."""

_RADII_M = (50.0, 80.0, 130.0, 210.0, 340.0, 550.0, 800.0, SNAP_LIMIT_M)
"""Radii in which a point looks in turn. They grow slowly, so that a point far from a town does
not meet all of it."""
_AT_ONCE = 2048
_SQUARE_M = 60.0
_SHORTEST_DEGREE_M = 110_500.0
"""Below the length of a degree of latitude anywhere, and of longitude at the equator."""
_HIGHEST_LATITUDE = 89.0


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes of all edges. A segment has the number of the shape point at which it begins."""

    latitudes: Floats
    longitudes: Floats
    edges: Ints
    """The edge of each shape point."""
    shares: Floats
    """The share of the edge's length before each shape point: 0 at its begin, 1 at its end."""
    lengths_m: Floats
    """By edge."""

    @classmethod
    def of(cls, latitudes: Floats, longitudes: Floats, starts: Ints) -> "Shapes":
        """Shapes of edges; edge e has the points from `starts[e]` to before `starts[e + 1]`."""
        edges = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        middle = (latitudes[1:] + latitudes[:-1]) / 2
        per_latitude, per_longitude = metres_per_degree(middle)
        steps = np.hypot(
            np.diff(latitudes) * per_latitude, wrapped(np.diff(longitudes)) * per_longitude
        )
        steps[np.diff(edges) != 0] = 0
        sums = np.concatenate(([0.0], np.cumsum(steps)))
        begins, ends = sums[starts[:-1]], sums[starts[1:] - 1]
        lengths = np.where(ends > begins, ends - begins, 1.0)
        shares = (sums - begins[edges]) / lengths[edges]
        shares[starts[:-1]], shares[starts[1:] - 1] = 0.0, 1.0
        return cls(latitudes, longitudes, edges, np.clip(shares, 0, 1), ends - begins)

    def at_junctions(self, edges: Ints, shares: Floats) -> tuple[NDArray[np.bool_], ...]:
        """Whether places are at the begin of their edge, and whether at its end."""
        before, after = shares * self.lengths_m[edges], (1 - shares) * self.lengths_m[edges]
        at_begin = (before <= JUNCTION_M) & (before <= after)
        return at_begin, (after <= JUNCTION_M) & ~at_begin


@dataclass(frozen=True, slots=True)
class Feet:
    """For each of some points, the nearest place on a segment."""

    points: Ints
    """Numbers of the points that have one, ascending."""
    segments: Ints
    steps: Floats
    """Place on the segment, from 0 at its begin to 1 at its end."""
    distances_m: Floats


class SegmentIndex:
    """The segments of edges."""

    def __init__(self, shapes: Shapes) -> None:
        """The index of all edges; `of_edges` leaves those that a mode may use."""
        self._shapes = shapes
        begins = np.flatnonzero(shapes.edges[1:] == shapes.edges[:-1])
        self._south = float(shapes.latitudes[begins].min(initial=90.0))
        self._west = float(shapes.longitudes[begins].min(initial=180.0))
        north = float(shapes.latitudes[begins + 1].max(initial=self._south))
        middle = np.radians(min(abs(self._south + north) / 2, _HIGHEST_LATITUDE))
        self._height = _SQUARE_M / _SHORTEST_DEGREE_M
        self._width = self._height / float(np.cos(middle))
        self._columns = int(360 / self._width) + 2
        self._squares, self.segments = self._laid(begins)

    def of_edges(self, is_usable: NDArray[np.bool_]) -> "SegmentIndex":
        """The index of some edges alone; laying out all of them anew takes much longer."""
        some = copy.copy(self)
        is_kept = is_usable[self._shapes.edges[self.segments]]
        some._squares, some.segments = self._squares[is_kept], self.segments[is_kept]
        return some

    def _laid(self, begins: Ints) -> tuple[Ints, Ints]:
        """Squares in ascending order, each with a segment that crosses it.

        A segment is cut into pieces that are no longer than a square, so the corners of the box
        of a piece lie in all the squares that the piece crosses.
        """
        lat, lon = self._shapes.latitudes, self._shapes.longitudes
        spans = np.maximum(
            np.abs(lat[begins + 1] - lat[begins]) / self._height,
            np.abs(lon[begins + 1] - lon[begins]) / self._width,
        )
        pieces = np.maximum(np.ceil(spans), 1).astype(np.int64)
        owner = np.repeat(np.arange(len(begins)), pieces)
        nth = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        corners = []
        for offset in (0, 1):
            share = (nth + offset) / pieces[owner]
            first = begins[owner]
            corners.append(
                (
                    self._row(lat[first] + share * (lat[first + 1] - lat[first])),
                    self._column(lon[first] + share * (lon[first + 1] - lon[first])),
                )
            )
        keys = [row * self._columns + column for row, _ in corners for _, column in corners]
        # One number for a square and a segment: below 2**63 for 40 million segments.
        count = len(lat)
        pairs = np.concatenate(keys) * count + np.tile(begins[owner], len(keys))
        pairs.sort()  # quicker than `np.unique`, which hashes
        pairs = pairs[np.diff(pairs, prepend=-1) != 0]
        return pairs // count, pairs % count

    def _row(self, latitudes: Floats) -> Ints:
        return np.floor((latitudes - self._south) / self._height).astype(np.int64)

    def _column(self, longitudes: Floats) -> Ints:
        return np.floor((longitudes - self._west) / self._width).astype(np.int64)

    def around(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> tuple[Ints, Ints]:
        """Pairs of a point and a segment, with all segments within the radius of each point, and
        some beyond; points ascend."""
        high = radii_m / _SHORTEST_DEGREE_M
        edge = np.minimum(np.abs(latitudes) + high, _HIGHEST_LATITUDE)
        wide = high / np.cos(np.radians(edge))
        first_row, last_row = self._row(latitudes - high), self._row(latitudes + high)
        west = np.maximum(self._column(longitudes - wide), 0)
        east = np.minimum(self._column(longitudes + wide), self._columns - 1)
        first_row = np.maximum(first_row, 0)
        rows = np.where(west <= east, np.maximum(last_row - first_row + 1, 0), 0)
        points, nth = _repeated(rows)
        row = first_row[points] + nth
        low = np.searchsorted(self._squares, row * self._columns + west[points], "left")
        past = np.searchsorted(self._squares, row * self._columns + east[points], "right")
        of_row, nth = _repeated(past - low)
        return points[of_row], self.segments[low[of_row] + nth]

    def feet(
        self, latitudes: Floats, longitudes: Floats, pairs: tuple[Ints, Ints]
    ) -> tuple[Floats, Floats]:
        """For each pair, the place on the segment nearest to the point, and metres to it."""
        points, segments = pairs
        up, right = metres_per_degree(latitudes)
        return self._feet(
            latitudes[points], longitudes[points], up[points], right[points], segments
        )

    def _feet(
        self,
        latitudes: Floats | float,
        longitudes: Floats | float,
        up: Floats | float,
        right: Floats | float,
        segments: Ints,
    ) -> tuple[Floats, Floats]:
        lat, lon = self._shapes.latitudes, self._shapes.longitudes
        from_y = (lat[segments] - latitudes) * up
        from_x = (lon[segments] - longitudes) * right
        to_y = (lat[segments + 1] - latitudes) * up
        to_x = (lon[segments + 1] - longitudes) * right
        along_y, along_x = to_y - from_y, to_x - from_x
        squared = along_x**2 + along_y**2
        steps = -(from_x * along_x + from_y * along_y) / np.where(squared > 0, squared, 1.0)
        steps = np.clip(steps, 0.0, 1.0)
        x = np.where(steps == 1, to_x, from_x + steps * along_x)
        y = np.where(steps == 1, to_y, from_y + steps * along_y)
        return steps, np.hypot(x, y)

    def nearest_one(self, latitude: float, longitude: float) -> tuple[int, float] | None:
        """`nearest` of one point, without the cost of arrays: its segment and step."""
        up, right = (each.item() for each in metres_per_degree(np.array([latitude])))
        for radius in _RADII_M:
            high = radius / _SHORTEST_DEGREE_M
            wide = high / cos(radians(min(abs(latitude) + high, _HIGHEST_LATITUDE)))
            first = max(floor((latitude - high - self._south) / self._height), 0)
            last = floor((latitude + high - self._south) / self._height)
            west = max(floor((longitude - wide - self._west) / self._width), 0)
            east = floor((longitude + wide - self._west) / self._width)
            if last < first or east < west:
                continue
            rows = np.arange(first, last + 1) * self._columns
            low = self._squares.searchsorted(rows + west).tolist()
            past = self._squares.searchsorted(
                rows + min(east, self._columns - 1), side="right"
            ).tolist()
            parts = [self.segments[a:b] for a, b in zip(low, past, strict=True)]
            segments = np.concatenate(parts)
            if not segments.size:
                continue
            steps, distances = self._feet(latitude, longitude, up, right, segments)
            nearest = distances.min()
            if nearest <= radius:
                ties = np.flatnonzero(distances == nearest)
                best = ties[segments[ties].argmin()]
                return int(segments[best]), float(steps[best])
        return None

    def nearest(self, latitudes: Floats, longitudes: Floats) -> Feet:
        """The nearest place of each point within `SNAP_LIMIT_M`; ties by segment."""
        found: list[tuple[Ints, Ints, Floats, Floats]] = []
        left = np.arange(len(latitudes))
        for radius in _RADII_M:
            missed = []
            for start in range(0, len(left), _AT_ONCE):
                chunk = left[start : start + _AT_ONCE]
                best = self._nearest_within(latitudes[chunk], longitudes[chunk], radius)
                found.append((chunk[best[0]], *best[1:]))
                missed.append(np.delete(chunk, best[0]))
            left = np.concatenate(missed) if missed else left[:0]
        columns = [np.concatenate([part[i] for part in found]) for i in range(4)] if found else []
        if not columns:
            empty = np.empty(0)
            return Feet(empty.astype(np.int64), empty.astype(np.int64), empty, empty)
        order = np.argsort(columns[0])
        points, segments, steps, distances = (column[order] for column in columns)
        return Feet(points, segments, steps, distances)

    def _nearest_within(
        self, latitudes: Floats, longitudes: Floats, radius_m: float
    ) -> tuple[Ints, Ints, Floats, Floats]:
        pairs = self.around(latitudes, longitudes, np.full(len(latitudes), radius_m))
        steps, distances = self.feet(latitudes, longitudes, pairs)
        near = np.flatnonzero(distances <= radius_m)
        points, segments = pairs[0][near], pairs[1][near]
        steps, distances = steps[near], distances[near]
        order = np.lexsort((segments, distances, points))
        first = order[np.flatnonzero(np.diff(points[order], prepend=-1))]
        return points[first], segments[first], steps[first], distances[first]


def metres_per_degree(latitudes: Floats) -> tuple[Floats, Floats]:
    """Lengths of a degree of latitude and of longitude on the ellipsoid."""
    phi = np.radians(latitudes)
    curved = 1 - GEOD.es * np.sin(phi) ** 2
    meridian = GEOD.a * (1 - GEOD.es) / curved**1.5
    across = GEOD.a / np.sqrt(curved) * np.cos(phi)
    return np.radians(meridian), np.radians(across)


def wrapped(degrees: Floats) -> Floats:
    """Differences of longitude in [-180, 180)."""
    turned: Floats = (degrees + 180) % 360 - 180
    return turned


def _repeated(counts: Ints) -> tuple[Ints, Ints]:
    """The index of each of `counts` things as often as its count, and 0, 1, ... within each."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
