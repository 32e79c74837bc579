"""A road network in memory: points on it, and times, ways and isochrones between them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.roads import file
from geodata.roads.bucket import Bucket
from geodata.roads.errors import BadNetwork
from geodata.roads.hierarchy import library
from geodata.roads.isochrone import Isochrone
from geodata.roads.mode_network import Columns, ModeNetwork
from geodata.roads.modes import Mode
from geodata.roads.places import Places, Snapped, seconds
from geodata.roads.snapping import SegmentIndex, Shapes

Floats = NDArray[np.float64]

_PER_DEGREE = 1e7
"""Positions are stored in the steps of OSM."""


@dataclass(frozen=True, slots=True)
class Way:
    """A shortest way."""

    seconds: float
    """Equal to `times_from` between the same ends."""
    distance_m: float
    """Length on the ground, with the walks to and from the edges."""
    line: list[tuple[float, float]]
    """Latitudes and longitudes, from edge to edge."""


class RoadNetwork:
    """A network with its modes; immutable, and safe to use from many threads.

    Points are snapped first; those of one network and one mode go together.
    """

    def __init__(self, version: str, about: Mapping[str, Any], columns: Columns) -> None:
        """The content of a file; `load` is the way to get one.

        Raises:
            BadNetwork: the columns do not fit each other, or the extra `roads` is missing.
        """
        self.version = version
        """Hexadecimal digest of the content."""
        self.about = about
        """Source, date, counts: what `enrayon roads build --check` prints."""
        try:
            self.attribution = str(about["attribution"])
            """To be shown with every answer that comes from the network."""
            south, west, north, east = about["bounds"]
            self.bounds: tuple[float, float, float, float] = (south, west, north, east)
            """South, west, north, east of the extract."""
            for name, column in columns.items():
                if column.ndim != 1 or column.dtype.kind not in "iub":
                    raise BadNetwork(f"the network's {name} are no whole numbers")
            self._fill(columns)
        except (KeyError, IndexError, TypeError) as error:
            raise BadNetwork(f"the network lacks a part ({error})") from error

    def _fill(self, columns: Columns) -> None:
        tails, heads = columns["tails"].astype(np.int64), columns["heads"].astype(np.int64)
        counts = columns["shape_counts"].astype(np.int64)
        sizes = {len(tails), len(heads), len(counts), len(columns["lengths_mm"])}
        points = {len(columns["shape_latitudes"]), len(columns["shape_longitudes"])}
        if len(sizes) > 1 or points != {int(counts.sum())} or counts.min(initial=2) < 2:
            raise BadNetwork("the shapes of the network do not fit its edges")
        starts = np.concatenate(([0], np.cumsum(counts)))
        shapes = Shapes.of(
            np.cumsum(columns["shape_latitudes"], dtype=np.int64) / _PER_DEGREE,
            np.cumsum(columns["shape_longitudes"], dtype=np.int64) / _PER_DEGREE,
            starts,
        )
        junctions = columns["latitudes"] / _PER_DEGREE, columns["longitudes"] / _PER_DEGREE
        self._lengths_m: Floats = columns["lengths_mm"] / 1000
        self._shapes, self._starts = shapes, starts
        index = SegmentIndex(shapes)
        self.has_saved_order = self.about["library"] == library()
        """False if another version of the library made it, so that a start takes longer."""
        self._modes = {
            mode: ModeNetwork(
                mode,
                _part(columns, f"{mode}/"),
                tails,
                heads,
                shapes,
                index,
                junctions,
                self.bounds,
                has_order=self.has_saved_order,
            )
            for mode in Mode
            if f"{mode}/travel_ms" in columns
        }  # fmt: skip
        self.modes = frozenset(self._modes)

    @classmethod
    def load(cls, path: Path) -> "RoadNetwork":
        """Read a file of `enrayon roads build`; its checksum is verified first.

        Raises:
            BadNetwork: the file is not a network, is damaged, is of another format, or the extra
                `roads` is not installed.
        """
        return cls(*file.read(path))

    def highest_speed(self, mode: Mode) -> float:
        """Metres per second, as the crow flies, that no edge of this mode exceeds."""
        return self._modes[mode].highest_speed

    def snap(self, mode: Mode, latitude: float, longitude: float) -> Snapped | None:
        """The nearest edge that the mode may use; None if none lies within `SNAP_LIMIT_M`, or
        the network has not this mode."""
        return self._modes[mode].snap_one(latitude, longitude) if mode in self._modes else None

    def snap_many(self, mode: Mode, latitudes: Floats, longitudes: Floats) -> list[Snapped | None]:
        """`snap` for arrays of positions in degrees."""
        if mode not in self._modes:
            return [None] * len(latitudes)
        return self._modes[mode].snap(latitudes, longitudes)

    def times_from(self, origin: Snapped, targets: Sequence[Snapped]) -> Floats:
        """Seconds from one point to many; infinite where there is no way."""
        times: Floats = self.matrix([origin], targets)[0]
        return times

    def times_to(self, destination: Snapped, origins: Sequence[Snapped]) -> Floats:
        """Seconds from many points to one."""
        return self.matrix(origins, [destination])[:, 0]

    def matrix(self, origins: Sequence[Snapped], targets: Sequence[Snapped]) -> Floats:
        """Seconds from each origin (rows) to each target (columns)."""
        if not (origins and targets):
            return np.empty((len(origins), len(targets)))
        network = self._network([*origins, *targets])
        rows, columns = Places.of(origins, are_targets=False), Places.of(targets, are_targets=True)
        times = network.times_ms(rows, columns)
        return seconds(times, rows.access_s[:, None], columns.access_s)

    def way(self, origin: Snapped, destination: Snapped) -> Way | None:
        """The shortest way; None if there is none."""
        found = self._found(origin, destination)
        if found is None:
            return None
        time_ms, parts = found
        line: list[tuple[float, float]] = []
        for edge, start, end in parts:
            for point in self._line(edge, start, end):
                if not line or line[-1] != point:
                    line.append(point)
        taken = float(time_ms / 1000 + (origin.access_s + destination.access_s))
        return Way(taken, self._length_m(origin, destination, parts), line)

    def length_m(self, origin: Snapped, destination: Snapped) -> float | None:
        """The `distance_m` of `way`, without its line; None if there is no way."""
        found = self._found(origin, destination)
        return None if found is None else self._length_m(origin, destination, found[1])

    def _found(
        self, origin: Snapped, destination: Snapped
    ) -> tuple[int, list[tuple[int, float, float]]] | None:
        """Milliseconds and parts of edges of the shortest way."""
        found = self._network([origin, destination]).way(origin, destination)
        return None if found is None else (found[0], _parts(origin, destination, found[1]))

    def _length_m(
        self, origin: Snapped, destination: Snapped, parts: Sequence[tuple[int, float, float]]
    ) -> float:
        edges, starts, ends = zip(*parts, strict=True)
        shares = np.abs(np.subtract(ends, starts))
        length = float(shares @ self._lengths_m[list(edges)])
        return length + origin.distance_m + destination.distance_m

    def _line(self, edge: int, start: float, end: float) -> list[tuple[float, float]]:
        """The shape of an edge between two shares of its length, in the direction of travel."""
        if start > end:
            return self._line(edge, end, start)[::-1]
        span = slice(self._starts[edge], self._starts[edge + 1])
        shares = self._shapes.shares[span]
        lat, lon = self._shapes.latitudes[span], self._shapes.longitudes[span]
        at = np.concatenate(([start], shares[(shares > start) & (shares < end)], [end]))
        columns = np.interp(at, shares, lat).tolist(), np.interp(at, shares, lon).tolist()
        return list(zip(*columns, strict=True))

    def bucket(self, mode: Mode, targets: Sequence[Snapped | None]) -> Bucket:
        """Prepare targets; None stands for a target that the network does not reach.

        Raises:
            KeyError: the network has not this mode.
        """
        return Bucket(self._modes[mode], targets)

    def isochrone(self, origin: Snapped, limit_s: float, *, outward: bool = True) -> Isochrone:
        """The points that can be reached from the origin in time; or, if not `outward`, from
        which it can be reached."""
        return Isochrone(self._network([origin]), origin, limit_s, outward=outward)

    def near_border(self, origin: Snapped, destination: Snapped, seconds: float) -> bool:
        """True if a way over the border of the extract could be shorter than this time, or an
        edge beyond it nearer to one of the ends."""
        return self.border_from(origin)(destination, seconds)

    def border_from(self, origin: Snapped) -> Callable[[Snapped, float], bool]:
        """`near_border` of ways from a place.

        Of a road that the extract cuts between two of its nodes, the piece up to the border is not
        known: a point nearest to that piece snaps elsewhere, and is flagged only if the border is
        nearer.
        """
        network = self._modes[origin.mode]
        out_s = network.exit_ms(origin) / 1000 + origin.access_s

        def is_near(destination: Snapped, seconds: float) -> bool:
            if destination.mode != network.mode:
                raise ValueError("points snapped for different modes do not go together")
            if origin.may_be_nearer_outside or destination.may_be_nearer_outside:
                return True
            back_s = network.entry_ms(destination) / 1000 + destination.access_s
            return out_s + back_s < seconds

        return is_near

    def _network(self, points: Sequence[Snapped]) -> ModeNetwork:
        modes = {point.mode for point in points}
        if len(modes) > 1:
            raise ValueError("points snapped for different modes do not go together")
        return self._modes[modes.pop()]


def _part(columns: Columns, prefix: str) -> dict[str, NDArray[Any]]:
    return {
        name.removeprefix(prefix): column
        for name, column in columns.items()
        if name.startswith(prefix)
    }


def _parts(
    origin: Snapped, destination: Snapped, arcs: list[int]
) -> list[tuple[int, float, float]]:
    """Edges of a way with the shares of their length at which it enters and leaves them."""
    if not arcs:
        is_same = origin.edge == destination.edge
        return [(origin.edge, origin.share, destination.share if is_same else origin.share)]
    parts = [(arc >> 1, float(arc & 1), float(1 - (arc & 1))) for arc in arcs]
    if 0 < origin.share < 1:
        parts[0] = (parts[0][0], origin.share, parts[0][2])
    if 0 < destination.share < 1:
        parts[-1] = (parts[-1][0], parts[-1][1], destination.share)
    return parts
