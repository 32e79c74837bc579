"""Joins levels by the lifts and stairs that mappers draw as rooms or points, away from any way.

Simple Indoor Tagging draws a lift or a staircase as a room on several levels (`stairs=yes`,
`room=elevator`, `repeat_on`), and no footway runs into it. Its door on each level is the drawn one,
else the point of its outline nearest to a floor or way.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import Link, LinkKind, Node, Position
from geodata.importers.indoor.doors import OPENS_WITHIN_M, door_of
from geodata.importers.indoor.osm_places import ways_by_level
from geodata.importers.indoor.osm_tags import OsmObject
from geodata.importers.indoor.osm_ways import LIFT_M

STAIRS_M = 8.0
"""The length of a flight of stairs between two levels, which OSM does not give for a room."""


def shafts_of(
    objects: Sequence[OsmObject],
    floors: Mapping[str, Polygon | MultiPolygon],
    nodes: Sequence[Node],
    links: Sequence[Link],
) -> tuple[tuple[Node, ...], tuple[Link, ...]]:
    """The nodes and links of lifts and stairs that no way touches (in metres)."""
    ways = ways_by_level(floors, nodes, links)
    doors = [o.shape for o in objects if o.tag("entrance") or o.tag("door")]
    touched = {(node.position.x_m, node.position.y_m) for node in nodes}
    new_nodes: list[Node] = []
    new_links: list[Link] = []
    for thing in objects:
        kind = _kind(thing)
        corners = {(round(x, 3), round(y, 3)) for x, y in shapely.get_coordinates(thing.shape)}
        if kind is None or len(thing.levels) < 2 or corners & touched:
            continue
        stack = list(_landings(thing, doors, ways))
        new_nodes += stack
        for node in stack:
            new_links += _to_way(node, nodes, floors)
        for lower, upper in pairwise(stack):
            new_links.append(
                Link(
                    id=f"{thing.id}/{lower.position.level}-{upper.position.level}",
                    start=lower.id,
                    end=upper.id,
                    length_m=LIFT_M if kind is LinkKind.LIFT else STAIRS_M,
                    kind=kind,
                    wheelchair={"yes": True, "no": False}.get(thing.tag("wheelchair")),
                )
            )
    return tuple(new_nodes), tuple(new_links)


def _kind(thing: OsmObject) -> LinkKind | None:
    if thing.shape.geom_type not in ("Point", "Polygon", "MultiPolygon"):
        return None
    if (
        thing.tag("highway") == "elevator"
        or thing.tag("room") in ("elevator", "lift")
        or thing.tag("elevator") == "yes"
    ):
        return LinkKind.LIFT
    is_stairs = thing.tag("stairs") == "yes" or thing.tag("room") in ("stairs", "staircase")
    return LinkKind.STEPS if is_stairs or thing.tag("highway") == "steps" else None


def _landings(
    thing: OsmObject, doors: Sequence[BaseGeometry], ways: Mapping[str, BaseGeometry]
) -> Iterator[Node]:
    """A node on each level on which a floor or way is near, the lowest first."""
    for level in sorted(thing.levels, key=float):
        way = ways.get(level)
        if way is None or way.is_empty or thing.shape.distance(way) > OPENS_WITHIN_M:
            continue
        point = door_of(thing.shape, doors, way)
        if point is not None:
            yield Node(id=f"{thing.id}@{level}", position=Position(level, point.x, point.y))


def _to_way(
    node: Node, nodes: Sequence[Node], floors: Mapping[str, Polygon | MultiPolygon]
) -> Iterator[Link]:
    """A link to the nearest node of a way, unless the landing lies at a floor, which joins it."""
    at = node.position
    floor = floors.get(at.level)
    if floor is not None and floor.distance(shapely.Point(at.x_m, at.y_m)) <= OPENS_WITHIN_M:
        spot = shapely.shortest_line(floor, shapely.Point(at.x_m, at.y_m))
        if spot.length < 0.01:
            return
    beside = [other for other in nodes if other.position.level == at.level]
    if not beside:
        return

    def away_m(other: Node) -> float:
        return math.dist((at.x_m, at.y_m), (other.position.x_m, other.position.y_m))

    nearest = min(beside, key=away_m)
    yield Link(
        id=f"{node.id}/way",
        start=node.id,
        end=nearest.id,
        length_m=away_m(nearest),
        kind=LinkKind.WALK,
    )
