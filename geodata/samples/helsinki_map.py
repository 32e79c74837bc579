"""Extracts the shapes of a base map from an OpenStreetMap extract.

An extract that was cut to a box lacks the nodes outside the box, so a line is split into runs of
the nodes that exist. A shore is closed along the box: land lies on the left of a coastline.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import osmium
import shapely
from osmium.geom import WKBFactory
from shapely import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, unary_union

from geodata.importers.record import words

_TOLERANCE = 4e-6
"""Degrees, about half a metre: a street map shows no finer detail."""
_HIGHWAYS = words(
    """
    cycleway footway living_street motorway motorway_link path pedestrian primary primary_link
    residential secondary secondary_link service steps tertiary tertiary_link trunk trunk_link
    unclassified
    """
)
_GREEN = {"leisure": {"park", "garden", "playground", "pitch"}, "landuse": {"grass", "forest"}}
_PLACES = {"city", "suburb", "neighbourhood", "square"}


def map_features(extract: Path) -> Iterator[dict[str, Any]]:
    """GeoJSON features with `layer` (water, green, building, street, rail, label), `kind`, `name`.

    Buildings have `levels` where OSM gives them; streets and rails in a tunnel have `tunnel`.
    """
    box = shapely.box(*_bounds(extract))
    shores: list[LineString] = []
    items: Iterable[Any] = osmium.FileProcessor(extract).with_locations().with_areas()
    for item in items:
        tags = dict(item.tags)
        if item.is_way() and tags.get("natural") == "coastline":
            shores += _runs(item)
        elif item.is_way() and tags.get("natural") == "water" and len(_runs(item)) == 1:
            yield from _cut_water(item, tags, box)
        for layer, kind, shape in _layers(item, tags):
            yield _feature(layer, kind, tags, shape, _id(item))
    for shape in _sea(shores, box):
        yield _feature("water", "sea", {}, shape, "")


def _layers(item: Any, tags: Mapping[str, str]) -> Iterator[tuple[str, str, BaseGeometry]]:
    if item.is_node():
        kind = tags.get("railway") if tags.get("railway") == "station" else tags.get("place")
        if kind in _PLACES | {"station"} and "name" in tags:
            yield "label", tags.get("station", kind), Point(item.lon, item.lat)
    elif item.is_way():
        is_area = tags.get("area") == "yes"
        highway, railway = tags.get("highway"), tags.get("railway")
        for line in _runs(item):
            if highway in _HIGHWAYS and not is_area:
                yield "street", highway, line
            elif railway in {"rail", "tram", "subway"}:
                yield "rail", railway, line
    elif item.is_area():
        yield from _areas(item, tags)


def _areas(item: Any, tags: Mapping[str, str]) -> Iterator[tuple[str, str, BaseGeometry]]:
    shape = shapely.from_wkb(WKBFactory().create_multipolygon(item))
    building, highway = tags.get("building", "no"), tags.get("highway")
    green = next((tags[key] for key, kinds in _GREEN.items() if tags.get(key) in kinds), None)
    if building != "no":
        yield "building", building, shape
    elif tags.get("natural") == "water":
        yield "water", tags.get("water", "water"), shape
    elif green:
        yield "green", green, shape
    elif highway == "pedestrian" or tags.get("place") == "square":
        yield "street", "square", shape
    if tags.get("place") in _PLACES and "name" in tags:
        yield "label", tags["place"], shape.point_on_surface()


def _feature(
    layer: str, kind: str, tags: Mapping[str, str], shape: BaseGeometry, identifier: str
) -> dict[str, Any]:
    shape = shapely.set_precision(shape.simplify(_TOLERANCE), 1e-6)
    properties = {
        "@id": identifier,
        "layer": layer,
        "kind": kind,
        "name": tags.get("name", ""),
        "levels": tags.get("building:levels", ""),
        "tunnel": tags.get("tunnel", "").replace("no", ""),
    }
    return {
        "type": "Feature",
        "properties": {key: value for key, value in properties.items() if value},
        "geometry": shapely.geometry.mapping(shape),
    }


def _runs(way: Any) -> list[LineString]:
    """The parts of a way whose nodes are in the extract."""
    groups = itertools.groupby(way.nodes, key=lambda node: node.location.valid())
    runs = [[(node.lon, node.lat) for node in nodes] for is_there, nodes in groups if is_there]
    if len(runs) > 1 and runs[0][0] == runs[-1][-1]:
        # A ring with a gap: its first and last run are one.
        runs[0] = runs.pop() + runs[0][1:]
    return [LineString(run) for run in runs if len(run) > 1]


def _cut_water(way: Any, tags: Mapping[str, str], box: Polygon) -> Iterator[dict[str, Any]]:
    """A lake or bay that the box cuts off: the smaller face beside its shore."""
    run = _runs(way)[0]
    if not run.is_closed:
        smaller = min(_faces([run], box), key=lambda face: face.area)
        yield _feature("water", "water", tags, smaller, _id(way))


def _sea(shores: list[LineString], box: Polygon) -> list[Polygon]:
    """The faces of the box that lie to the right of a shore."""
    water = shapely.MultiPoint(
        [point for shore in shores for point in shore.offset_curve(-1e-6).coords]
    )
    land = shapely.MultiPoint(
        [point for shore in shores for point in shore.offset_curve(1e-6).coords]
    )
    return [
        face
        for face in _faces(shores, box)
        if len(_parts(face.intersection(water))) > len(_parts(face.intersection(land)))
    ]


def _faces(lines: list[LineString], box: Polygon) -> list[Polygon]:
    """The faces into which the lines divide the box, once extended to its edge."""
    edge = box.exterior
    longer = []
    for line in lines:
        ends = [edge.interpolate(edge.project(Point(line.coords[end]))) for end in (0, -1)]
        longer.append(LineString([ends[0], *line.coords, ends[1]]))
    return list(polygonize(unary_union(MultiLineString([*longer, edge]))))


def _parts(shape: BaseGeometry) -> list[Any]:
    return list(getattr(shape, "geoms", [] if shape.is_empty else [shape]))


def _bounds(extract: Path) -> tuple[float, float, float, float]:
    """West, south, east, north."""
    box = osmium.FileProcessor(extract).header.box()
    return box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat


def _id(item: Any) -> str:
    if item.is_area():
        return f"{'way' if item.from_way() else 'relation'}/{item.orig_id()}"
    return f"{'node' if item.is_node() else 'way'}/{item.id}"
