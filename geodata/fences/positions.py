"""Many positions, and many ways between them, as arrays."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from geodata.distance import GEOD, ecef_many
from geodata.fences.pieces import lengths_m
from geodata.fences.shape import Bools, FenceError, Floats, Numbers
from geodata.points import Point


@dataclass(frozen=True)
class Positions:
    """Positions in degrees, as two arrays of one length."""

    latitudes: Floats
    longitudes: Floats

    @classmethod
    def of(cls, latitudes: ArrayLike, longitudes: ArrayLike) -> "Positions":
        """Positions from a caller.

        Raises:
            FenceError: one is not finite or out of range, or there are not as many of both.
        """
        columns = []
        for name, values, limit in (("latitudes", latitudes, 90), ("longitudes", longitudes, 180)):
            column = np.asarray(values, dtype=np.float64).ravel()
            # A NaN fails every comparison.
            bad = np.flatnonzero(~(np.abs(column) <= limit))
            if bad.size:
                raise FenceError(f"{name}[{bad[0]}]", f"must be in [-{limit}, {limit}]")
            columns.append(column)
        lat, lon = columns
        if lat.size != lon.size:
            raise FenceError("longitudes", f"must be {lat.size}, like latitudes, got {lon.size}")
        return cls(lat, lon)

    def at(self, rows: Numbers) -> "Positions":
        """Some of them, in the order of `rows`."""
        return Positions(self.latitudes[rows], self.longitudes[rows])

    def point(self, row: int) -> Point:
        """One of them."""
        return Point(float(self.latitudes[row]), float(self.longitudes[row]))

    @cached_property
    def ecef(self) -> Floats:
        """Earth-centred coordinates in metres, shape (n, 3)."""
        return ecef_many(self.latitudes, self.longitudes)


@dataclass(frozen=True)
class Ways:
    """From one position to another, row by row: both the geodesic and straight on the map.

    On the map, longitudes that differ by more than 180 are joined across the antimeridian.
    """

    starts: Positions
    ends: Positions

    def at(self, rows: Numbers) -> "Ways":
        """Some of them, in the order of `rows`."""
        return Ways(self.starts.at(rows), self.ends.at(rows))

    @cached_property
    def jumps(self) -> Bools:
        """Whether the way crosses the antimeridian."""
        jumps: Bools = np.abs(self.ends.longitudes - self.starts.longitudes) > 180
        return jumps

    @cached_property
    def edges(self) -> Floats:
        """As an `Outline` takes them: shape (n, 4), with longitudes that do not jump."""
        east = self.ends.longitudes - self.starts.longitudes
        ends = self.ends.longitudes - np.where(self.jumps, 360 * np.sign(east), 0)
        return np.column_stack(
            (self.starts.latitudes, self.starts.longitudes, self.ends.latitudes, ends)
        )

    @cached_property
    def lengths_m(self) -> Floats:
        """No way of the row is longer."""
        return lengths_m(self.edges)

    def stops(self, row: int, legs: int) -> Positions:
        """Places on both ways of a row, with at most its length divided by `legs` between."""
        lat0, lon0, lat1, lon1 = self.edges[row].tolist()
        share = np.linspace(0, 1, legs + 1)
        geodesic = GEOD.inv_intermediate(
            lon0, lat0, lon1, lat1, npts=legs - 1, return_back_azimuth=True
        )
        latitudes = np.concatenate((lat0 * (1 - share) + lat1 * share, geodesic.lats))
        longitudes = np.concatenate((lon0 * (1 - share) + lon1 * share, geodesic.lons))
        return Positions(np.clip(latitudes, -90, 90), longitudes)
