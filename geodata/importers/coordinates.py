"""Parses the coordinates of a row, and repairs or drops wrong ones.

Faults in real feeds: swapped latitude and longitude; degrees times 100,000 (or 1e6, 1e7) without a
decimal point; 0/0 for "unknown"; decimal commas; points on another continent than the address. A
repair is accepted only if the result is in the country of the row.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from geodata.distance import distance_m
from geodata.gazetteer import Gazetteer
from geodata.importers.address import region_code_at
from geodata.points import Point

_SCALES = (1e5, 1e6, 1e7)
_FAR_FROM_POSTCODE_M = 100_000
"""Larger than any postcode area in the gazetteer, except in Alaska."""
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


def locate(latitude: str, longitude: str, country: str = "", postcode: str = "") -> Located:
    """Make a point from the texts of a row, checked against its country and postcode.

    Args:
        latitude: degrees as text; empty if the row has none.
        longitude: degrees as text; empty if the row has none.
        country: ISO 3166-1 alpha-2; empty if unknown.
        postcode: the postcode of the address, or empty.
    """
    if not latitude and not longitude:
        return Located(None, "no coordinates: kept without a location")
    lat, lon = _number(latitude), _number(longitude)
    if lat is None or lon is None:
        return Located(
            None, f"{latitude!r}, {longitude!r} are not coordinates: kept without a location"
        )
    if lat == 0 and lon == 0:
        return Located(None, "0, 0 means unknown: kept without a location")
    given = _point(lat, lon)
    if given is None or (country and not _is_in(given, country)):
        return _repaired(lat, lon, country, f"{latitude}, {longitude}")
    return _compared(given, country, postcode)


def _repaired(lat: float, lon: float, country: str, given: str) -> Located:
    if max(abs(lat), abs(lon)) > 180:
        repairs = [(f"divided by {scale:,.0f}", lat / scale, lon / scale) for scale in _SCALES]
    else:
        repairs = [("swapped latitude and longitude", lon, lat)]
    for repair, latitude, longitude in repairs:
        point = _point(latitude, longitude)
        if point and (not country or _is_in(point, country)):
            return Located(point, f"{given}: {repair}", repaired=True)
    if _point(lat, lon) is None:
        return Located(None, f"{given} is out of range: kept without a location")
    return Located(None, f"{given} is not in {country}: kept without a location")


def _compared(point: Point, country: str, postcode: str) -> Located:
    expected = _postcode_point(postcode, country)
    if expected:
        away_m = distance_m(point, expected)
        if away_m > _FAR_FROM_POSTCODE_M:
            return Located(point, f"{away_m / 1000:.0f} km from postcode {postcode}: kept as given")
    return Located(point)


def _number(text: str) -> float | None:
    text = text.strip().rstrip("°").replace("\N{MINUS SIGN}", "-")
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _point(latitude: float, longitude: float) -> Point | None:
    try:
        return Point(latitude, longitude)
    except ValueError:
        return None


def _is_in(point: Point, country: str) -> bool:
    parts = (country, *_TERRITORIES.get(country, ()))
    boxes = [box for code in parts if (box := gazetteer().box(code))]
    # Without towns in the gazetteer nothing can be checked; a remote island may have no town.
    return not boxes or any(box.contains(point) for box in boxes) or region_code_at(point) in parts


@lru_cache(maxsize=10_000)
def _postcode_point(postcode: str, country: str) -> Point | None:
    if not postcode or not country or len(postcode) > 20:
        return None
    # The digits after the first five of a ZIP code name a street or a building in its area.
    code = postcode[:5] if country == "US" else postcode
    return gazetteer().postcode(code, country)


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The package's gazetteer, loaded once per process."""
    return Gazetteer.load()
