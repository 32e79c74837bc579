"""Fences in columns, to test many pairs of a position and a fence at once.

A fence has a slot: its index in the arrays. Circles are tested by chords, and by geodesics
between the chord bounds. Plain polygons (away from the antimeridian and the poles) are tested
pair by pair in one call of shapely. Other fences are tested by their own methods.
"""

from math import inf

import numpy as np
import shapely

from geodata.distance import SLACK_M, chord_core_m, chord_reach_m, ecef
from geodata.fences.circle import Circle
from geodata.fences.multipolygon import MultiPolygon
from geodata.fences.pieces import sags_m
from geodata.fences.positions import Positions, Segments
from geodata.fences.shape import Bools, Numbers, Shape

_FREE, _CIRCLE, _PLAIN_POLYGON, _OTHER = range(4)
_COLUMNS = ("ids", "shapes", "centers", "radii_m", "_kinds", "_flats", "_reach_m", "_core_m")


class Columns:
    """Ids, shapes and bounds of fences by slot; a freed slot is reused."""

    def __init__(self) -> None:
        self.ids = np.empty(0, dtype=np.object_)
        self.shapes = np.empty(0, dtype=np.object_)
        self.centers = np.empty((0, 3))
        """Centres of the bounds of the fences, earth-centred, in metres."""
        self.radii_m = np.empty(0)
        """Radii of the bounds of the fences; minus infinity in a free slot."""
        self._kinds = np.empty(0, dtype=np.int8)
        self._flats = np.empty(0, dtype=np.object_)
        self._reach_m = np.empty(0)
        self._core_m = np.empty(0)
        self._free: list[int] = []

    def add(self, fence_id: str, shape: Shape) -> int:
        """Put a fence into a free slot; returns the slot."""
        bounds = shape.bounds
        if not self._free:
            self._grow()
        slot = self._free.pop()
        self.ids[slot] = fence_id
        self.shapes[slot] = shape
        self.centers[slot] = ecef(bounds.center.latitude, bounds.center.longitude)
        self.radii_m[slot] = bounds.radius_m
        self._kinds[slot] = _OTHER
        if isinstance(shape, Circle):
            self._kinds[slot] = _CIRCLE
            self._reach_m[slot] = chord_reach_m(shape.radius_m)
            self._core_m[slot] = chord_core_m(shape.radius_m)
        elif isinstance(shape, MultiPolygon) and shape.is_plain:
            self._kinds[slot] = _PLAIN_POLYGON
            self._flats[slot] = shape.flat
        return slot

    def free(self, slot: int) -> None:
        """Remove the fence from a slot."""
        self.ids[slot] = self.shapes[slot] = self._flats[slot] = None
        self.radii_m[slot] = -inf
        self._kinds[slot] = _FREE
        self._free.append(slot)

    def contain(self, positions: Positions, slots: Numbers) -> Bools:
        """For each position: True if the fence of its slot contains it."""
        inside = np.zeros(slots.size, dtype=np.bool_)
        kinds = self._kinds[slots]
        if (rows := np.flatnonzero(kinds == _CIRCLE)).size:
            inside[rows] = self._in_circles(positions.at(rows), slots[rows])
        if (rows := np.flatnonzero(kinds == _PLAIN_POLYGON)).size:
            some, flats = positions.at(rows), self._flats[slots[rows]]
            inside[rows] = shapely.intersects_xy(flats, some.longitudes, some.latitudes)
        others = np.flatnonzero(kinds == _OTHER)
        for slot in np.unique(slots[others]):
            rows = others[slots[others] == slot]
            some = positions.at(rows)
            inside[rows] = self.shapes[slot].contains_many(some.latitudes, some.longitudes)
        return inside

    def cross(self, segments: Segments, slots: Numbers) -> Bools:
        """For each segment: True if it touches the fence of its slot."""
        crossed = self._may_cross(segments, slots)
        plain = crossed & (self._kinds[slots] == _PLAIN_POLYGON) & ~segments.jumps
        if (rows := np.flatnonzero(plain)).size:
            lines = shapely.linestrings(segments.edges[rows].reshape(-1, 2, 2)[:, :, ::-1])
            crossed[rows] = shapely.intersects(self._flats[slots[rows]], lines)
        for row in np.flatnonzero(crossed & ~plain).tolist():
            shape: Shape = self.shapes[slots[row]]
            crossed[row] = shape.crosses(segments.starts.point(row), segments.ends.point(row))
        return crossed

    def _in_circles(self, positions: Positions, slots: Numbers) -> Bools:
        chords = np.linalg.norm(positions.ecef - self.centers[slots], axis=1)
        inside: Bools = chords <= self._core_m[slots]
        for row in np.flatnonzero(~inside & (chords <= self._reach_m[slots])).tolist():
            inside[row] = self.shapes[slots[row]].contains(positions.point(row))
        return inside

    def _may_cross(self, segments: Segments, slots: Numbers) -> Bools:
        """False only for segments that surely stay outside the bounds of the fence.

        A segment is within its sag of its chord, so it touches the bounds only if the distance
        from their centre to the chord is at most radius + sag.
        """
        chords = segments.ends.ecef - segments.starts.ecef
        to_center = self.centers[slots] - segments.starts.ecef
        squares = np.maximum((chords * chords).sum(axis=1), SLACK_M)
        along = np.clip((to_center * chords).sum(axis=1) / squares, 0, 1)
        distances = np.linalg.norm(to_center - along[:, None] * chords, axis=1)
        sags = np.minimum(sags_m(segments.edges), segments.lengths_m / 2)
        may: Bools = distances <= self.radii_m[slots] + sags + SLACK_M
        return may

    def _grow(self) -> None:
        old = self.ids.size
        new = max(16, old)
        for name in _COLUMNS:
            column = getattr(self, name)
            more = np.zeros((new, *column.shape[1:]), dtype=column.dtype)
            setattr(self, name, np.concatenate((column, more)))
        self.radii_m[old:] = -inf
        self._free.extend(range(old + new - 1, old - 1, -1))
