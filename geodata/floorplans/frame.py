"""The metre frame of a floor plan, and its place on the earth."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.points import Point

Coordinates = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """Metres on the floor against degrees on the earth.

    An azimuthal equidistant projection of the WGS84 ellipsoid about `origin` (Snyder 1987, p. 191,
    with Karney's geodesics as PROJ has them), then a rotation. Distances from the origin are exact
    geodesics; between two points within r of it the scale error is at most (r/R)^2/6, that is
    4e-9 (4 micrometres in a kilometre) at r = 1 km. PROJ takes points within 0.7 mm of the origin
    for the origin itself.
    """

    origin: Point
    rotation_deg: float = 0.0
    """The bearing of the plan's y axis: degrees clockwise from true north."""

    def to_wgs84(self, x_m: float, y_m: float) -> Point:
        """The place on the earth of a point of the plan."""
        [[longitude, latitude]] = self._unproject(np.array([[x_m, y_m]]))
        # PROJ goes up to 6e-11 degrees (6 micrometres) beyond the antimeridian before it turns.
        return Point(float(latitude), math.remainder(longitude, 360))

    def to_local(self, point: Point) -> tuple[float, float]:
        """The metres (x, y) of a place on the earth."""
        [[x_m, y_m]] = self._project(np.array([[point.longitude, point.latitude]]))
        return float(x_m), float(y_m)

    def geometry_to_wgs84(self, geometry: BaseGeometry) -> BaseGeometry:
        """A geometry of the plan as GeoJSON has it: longitude, then latitude."""
        return shapely.transform(geometry, self._unproject)

    def geometry_to_local(self, geometry: BaseGeometry) -> BaseGeometry:
        """A geometry in longitude and latitude (GeoJSON's order) as metres of the plan."""
        return shapely.transform(geometry, self._project)

    def bearing_deg(self, heading_deg: float) -> float:
        """The compass bearing of a heading given clockwise from the plan's y axis."""
        return (heading_deg + self.rotation_deg) % 360

    def _project(self, lon_lat: Coordinates) -> Coordinates:
        east, north = _projection(self.origin)(lon_lat[:, 0], lon_lat[:, 1])
        return _turned(np.column_stack([east, north]), self.rotation_deg)

    def _unproject(self, x_y: Coordinates) -> Coordinates:
        east_north = _turned(x_y, -self.rotation_deg)
        return np.column_stack(
            _projection(self.origin)(east_north[:, 0], east_north[:, 1], inverse=True)
        )


def frame_along(outline: BaseGeometry) -> LocalFrame:
    """A frame about the middle of a building, its y axis along the longer side.

    Args:
        outline: Its shape or the shapes in it, in longitude and latitude, as GeoJSON has them;
            they may be badly drawn, as only their hull counts.
    """
    hull = outline.convex_hull
    middle = hull.centroid
    north_up = LocalFrame(Point(middle.y, middle.x))
    box = shapely.minimum_rotated_rectangle(north_up.geometry_to_local(hull))
    sides = np.diff(shapely.get_coordinates(box), axis=0)
    # Of points in a line the box is a line, and of one point it is that.
    east, north = max(sides, key=lambda side: math.hypot(*side), default=(0.0, 1.0))
    bearing = math.degrees(math.atan2(east, north))
    # A side has two directions: the one that turns the map less.
    return LocalFrame(north_up.origin, (bearing + 90) % 180 - 90)


@lru_cache(maxsize=1024)
def _projection(origin: Point) -> pyproj.Proj:
    return pyproj.Proj(
        proj="aeqd", lat_0=origin.latitude, lon_0=origin.longitude, ellps="WGS84", units="m"
    )


def _turned(points: Coordinates, counterclockwise_deg: float) -> Coordinates:
    angle = math.radians(counterclockwise_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]))
