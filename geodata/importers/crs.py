"""Turns projected coordinates (metres of UTM, Lambert 93, the Swiss grid ...) into degrees."""

import math
import re
from functools import lru_cache
from typing import Any

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from geodata.importers.report import ImporterError
from geodata.points import Point

MOST_METRES = 20_037_509.0
"""The largest coordinate of a common projection: half the equator, in Web Mercator."""
_TOLERANCE_M = 10.0
"""The largest error of a projection forth and back; the Swiss formulas are good to a metre."""
_UTM = {"north": 32600, "south": 32700}
_NATIONAL = {
    "AT": (31287, 31256),
    "BE": (31370, 3812),
    "CH": (2056, 21781),
    "DE": (25832, 25833, 31466, 31467, 31468),
    "DK": (25832,),
    "FI": (3067, 2393),
    "FR": (2154, 27572),
    "GB": (27700,),
    "IE": (2157, 29902),
    "IT": (3003, 3004),
    "LI": (2056, 21781),
    "NL": (28992,),
    "NO": (25832, 25833),
    "PL": (2180,),
    "PT": (3763,),
    "SE": (3006,),
}
"""The EPSG codes of national grids; UTM and Web Mercator are used in every country."""


class Reprojection:
    """A coordinate reference system whose coordinates are turned into WGS84 degrees."""

    def __init__(self, name: str) -> None:
        """Load a system.

        Raises:
            ImporterError: the name is none that PROJ knows.
        """
        try:
            crs = CRS.from_user_input(_code(name))
        except CRSError:
            raise ImporterError(
                f"{name[:100]!r} is no coordinate reference system; say one by its code, "
                "for example EPSG:25832"
            ) from None
        self.name = f"EPSG:{epsg}" if (epsg := crs.to_epsg()) else crs.name
        self.is_degrees = bool(crs.is_geographic) and crs.to_epsg() in (4326, 4258, 4269, None)
        self._transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def point(self, east: float, north: float) -> Point | None:
        """The position of an easting and a northing; None outside of the system."""
        try:
            longitude, latitude = self._transformer.transform(east, north)
            back = self._transformer.transform(longitude, latitude, direction="INVERSE")
        except ProjError:
            return None
        # A projection may take any numbers; only those that it gives itself are its coordinates.
        if not all(math.isfinite(x) for x in (longitude, latitude, *back)):
            return None
        if math.dist(back, (east, north)) > _TOLERANCE_M:
            return None
        try:
            return Point(round(latitude, 8), round(longitude, 8))
        except ValueError:
            return None


def of_geojson(document: Any) -> Reprojection | None:
    """The system that the member `crs` of a GeoJSON document names; None for degrees.

    Raises:
        ImporterError: the member names no known system.
    """
    member = document.get("crs") if isinstance(document, dict) else None
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str) or not name:
        return None
    found = Reprojection(name)
    return None if found.is_degrees else found


@lru_cache(maxsize=64)
def _metric(code: int) -> Reprojection:
    return Reprojection(f"EPSG:{code}")


def metric_points(east: float, north: float, country: str, about: Point) -> list[Point]:
    """The positions that two numbers have as metres of the grids that a country uses.

    Args:
        east: a number of metres.
        north: a number of metres.
        country: ISO 3166-1 alpha-2, or empty.
        about: a point in the country; its UTM zone and the two beside it are tried.
    """
    zone = int((about.longitude + 180) // 6) % 60
    south = _UTM["north" if about.latitude >= 0 else "south"]
    codes = [3857, *_NATIONAL.get(country, ())]
    codes += [south + 1 + (zone + step) % 60 for step in (-1, 0, 1)]
    points = (_metric(code).point(east, north) for code in codes)
    return [point for point in points if point]


def _code(name: str) -> str:
    """`25832`, `epsg:25832` and `urn:ogc:def:crs:EPSG::25832` name the same system."""
    text = name.strip()
    if re.fullmatch(r"\d{4,6}", text):
        return f"EPSG:{text}"
    if re.fullmatch(r"(?i)urn:ogc:def:crs:OGC:[\d.]*:CRS84", text) or text.upper() == "CRS84":
        return "OGC:CRS84"
    return text
