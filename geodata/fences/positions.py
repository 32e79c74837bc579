"""Arrays of many positions, and of many segments between two positions."""

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
    """Positions in degrees, as two arrays of equal length."""

    latitudes: Floats
    longitudes: Floats

    @classmethod
    def of(cls, latitudes: ArrayLike, longitudes: ArrayLike) -> "Positions":
        """Checked positions.

        Raises:
            FenceError: a coordinate is not finite or out of range, or the lengths differ.
        """
        columns = []
        for name, values, limit in (("latitudes", latitudes, 90), ("longitudes", longitudes, 180)):
            column = np.asarray(values, dtype=np.float64).ravel()
            # NaN fails every comparison, so this check refuses it too.
            bad = np.flatnonzero(~(np.abs(column) <= limit))
            if bad.size:
                raise FenceError(f"{name}[{bad[0]}]", f"must be in [-{limit}, {limit}]")
            columns.append(column)
        lat, lon = columns
        if lat.size != lon.size:
            raise FenceError(
                "longitudes", f"must have as many values as latitudes ({lat.size}), got {lon.size}"
            )
        return cls(lat, lon)

    def at(self, rows: Numbers) -> "Positions":
        """The positions of `rows`, in their order."""
        return Positions(self.latitudes[rows], self.longitudes[rows])

    def point(self, row: int) -> Point:
        """The position of a row."""
        return Point(float(self.latitudes[row]), float(self.longitudes[row]))

    @cached_property
    def ecef(self) -> Floats:
        """Earth-centred coordinates in metres, shape (n, 3)."""
        return ecef_many(self.latitudes, self.longitudes)


@dataclass(frozen=True)
class Segments:
    """Segments between two fixes, row by row: the geodesic, and the straight line on the map.

    Circles use the geodesic, other shapes the straight line in longitude and latitude, which
    crosses the antimeridian if the longitudes differ by more than 180.
    """

    starts: Positions
    ends: Positions

    def at(self, rows: Numbers) -> "Segments":
        """The segments of `rows`, in their order."""
        return Segments(self.starts.at(rows), self.ends.at(rows))

    @cached_property
    def jumps(self) -> Bools:
        """True for segments that cross the antimeridian."""
        jumps: Bools = np.abs(self.ends.longitudes - self.starts.longitudes) > 180
        return jumps

    @cached_property
    def edges(self) -> Floats:
        """The straight lines as edges of an `Outline`: shape (n, 4), continuous longitudes."""
        east = self.ends.longitudes - self.starts.longitudes
        ends = self.ends.longitudes - np.where(self.jumps, 360 * np.sign(east), 0)
        return np.column_stack(
            (self.starts.latitudes, self.starts.longitudes, self.ends.latitudes, ends)
        )

    @cached_property
    def lengths_m(self) -> Floats:
        """Upper bounds of the length of the geodesic and of the straight line."""
        return lengths_m(self.edges)

    def stops(self, row: int, legs: int) -> Positions:
        """Positions on the geodesic and on the straight line of a row, including both ends; the
        distance between neighbours is at most its length divided by `legs`."""
        lat0, lon0, lat1, lon1 = self.edges[row].tolist()
        share = np.linspace(0, 1, legs + 1)
        geodesic = GEOD.inv_intermediate(
            lon0, lat0, lon1, lat1, npts=legs - 1, return_back_azimuth=True
        )
        latitudes = np.concatenate((lat0 * (1 - share) + lat1 * share, geodesic.lats))
        longitudes = np.concatenate((lon0 * (1 - share) + lon1 * share, geodesic.lons))
        return Positions(np.clip(latitudes, -90, 90), longitudes)
