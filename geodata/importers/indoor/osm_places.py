"""Finds the shops, toilets and entrances among OSM objects, with their doors."""

from collections.abc import Iterator, Mapping, Sequence

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import Link, Node, Place, PlaceKind, Position
from geodata.floorplans.problems import Problem, warning
from geodata.importers.indoor.doors import OPENS_WITHIN_M, door_of
from geodata.importers.indoor.osm_tags import OsmObject

SHOPS = ("restaurant", "fast_food", "cafe", "bar", "ice_cream", "bank", "pharmacy", "post_office")
"""Values of `amenity` that count as shops."""
ROOMS = ("shop", "restaurant")
FACILITIES = ("toilets",)
Floors = Mapping[str, Polygon | MultiPolygon]


def places_of(
    objects: Sequence[OsmObject],
    floors: Floors,
    nodes: Sequence[Node],
    links: Sequence[Link],
    problems: list[Problem],
) -> Iterator[Place]:
    """The shops, toilets and entrances among objects in metres.

    The door of a room is the door drawn on its outline, else the point of the outline nearest to a
    floor or way of its level.
    """
    ways = ways_by_level(floors, nodes, links)
    doors = [o.shape for o in objects if o.tag("entrance") or o.tag("door")]
    for thing in objects:
        kind = _kind(thing)
        if kind is PlaceKind.ENTRANCE:
            if (at := _entrance(thing, nodes)) is not None:
                yield Place(id=thing.id, kind=kind, position=at, name=thing.tag("name"))
        elif kind is not None and thing.levels:
            level, outline = thing.levels[0], thing.shape
            room = outline if isinstance(outline, Polygon) else None
            point = door_of(outline, doors, ways.get(level))
            if point is None:
                point = outline.representative_point()
                message = f"{thing.tag('name') or thing.id} has no way within {OPENS_WITHIN_M:g} m"
                problems.append(warning("no_door", thing.id, message, "Draw its door."))
            at = Position(level, point.x, point.y)
            yield Place(id=thing.id, kind=kind, position=at, name=thing.tag("name"), outline=room)


def _kind(thing: OsmObject) -> PlaceKind | None:
    if thing.tag("shop") == "mall":
        return None
    if thing.tag("shop") or thing.tag("room") in ROOMS or thing.tag("amenity") in SHOPS:
        return PlaceKind.SHOP
    if thing.tag("amenity") in FACILITIES:
        return PlaceKind.FACILITY
    is_entrance = thing.tag("entrance") and thing.shape.geom_type == "Point"
    return PlaceKind.ENTRANCE if is_entrance else None


def _entrance(thing: OsmObject, nodes: Sequence[Node]) -> Position | None:
    """The position of an entrance: on its tagged level, else on that of the way through it."""
    [[x, y]] = shapely.get_coordinates(thing.shape)
    if thing.levels:
        return Position(thing.levels[0], float(x), float(y))
    at = (round(float(x), 3), round(float(y), 3))
    met = (node.position for node in nodes)
    return next((spot for spot in met if (spot.x_m, spot.y_m) == at), None)


def ways_by_level(
    floors: Floors, nodes: Sequence[Node], links: Sequence[Link]
) -> dict[str, BaseGeometry]:
    """All walkable floors and ways by level."""
    at = {node.id: node.position for node in nodes}
    drawn: dict[str, list[BaseGeometry]] = {level: [floor] for level, floor in floors.items()}
    for link in links:
        start, end = at[link.start], at[link.end]
        if start.level == end.level:
            line = shapely.LineString([(start.x_m, start.y_m), (end.x_m, end.y_m)])
            drawn.setdefault(start.level, []).append(line)
    return {level: shapely.GeometryCollection(shapes) for level, shapes in drawn.items()}
