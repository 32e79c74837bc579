"""A polygon fence: rings whose edges are straight in longitude and latitude."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import translate

from geodata.fences.flat import TURNS, FlatRing, Ring, flatten, segment_lines, without_cuts
from geodata.fences.grid import cap_boxes
from geodata.fences.outline import Outline
from geodata.fences.shape import MAX_VERTICES, Bools, Cap, FenceError, Floats
from geodata.points import Point


@dataclass(frozen=True)
class MultiPolygon:
    """One or more polygons, each an outer ring followed by its holes (RFC 7946).

    Rings are closed implicitly and wind in either direction. They may cross the antimeridian,
    and an outer ring (but no hole) may enclose a pole, by the rules of `flat`.

    Raises:
        FenceError: there is no polygon, there are too many corners, edges cross, polygons
            overlap, or a polygon has no area; the error names the ring.
    """

    polygons: tuple[tuple[Ring, ...], ...]

    def __post_init__(self) -> None:
        if not self.polygons or not all(self.polygons):
            raise FenceError("polygons", "must not be empty")
        corners = sum(len(ring) for rings in self.polygons for ring in rings)
        if corners > MAX_VERTICES:
            raise FenceError("polygons", f"must have at most {MAX_VERTICES} corners, got {corners}")
        _check(self._rings, self.flat)
        _ = self._outline

    @cached_property
    def flat(self) -> shapely.MultiPolygon:
        """The polygons in the plane of longitude and latitude, prepared for shapely.

        Longitudes may exceed 180: a polygon across the antimeridian stays in one piece.
        """
        flat = shapely.MultiPolygon([_polygon(rings) for rings in self._rings])
        shapely.prepare(flat)
        return flat

    @cached_property
    def turns(self) -> tuple[float, ...]:
        """Degrees to add to a longitude in [-180, 180] to match `flat`: usually only 0.0."""
        west, _, east, _ = self.flat.bounds
        return tuple(turn for turn in TURNS if west <= turn + 180 and turn - 180 <= east)

    @property
    def is_plain(self) -> bool:
        """True if it touches neither the antimeridian nor a pole: `flat` alone then decides."""
        _, south, _, north = self.flat.bounds
        return self.turns == (0.0,) and south > -90 and north < 90

    @cached_property
    def bounds(self) -> Cap:
        """A cap that contains all polygons."""
        return self._outline.hull(self.contains)

    @cached_property
    def area_m2(self) -> float:
        """The area on a sphere: outer rings minus holes."""
        return sum(
            rings[0].area_m2 - sum(hole.area_m2 for hole in rings[1:]) for rings in self._rings
        )

    @property
    def perimeter_m(self) -> float:
        """The length of all rings on a sphere."""
        return self._outline.length_m

    def contains(self, point: Point) -> bool:
        """True if the point is in a polygon or on an edge."""
        if abs(point.latitude) == 90:
            return self._reaches_pole(point.latitude)
        return any(
            shapely.intersects_xy(self.flat, point.longitude + turn, point.latitude)
            for turn in self.turns
        )

    def contains_many(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """`contains` for arrays of positions in degrees."""
        inside = np.zeros(latitudes.size, dtype=np.bool_)
        for turn in self.turns:
            inside |= shapely.intersects_xy(self.flat, longitudes + turn, latitudes)
        for pole in (90.0, -90.0):
            inside[latitudes == pole] = self._reaches_pole(pole)
        return inside

    def distance_to_edge_m(self, point: Point) -> float:
        """Metres to the nearest edge, negative inside; the error is at most 1 mm.

        Minus infinity for the whole earth, which has no edge.
        """
        distance = self._outline.distance_m(point)
        return -distance if self.contains(point) else distance

    def crosses(self, start: Point, end: Point) -> bool:
        """True if the line that is straight in longitude and latitude touches a polygon.

        If the longitudes differ by more than 180, the line crosses the antimeridian.
        """
        # `contains` also covers ends at a pole: a pole has every longitude, a line's end one.
        return (
            bool(np.any(shapely.intersects(self.flat, segment_lines(start, end))))
            or self.contains(start)
            or self.contains(end)
        )

    def touches_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """False only for caps whose box touches no polygon."""
        boxes = self._boxes(latitudes, longitudes, radius_rad)
        touched: Bools = np.any(shapely.intersects(self.flat, boxes), axis=0)
        return touched

    def covers_caps(self, latitudes: Floats, longitudes: Floats, radius_rad: float) -> Bools:
        """True only for caps whose box lies inside a polygon."""
        boxes = self._boxes(latitudes, longitudes, radius_rad)
        covered: Bools = np.any(shapely.covers(self.flat, boxes), axis=0)
        return covered

    @cached_property
    def _rings(self) -> list[list[FlatRing]]:
        return [
            [flatten(ring, f"polygons[{n}][{m}]") for m, ring in enumerate(rings)]
            for n, rings in enumerate(self.polygons)
        ]

    @cached_property
    def _outline(self) -> Outline:
        edges = [ring.edges for rings in self._rings for ring in rings]
        return Outline(without_cuts(np.concatenate(edges)))

    def _reaches_pole(self, latitude: float) -> bool:
        _, south, _, north = self.flat.bounds
        return latitude in (south, north)

    def _boxes(
        self, latitudes: Floats, longitudes: Floats, radius_rad: float
    ) -> NDArray[np.object_]:
        """The box of each cap, in one row per turn of longitude."""
        west, south, east, north = cap_boxes(latitudes, longitudes, radius_rad)
        boxes: NDArray[np.object_] = np.stack(
            [shapely.box(west + turn, south, east + turn, north) for turn in TURNS]
        )
        return boxes


def _polygon(rings: list[FlatRing]) -> shapely.Polygon:
    """A shapely polygon; each hole is shifted by whole turns into its outer ring."""
    outer = rings[0].corners
    west, east = outer[:, 0].min(), outer[:, 0].max()
    holes = []
    for hole in rings[1:]:
        start, end = hole.corners[:, 0].min(), hole.corners[:, 0].max()
        turns = (n for n in (-1, 0, 1) if west <= start + 360 * n and end + 360 * n <= east)
        holes.append(hole.corners + np.array((360 * next(turns, 0), 0)))
    return shapely.Polygon(outer, holes)


def _check(polygons: list[list[FlatRing]], flat: shapely.MultiPolygon) -> None:
    for n, (rings, polygon) in enumerate(zip(polygons, flat.geoms, strict=True)):
        for m, hole in enumerate(rings[1:], start=1):
            if hole.pole:
                raise FenceError(f"polygons[{n}][{m}]", "a hole must not enclose a pole")
        # By an array: unlike `polygon.is_valid` it lets other threads run.
        if not shapely.is_valid([polygon])[0]:
            raise FenceError(f"polygons[{n}]", shapely.is_valid_reason(polygon))
        if not polygon.area:
            raise FenceError(f"polygons[{n}]", "has no area")
    overlap = len(polygons) > 1 and not flat.is_valid
    if not overlap and flat.bounds[2] > 180:
        # Parts one turn apart in the plane may overlap on the earth.
        again = translate(flat, 360)
        overlap = shapely.intersection(flat, again).area > 0
    if overlap:
        raise FenceError("polygons", "must not overlap")
