"""Where: fences as GeoJSON, names of places, and words that stores are searched by."""

from functools import cache

import orjson

from enrayon.type.v1.geometry_pb2 import Origin
from geodata.fences.geojson import shape_from_geojson
from geodata.fences.shape import FenceError
from geodata.gazetteer import Gazetteer, PlaceNotFound
from geodata.points import Point
from services.chassis.errors import InvalidArgument
from services.chassis.serving.requests import check
from services.directory.origins import cell_origin
from services.directory.text import TextIndex, Texts
from tests.fuzz.target import Refused, target, text_of

MOST_TEXT = 200
"""Characters of a query that the contracts let through."""
SIZES = {"Point": {"radius_m": 100.0}, "LineString": {"width_m": 30.0}}


def geometry_seeds() -> list[bytes]:
    """A geometry of each kind."""
    ring = [[24.93, 60.16], [24.95, 60.16], [24.95, 60.17], [24.93, 60.16]]
    hole = [[24.944, 60.161], [24.946, 60.161], [24.946, 60.163], [24.944, 60.161]]
    geometries = (
        ("Point", ring[0]),
        ("LineString", ring),
        ("Polygon", [ring, hole]),
        ("MultiPolygon", [[ring]]),
    )
    return [orjson.dumps({"type": kind, "coordinates": at}) for kind, at in geometries]


@target(geometry_seeds, FenceError, orjson.JSONDecodeError)
def geo_json_fences(data: bytes) -> None:
    """A geometry is a fence that tells inside from outside, or its fault is told with its path."""
    geometry = orjson.loads(data)
    if not isinstance(geometry, dict):
        raise Refused
    kind = geometry.get("type")
    sizes = SIZES.get(kind, {}) if isinstance(kind, str) else {}
    shape_from_geojson(geometry, **sizes).contains(Point(60.165, 24.94))


@cache
def gazetteer() -> Gazetteer:
    """The project's own."""
    return Gazetteer.load()


def place_seeds() -> list[bytes]:
    """Names of places as people write them."""
    names = ("Kamppi", "Paris, TX", "69003 Lyon", "Saint-Étienne", "10001", "Helsnki", "東京")
    return [name.encode() for name in names]


@target(place_seeds, PlaceNotFound, ValueError)
def place_names(data: bytes) -> None:
    """A text is a place or none, with few suggestions."""
    name = text_of(data)
    assert len(gazetteer().suggest(name)) <= 10
    gazetteer().find(name)


@target(lambda: [b"891126d1a0bffff", b"8001fffffffffff"], InvalidArgument)
def h3_cells(data: bytes) -> None:
    """A cell that keeps its contract has a centre, or is none."""
    origin = Origin(h3_cell=text_of(data))
    check(origin)
    assert cell_origin(origin.h3_cell, "origin.h3_cell").uncertainty_m > 0


@cache
def index() -> TextIndex[Texts]:
    """The words of two stores."""
    texts = {
        "kamppi": Texts("K-Market Kamppi", "K-Market", "00100", ("K-Market Kamppi",)),
        "e": Texts("Épicerie", "", "Lyon"),
    }
    return TextIndex(texts.items, lambda of_store: of_store)


@target(lambda: [b"k-market", b"epicerie lyon", "Kämp".encode(), b'"kamppi" OR NOT e*'])
def search_words(data: bytes) -> None:
    """Whatever is searched for, stores are found or none."""
    assert {match.id for match in index().search(text_of(data)[:MOST_TEXT])} <= {"kamppi", "e"}
