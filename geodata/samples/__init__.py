"""A small real data set of central Helsinki: shops, a base map, and its road network.

© OpenStreetMap contributors, ODbL 1.0; see `ATTRIBUTION.md` in this folder.
"""

import gzip
from pathlib import Path
from typing import Any

import orjson

from geodata.points import Point

_FOLDER = Path(__file__).parent

HELSINKI_STORES = _FOLDER / "helsinki_stores.geojson.gz"
"""Shops, cafes, pharmacies and other trades; `importers.read` reads it with source `osm`."""
HELSINKI_MAP = _FOLDER / "helsinki_map.geojson.gz"
"""Water, green, buildings, streets, rails and labels; property `layer` names the layer."""
HELSINKI_ROADS = _FOLDER / "helsinki.roads"
"""The road network of the same extract, for `geodata.roads`; its border is within 1 km."""
HELSINKI_CENTRE = Point(60.1699, 24.9384)
"""The middle of the sample, on Mannerheimintie."""
SUPERMARKET = "osm-node~299983963"
"""Store id of S-Market Kasarmitori, a supermarket that is alone in its building."""
SUPERMARKET_BUILDING = "way/22463046"
"""OSM id of that building, Kasarmikatu 19; `building_outline` returns its shape."""


def base_map() -> dict[str, Any]:
    """The base map as a GeoJSON FeatureCollection; positions are longitude, latitude."""
    collection: dict[str, Any] = orjson.loads(gzip.decompress(HELSINKI_MAP.read_bytes()))
    return collection


def building_outline(identifier: str = SUPERMARKET_BUILDING) -> list[Point]:
    """The outer ring of a building of the base map, without the closing corner.

    Raises:
        LookupError: the base map has no such building.
    """
    for feature in base_map()["features"]:
        properties = feature["properties"]
        if properties.get("@id") == identifier and properties["layer"] == "building":
            rings = feature["geometry"]["coordinates"]
            outer = rings[0] if feature["geometry"]["type"] == "Polygon" else rings[0][0]
            return [Point(latitude, longitude) for longitude, latitude in outer[:-1]]
    raise LookupError(f"no building {identifier!r} in the sample")
