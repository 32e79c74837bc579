"""A road network in memory: points on it, and times, ways and isochrones between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon

from geodata.roads.modes import Mode

SNAP_LIMIT_M = 1_000.0
"""The network does not reach a point that is farther from all edges."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Snapped:
    """A point with its place on the nearest edge that a mode may use."""

    mode: Mode
    latitude: float
    """Of the place on the edge."""
    longitude: float
    distance_m: float
    """Geodesic from the point to the edge, at most `SNAP_LIMIT_M`."""
    island: int
    """Number of the connected part of the network; there is no way between two islands."""


@dataclass(frozen=True, slots=True)
class Way:
    """A shortest way."""

    seconds: float
    """Equal to `times_from` between the same ends."""
    distance_m: float
    """Length on the ground, with the walks to and from the edges."""
    line: list[tuple[float, float]]
    """Latitudes and longitudes, from edge to edge."""


class Bucket:
    """Fixed targets (all stores, say), prepared once for many origins."""

    def times_from(self, origin: Snapped, limit_s: float | None = None) -> Floats:
        """Seconds to all targets, in their order; infinite beyond the limit or without a way."""
        raise NotImplementedError

    def nearest(
        self,
        origin: Snapped,
        count: int,
        *,
        wanted: Bools | None = None,
        limit_s: float | None = None,
    ) -> "Nearest":
        """The `count` targets with the least times, by (time, index), and no other than `wanted`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Nearest:
    """Targets in the order of their times."""

    indices: NDArray[np.int64]
    seconds: Floats
    timed: int
    """Number of targets that were timed; a lower bound excluded the others."""


class Isochrone:
    """The points from which, or to which, the time is at most a limit."""

    limit_s: float
    may_be_clipped: bool
    """True if a way over the border of the extract could make it larger."""

    def contains(self, latitude: float, longitude: float) -> bool:
        """True if the time of the point is at most the limit; decided exactly at the point."""
        raise NotImplementedError

    def contains_many(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """`contains` for arrays of positions in degrees."""
        raise NotImplementedError

    def cells(self, resolution: int) -> tuple[frozenset[int], frozenset[int]]:
        """H3 cells that lie inside as a whole, and cells that may have points inside."""
        raise NotImplementedError

    @property
    def polygons(self) -> MultiPolygon:
        """For drawing: longitude first, with holes; made of small cells, so `contains` decides."""
        raise NotImplementedError


class RoadNetwork:
    """A network with its modes; immutable, and safe to use from many threads."""

    version: str
    """Hexadecimal digest of the file's content."""
    modes: frozenset[Mode]
    attribution: str
    """To be shown with every answer that comes from the network."""
    bounds: tuple[float, float, float, float]
    """South, west, north, east of the extract."""

    @classmethod
    def load(cls, path: Path) -> "RoadNetwork":
        """Read a file of `enrayon roads build`; its checksum is verified first.

        Raises:
            BadNetwork: the file is not a network, is damaged, is of another format, or the extra
                `roads` is not installed.
        """
        raise NotImplementedError

    def snap(self, mode: Mode, latitude: float, longitude: float) -> Snapped | None:
        """The nearest edge that the mode may use; None if none lies within `SNAP_LIMIT_M`."""
        raise NotImplementedError

    def snap_many(self, mode: Mode, latitudes: Floats, longitudes: Floats) -> list[Snapped | None]:
        """`snap` for arrays of positions in degrees."""
        raise NotImplementedError

    def times_from(self, origin: Snapped, targets: Sequence[Snapped]) -> Floats:
        """Seconds from one point to many; infinite where there is no way."""
        raise NotImplementedError

    def times_to(self, destination: Snapped, origins: Sequence[Snapped]) -> Floats:
        """Seconds from many points to one."""
        raise NotImplementedError

    def matrix(self, origins: Sequence[Snapped], targets: Sequence[Snapped]) -> Floats:
        """Seconds from each origin (rows) to each target (columns)."""
        raise NotImplementedError

    def way(self, origin: Snapped, destination: Snapped) -> Way | None:
        """The shortest way; None if there is none."""
        raise NotImplementedError

    def bucket(self, mode: Mode, targets: Sequence[Snapped | None]) -> Bucket:
        """Prepare targets; None stands for a target that the network does not reach."""
        raise NotImplementedError

    def isochrone(self, origin: Snapped, limit_s: float, *, outward: bool = True) -> Isochrone:
        """The points that can be reached from the origin in time; or, if not `outward`, from
        which it can be reached."""
        raise NotImplementedError

    def near_border(self, origin: Snapped, destination: Snapped, seconds: float) -> bool:
        """True if a way over the border of the extract could be shorter than this time."""
        raise NotImplementedError
