"""Reads a floor plan from GeoJSON with OSM indoor tags.

It reads Simple Indoor Tagging and plain `highway=*` with `level=*`. OSM ways join where they share
a node, so points with equal coordinates are one node. Corridors and pedestrian areas become
walkable floor, ways become links; `geodata.wayfinding` joins floors and links.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.frame import frame_along
from geodata.floorplans.plan import Fixture, FixtureKind, FloorPlan, Level
from geodata.floorplans.problems import Problem, warning
from geodata.floorplans.shapes import united, why_invalid
from geodata.importers.indoor.osm_places import places_of
from geodata.importers.indoor.osm_shafts import shafts_of
from geodata.importers.indoor.osm_tags import OsmObject, objects_of
from geodata.importers.indoor.osm_ways import WAYS, graph_of
from geodata.importers.indoor.result import ImportedPlan
from geodata.importers.report import ImporterError

FLOORS = ("corridor", "area")
"""Values of `indoor` with a walkable floor."""
STANDING = ("column", "wall")


def plan_from_osm(
    document: object, store: str, *, levels: Mapping[str, str] | None = None
) -> ImportedPlan:
    """Read a plan from features of OpenStreetMap.

    Args:
        document: a FeatureCollection in longitude and latitude, with tags as properties and ids
            such as `way/123`.
        store: the resource name of the store.
        levels: by feature id, a value that overrides the tag `level`, to correct a fault until OSM
            is corrected.

    Raises:
        ImporterError: no feature is on a level.
    """
    drawn = list(objects_of(document, levels or {}))
    indoor = [thing.shape for thing in drawn if thing.levels]
    if not indoor:
        raise ImporterError("document: no feature is on a level")
    frame = frame_along(shapely.GeometryCollection(indoor))
    things = [replace(thing, shape=frame.geometry_to_local(thing.shape)) for thing in drawn]
    problems: list[Problem] = []
    areas = list(_areas(things, problems))
    floors = _floors(areas)
    nodes, links = graph_of(things, areas, problems)
    more_nodes, more_links = shafts_of(things, floors, nodes, links)
    nodes, links = nodes + more_nodes, links + more_links
    places = tuple(places_of(things, floors, nodes, links, problems))
    used = {*floors, *(n.position.level for n in nodes), *(p.position.level for p in places)}
    plan = FloorPlan(
        store=store,
        frame=frame,
        levels=tuple(
            Level(id=level, ordinal=float(level), name=level, walkable=floors.get(level))
            for level in sorted(used, key=float)
        ),
        fixtures=tuple(_standing(things, floors)),
        places=places,
        nodes=nodes,
        links=links,
        attribution="© OpenStreetMap contributors",
    )
    return ImportedPlan(plan, tuple(problems))


def _areas(things: Sequence[OsmObject], problems: list[Problem]) -> Iterator[OsmObject]:
    for thing in things:
        walkable = thing.tag("highway") in WAYS or thing.tag("indoor") in FLOORS
        if not walkable or not isinstance(thing.shape, Polygon | MultiPolygon):
            continue
        if not thing.levels:
            message = "the area has no level: left out"
            problems.append(warning("no_level", thing.id, message, "Tag it with its level."))
        elif not thing.shape.is_valid:
            message = why_invalid(thing.shape)
            problems.append(warning("invalid_polygon", thing.id, message, "Left out."))
        else:
            yield thing


def _floors(areas: Sequence[OsmObject]) -> dict[str, Polygon | MultiPolygon]:
    by_level: dict[str, list[BaseGeometry]] = defaultdict(list)
    for area in areas:
        for level in area.levels:
            by_level[level].append(area.shape)
    floors = {level: united(shapes) for level, shapes in by_level.items()}
    return {
        level: floor for level, floor in floors.items() if isinstance(floor, Polygon | MultiPolygon)
    }


def _standing(
    things: Sequence[OsmObject], floors: Mapping[str, Polygon | MultiPolygon]
) -> Iterator[Fixture]:
    for thing in things:
        if thing.tag("indoor") not in STANDING or not isinstance(thing.shape, Polygon):
            continue
        for level in thing.levels:
            if level in floors and floors[level].intersects(thing.shape):
                kind = FixtureKind.OBSTACLE
                yield Fixture(id=thing.id, level=level, outline=thing.shape, kind=kind)
