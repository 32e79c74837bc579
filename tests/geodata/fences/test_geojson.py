"""Tests shapes from GeoJSON, and that an error names the path of the fault."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import shapely

from geodata.fences import Circle, Corridor, FenceError, MultiPolygon, shape_from_geojson
from geodata.points import Point
from tests.geodata.fences.oracles import WGS84

SQUARE = [[24.9, 60.1], [25.0, 60.1], [25.0, 60.2], [24.9, 60.2], [24.9, 60.1]]

BOW_TIE = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]


def test_a_point_and_a_radius_are_a_circle() -> None:
    geometry = {"type": "Point", "coordinates": [24.9414, 60.1711, 12.0]}
    assert Circle(Point(60.1711, 24.9414), 300.0) == shape_from_geojson(geometry, radius_m=300.0)


def test_a_line_and_a_width_are_a_corridor() -> None:
    geometry = {"type": "LineString", "coordinates": [[24.94, 60.17], [24.96, 60.18]]}
    expected = Corridor((Point(60.17, 24.94), Point(60.18, 24.96)), 50.0)
    assert expected == shape_from_geojson(geometry, width_m=50.0)


def test_a_polygon_is_a_multipolygon_of_one() -> None:
    one = shape_from_geojson({"type": "Polygon", "coordinates": [SQUARE]})
    many = shape_from_geojson({"type": "MultiPolygon", "coordinates": [[SQUARE]]})
    corners = tuple(Point(lat, lon) for lon, lat in SQUARE[:-1])
    assert MultiPolygon(((corners,),)) == one == many


@pytest.mark.parametrize(
    ("geometry", "problem"),
    [
        ({}, "type: must be"),
        ({"type": "GeometryCollection"}, "type: must be"),
        ({"type": ["Polygon"], "coordinates": [SQUARE]}, "type: must be"),
        ({"type": "Point", "coordinates": [1, 2]}, "radius_m: is required for a Point"),
        ({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, "width_m: is required"),
        ({"type": "Polygon"}, "coordinates: must be a list"),
        ({"type": "Polygon", "coordinates": []}, "coordinates: must not be empty"),
        ({"type": "Polygon", "coordinates": "lon,lat"}, "coordinates: must be a list"),
        ({"type": "Polygon", "coordinates": [[]]}, r"coordinates\[0\]: must have at least 4"),
        ({"type": "Polygon", "coordinates": [SQUARE[:-1]]}, r"coordinates\[0\]: must have equal"),
        ({"type": "Polygon", "coordinates": [[*SQUARE[:2], [25.0], SQUARE[3], SQUARE[4]]]},
         r"coordinates\[0\]\[2\]: must be longitude"),
        ({"type": "Polygon", "coordinates": [[*SQUARE[:2], [25.0, 91.0], *SQUARE[3:]]]},
         r"coordinates\[0\]\[2\]: latitude must be in"),
        ({"type": "Polygon", "coordinates": [[*SQUARE[:2], [float("nan"), 6.0], *SQUARE[3:]]]},
         r"coordinates\[0\]\[2\]: longitude must be in"),
        ({"type": "Polygon", "coordinates": [[*SQUARE[:2], ["25", 60.2], *SQUARE[3:]]]},
         r"coordinates\[0\]\[2\]: must contain numbers"),
        ({"type": "Polygon", "coordinates": [[*SQUARE[:2], [True, 60.2], *SQUARE[3:]]]},
         r"coordinates\[0\]\[2\]: must contain numbers"),
        ({"type": "Polygon", "coordinates": [[*SQUARE[:2], [10**400, 60.2], *SQUARE[3:]]]},
         r"coordinates\[0\]\[2\]: contains a number out of range"),
        ({"type": "Polygon", "coordinates": [SQUARE, [[0, 0], [1, 1], [1, 0], [0, 0]]]},
         "coordinates: Hole lies outside shell"),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], [BOW_TIE]]},
         r"coordinates\[1\]: Self-intersection"),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], SQUARE]}, r"coordinates\[1\]\[0\]"),
    ],
)  # fmt: skip
def test_bad_geometry_is_named_by_its_path(geometry: dict[str, Any], problem: str) -> None:
    with pytest.raises(FenceError, match=problem):
        shape_from_geojson(geometry)


@pytest.mark.parametrize("kind", ["LineString", "Polygon", "MultiPolygon"])
def test_a_million_positions_are_refused_before_one_is_read(kind: str) -> None:
    class Unread(list[float]):
        """A position that must not be read."""

        def __getitem__(self, index: Any) -> Any:
            raise AssertionError("was read")

        __iter__ = __len__ = __getitem__  # type: ignore[assignment]

    positions: Any = [Unread()] * 1_000_000
    nested = {"LineString": positions, "Polygon": [positions], "MultiPolygon": [[positions]]}
    width_m = 50.0 if kind == "LineString" else None
    with pytest.raises(FenceError, match="coordinates: must have at most 10000 positions, got 10"):
        shape_from_geojson({"type": kind, "coordinates": nested[kind]}, width_m=width_m)


def test_nesting_deeper_than_any_geometry_is_refused() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(FenceError, match=r"coordinates\[0\]\[0\]"):
        shape_from_geojson({"type": "Polygon", "coordinates": deep})
    while deep:
        deep = deep.pop()


def test_the_communes_of_the_isere_are_all_fences(shared_json: Callable[[str], Any]) -> None:
    features = shared_json("fr_communes_isere.geojson")["features"]
    shapes = [shape_from_geojson(feature["geometry"]) for feature in features]
    assert len(features) == len(shapes)
    expected = sum(map(_geodesic_area_m2, features))
    assert expected == pytest.approx(sum(shape.area_m2 for shape in shapes), rel=0.01)


def _geodesic_area_m2(feature: Any) -> float:
    polygon = shapely.geometry.shape(feature["geometry"])
    return abs(float(WGS84.geometry_area_perimeter(shapely.orient_polygons(polygon))[0]))


def test_json_text_keeps_its_path_too() -> None:
    text = '{"type": "Point", "coordinates": [24.9, 1e999]}'
    with pytest.raises(FenceError, match="coordinates: latitude must be in"):
        shape_from_geojson(json.loads(text), radius_m=10.0)
