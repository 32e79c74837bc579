"""Parses the coordinates of a row, and repairs or drops wrong ones.

Faults in real feeds: swapped latitude and longitude; a longitude that is a copy of the latitude;
degrees times 100,000 (or 1e6, 1e7) without a decimal point; metres of a projection; 0/0 for
"unknown"; decimal commas; points on another continent than the address. A repair is accepted only
if one reading is possible: the country, the town or the postcode of the row prove it. What the
other rows of the feed prove is in `neighbours`.
"""

from dataclasses import dataclass
from functools import lru_cache

from geodata.distance import distance_m
from geodata.gazetteer import Gazetteer
from geodata.importers.address import region_code_at
from geodata.importers.crs import MOST_METRES, Reprojection, metric_points
from geodata.importers.degrees import degrees_of, pair_of
from geodata.importers.postcodes import full_length
from geodata.points import Point

_SCALES = (1e5, 1e6, 1e7)
_FAR_M = 100_000
"""Larger than any postcode area in the gazetteer, except in Alaska, and than any town."""
_LEAST_METRES = 1000
"""Below it a number out of range is a mistyped degree."""
_FAR_FROM_TOWN_M = 250_000
"""Feeds name the capital of a wide region as the town; farther away it is a doubt."""
_LEAST_COPY_DECIMALS = 3
"""Digits after the point from which equal latitude and longitude are a copy, not chance."""
SWAPPED = "swapped latitude and longitude"
SAY_CRS = "say --crs, for example --crs EPSG:25832: kept without a location"
_TERRITORIES = {
    "AU": ("CC", "CX", "NF"),
    "CN": ("HK", "MO"),
    "DK": ("FO", "GL"),
    "FI": ("AX",),
    "FR": ("BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "WF", "YT"),
    "GB": ("GG", "GI", "IM", "JE"),
    "NL": ("AW", "BQ", "CW", "SX"),
    "NO": ("SJ",),
    "NZ": ("CK", "NU", "TK"),
    "US": ("AS", "GU", "MP", "PR", "VI"),
}
"""Territories whose addresses may name the country they belong to."""


@dataclass(frozen=True, slots=True)
class Located:
    """The result of `locate`: a point, or None without usable coordinates."""

    point: Point | None
    note: str = ""
    """The fault; empty without one."""
    repaired: bool = False
    """True if the fault was repaired, False if `note` is a doubt."""
    checked: bool = True
    """True if the country, the town or the postcode of the row agree with the point."""

    @property
    def why(self) -> str:
        """The fault without what became of it."""
        return self.note.partition(": kept")[0]


@dataclass(frozen=True, slots=True)
class Spot:
    """The parts of an address against which coordinates are checked; each may be empty."""

    country: str = ""
    """ISO 3166-1 alpha-2."""
    postcode: str = ""
    city: str = ""

    @property
    def places(self) -> tuple[Point, ...]:
        """The places that the postcode, else the town can be; empty if neither is known."""
        known = _postcode_point(self.postcode, self.country)
        return (known,) if known else _towns(self.city, self.country)

    def is_near(self, point: Point) -> bool:
        """True if the point is within 100 km of one of the places."""
        return _nearest_m(point, self.places) <= _FAR_M


def locate(
    latitude: str, longitude: str, spot: Spot | None = None, crs: Reprojection | None = None
) -> Located:
    """Make a point from the texts of a row, checked against its address.

    Args:
        latitude: degrees as text, or both coordinates; empty if the row has none.
        longitude: degrees as text; empty if the row has none.
        spot: what the address says.
        crs: the system of the coordinates; None for degrees. Then the latitude is the northing.
    """
    spot = spot or Spot()
    if both := _both(latitude, longitude):
        latitude, longitude = both
    if not latitude and not longitude:
        return Located(None, "no coordinates: kept without a location")
    lat, lon = degrees_of(latitude), degrees_of(longitude)
    if lat is None or lon is None:
        return Located(None, f"{_fault(latitude, longitude)}: kept without a location")
    if lat == 0 and lon == 0:
        return Located(None, "0, 0 means unknown: kept without a location")
    given = f"{latitude}, {longitude}"
    if crs:
        return _reprojected(lon, lat, crs, given, spot)
    point = _point(lat, lon)
    if point is None or (spot.country and not _is_in(point, spot.country)):
        return _repaired(lat, lon, spot, given)
    is_copy = lat == lon and _decimals(latitude) >= _LEAST_COPY_DECIMALS
    # A few real places have equal degrees: Vadanakallu in Chad, by its country.
    if is_copy and not spot.country and not spot.is_near(point):
        return Located(None, f"{given}: the longitude is a copy of the latitude: no location")
    return _compared(point, spot, given)


def _both(latitude: str, longitude: str) -> tuple[str, str] | None:
    """Both coordinates, if they stand in one cell and the other is empty or says the same."""
    cell = latitude or longitude
    if longitude and latitude and longitude != latitude:
        return None
    return pair_of(cell) if degrees_of(cell) is None else None


def _fault(latitude: str, longitude: str) -> str:
    """The coordinate that is none, and why."""
    for name, text in (("latitude", latitude), ("longitude", longitude)):
        if not text:
            return f"{latitude!r}, {longitude!r}: the {name} is missing"
        if degrees_of(text) is None:
            why = "has two decimal points" if text.count(".") > 1 else "is not a number of degrees"
            return f"{text[:60]!r} {why} ({name})"
    return f"{latitude!r}, {longitude!r} are not coordinates"


def _reprojected(east: float, north: float, crs: Reprojection, given: str, spot: Spot) -> Located:
    point = crs.point(east, north)
    if point is None:
        return Located(None, f"{given} is outside of {crs.name}: kept without a location")
    if spot.country and not _is_in(point, spot.country):
        return Located(
            None, f"{given} of {crs.name} is not in {spot.country}: kept without a location"
        )
    return _compared(point, spot, given)


def _repaired(lat: float, lon: float, spot: Spot, given: str) -> Located:
    if max(abs(lat), abs(lon)) > _LEAST_METRES:
        return _rescaled(lat, lon, spot, given)
    point = _point(lon, lat)
    if point and spot.country and _is_in(point, spot.country):
        return Located(point, f"{given}: {SWAPPED}", repaired=True)
    if point and not spot.country and _point(lat, lon) is None:
        # 48.85 may be a longitude, 120 is no latitude: one reading is possible.
        return Located(point, f"{given}: {SWAPPED}", repaired=True, checked=spot.is_near(point))
    if _point(lat, lon) is None:
        which = "latitude" if abs(lat) > 90 else "longitude"
        return Located(None, f"{given}: the {which} is out of range: kept without a location")
    return Located(None, f"{given} is not in {spot.country}: kept without a location")


def _rescaled(lat: float, lon: float, spot: Spot, given: str) -> Located:
    """Degrees that lost their decimal point, if they cannot be metres of a projection.

    The metres of a grid divided by 100,000 often lie in the right country: UTM of Munich does near
    Emden. So the town or the postcode must agree, or no grid of the country may fit.
    """
    if lat % 1 or lon % 1:
        return Located(None, f"{given} look like projected metres; {SAY_CRS}")
    readings = [
        (scale, point)
        for scale in _SCALES
        if (point := _point(lat / scale, lon / scale))
        and (not spot.country or _is_in(point, spot.country))
    ]
    proved = [(scale, point) for scale, point in readings if spot.is_near(point)]
    if not proved and len(readings) == 1 and spot.country and not spot.places:
        _, about = readings[0]
        is_metres = max(abs(lat), abs(lon)) <= MOST_METRES and any(
            region_code_at(metric) in _parts(spot.country)
            for metric in metric_points(lon, lat, spot.country, about)
        )
        proved = [] if is_metres else readings
    if len(proved) == 1:
        scale, point = proved[0]
        return Located(point, f"{given}: divided by {scale:,.0f}", repaired=True)
    if readings:
        return Located(
            None, f"{given} may be projected metres, or degrees without their point; {SAY_CRS}"
        )
    if max(abs(lat), abs(lon)) <= MOST_METRES:
        return Located(None, f"{given} look like projected metres; {SAY_CRS}")
    return Located(None, f"{given} is out of range: kept without a location")


def _compared(point: Point, spot: Spot, given: str) -> Located:
    """The point, unless the town or postcode say that it is swapped; a doubt if it is far away."""
    places = spot.places
    other = _point(point.longitude, point.latitude)
    if not places:
        if spot.country or not spot.postcode:
            return Located(point, checked=bool(spot.country))
        if _has_postcode(point, spot.postcode):
            return Located(point)
        if other and _has_postcode(other, spot.postcode):
            return Located(other, f"{given}: {SWAPPED}", repaired=True)
        return Located(point, checked=False)
    away_m = _nearest_m(point, places)
    if away_m <= _FAR_M:
        return Located(point)
    known = _postcode_point(spot.postcode, spot.country)
    if other and spot.is_near(other) and (not spot.country or _is_in(other, spot.country)):
        return Located(other, f"{given}: {SWAPPED}", repaired=True)
    if not known and away_m <= _FAR_FROM_TOWN_M and spot.country:
        return Located(point)
    name = f"postcode {spot.postcode}" if known else spot.city
    note = f"{given} is {away_m / 1000:.0f} km from {name}: kept as given"
    return Located(point, note, checked=bool(spot.country))


def _has_postcode(point: Point, code: str) -> bool:
    """True if the postcode, read as one of the country around the point, is near the point."""
    known = _postcode_point(code, region_code_at(point))
    return known is not None and distance_m(point, known) <= _FAR_M


def _point(latitude: float, longitude: float) -> Point | None:
    try:
        return Point(latitude, longitude)
    except ValueError:
        return None


def _decimals(text: str) -> int:
    return len(text.replace(",", ".").strip().rstrip("°").partition(".")[2])


def _nearest_m(point: Point, places: tuple[Point, ...]) -> float:
    return min((distance_m(point, place) for place in places), default=float("inf"))


def _parts(country: str) -> tuple[str, ...]:
    return (country, *_TERRITORIES.get(country, ()))


def _is_in(point: Point, country: str) -> bool:
    parts = _parts(country)
    boxes = [box for code in parts if (box := gazetteer().box(code))]
    # Without towns in the gazetteer nothing can be checked; a remote island may have no town.
    return not boxes or any(box.contains(point) for box in boxes) or region_code_at(point) in parts


@lru_cache(maxsize=10_000)
def _postcode_point(postcode: str, country: str) -> Point | None:
    if not postcode or not country or len(postcode) > 20:
        return None
    # The digits after the first five of a ZIP code name a street or a building in its area.
    code = full_length(postcode, country)
    return gazetteer().postcode(code[:5] if country == "US" else code, country)


@lru_cache(maxsize=10_000)
def _towns(city: str, country: str) -> tuple[Point, ...]:
    return tuple(gazetteer().towns(city, country)) if city else ()


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The package's gazetteer, loaded once per process."""
    return Gazetteer.load()
