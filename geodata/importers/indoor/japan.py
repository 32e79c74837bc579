"""Reads a floor plan from the Japanese indoor format: GeoJSON layers with a walking graph.

Fields and codes follow the specifications of the Geospatial Information Authority (hierarchical
indoor geospatial data) and of the Ministry of Land, Infrastructure, Transport and Tourism (spatial
network model for pedestrians, 2018). Walks use only the published graph.
"""

from collections.abc import Mapping
from typing import Any

import shapely
from shapely import Polygon

from geodata.floorplans.frame import LocalFrame, frame_along
from geodata.floorplans.plan import (
    Fixture,
    FixtureKind,
    FloorPlan,
    Level,
    Link,
    LinkKind,
    Node,
    Place,
    PlaceKind,
    Position,
)
from geodata.floorplans.problems import Problem, error, warning
from geodata.importers.indoor.doors import DOOR_M, door_of
from geodata.importers.indoor.result import (
    ImportedPlan,
    features_of,
    ordinal_of,
    polygon_of,
    properties_of,
    shape_of,
)
from geodata.importers.record import clean
from geodata.importers.report import ImporterError

KINDS = {
    "2": LinkKind.MOVING_WALKWAY,
    "4": LinkKind.LIFT,
    "5": LinkKind.ESCALATOR,
    "6": LinkKind.STEPS,
    "7": LinkKind.RAMP,
}
"""Link kinds by `route_type`; other values are plain ways."""
WIDTHS_M = {"2": 1.0, "3": 2.0, "4": 3.0}
"""Lower bounds of the classes of `width`; class 1, below one metre, has none."""
SPACES = {"B001": PlaceKind.SHOP, "B007": PlaceKind.FACILITY, "B008": PlaceKind.FACILITY}
"""Place kinds by `category`: shops and toilets."""
AT_THE_DOORS = 2
"""The value of `in_out` of a node between inside and outside."""


def plan_from_japanese(document: object, store: str) -> ImportedPlan:
    """Read a plan from its layers.

    Args:
        document: GeoJSON FeatureCollections by layer name (`Floor`, `Space`, `Opening`, `Fixture`,
            `Node`, `Link`), in longitude and latitude; or a document with such `layers`.
        store: the resource name of the store.

    Raises:
        ImporterError: the document has no floor.
    """
    layers = document.get("layers", document) if isinstance(document, Mapping) else {}
    floors = _layer(layers, "Floor")
    outlines = {
        id: outline
        for properties, geometry in floors
        if (id := clean(properties.get("id"))) and (outline := polygon_of(geometry)) is not None
    }
    if not outlines:
        raise ImporterError("document: has no layer 'Floor' with polygons")
    frame = frame_along(shapely.GeometryCollection(list(outlines.values())))
    problems: list[Problem] = []
    levels = {
        _ordinal(properties): Level(
            id=_ordinal(properties),
            ordinal=ordinal_of(properties, "Floor"),
            name=clean(properties.get("name")) or _ordinal(properties),
            outline=frame.geometry_to_local(outlines[id]),  # type: ignore[arg-type]
        )
        for properties, _ in floors
        if (id := clean(properties.get("id"))) in outlines
    }
    on_level = {clean(properties.get("id")): _ordinal(properties) for properties, _ in floors}
    nodes, entrances = _nodes(layers, frame, levels)
    return ImportedPlan(
        FloorPlan(
            store=store,
            frame=frame,
            levels=tuple(sorted(levels.values(), key=lambda level: level.ordinal)),
            fixtures=_fixtures(layers, frame, on_level),
            places=(*entrances, *_spaces(layers, frame, on_level)),
            nodes=tuple(nodes.values()),
            links=_links(layers, nodes, problems),
        ),
        tuple(problems),
    )


def _layer(layers: object, name: str) -> list[tuple[dict[str, Any], object]]:
    if not isinstance(layers, Mapping) or name not in layers:
        return []
    found = features_of(layers[name], name)
    return [(properties_of(feature), feature.get("geometry")) for _, feature in found]


def _ordinal(properties: Mapping[str, Any]) -> str:
    return f"{ordinal_of(properties, 'Floor'):g}"


def _nodes(
    layers: object, frame: LocalFrame, levels: dict[str, Level]
) -> tuple[dict[str, Node], list[Place]]:
    """The nodes, and entrances at those between inside and outside; landings become levels."""
    nodes: dict[str, Node] = {}
    entrances: list[Place] = []
    for properties, geometry in _layer(layers, "Node"):
        point, level = shape_of(geometry), _ordinal(properties)
        if not isinstance(point, shapely.Point) or "node_id" not in properties:
            continue
        levels.setdefault(level, Level(id=level, ordinal=float(level), name=level))
        at = frame.geometry_to_local(point)
        identity = str(properties["node_id"])
        nodes[identity] = Node(id=identity, position=Position(level, at.x, at.y))  # type: ignore[attr-defined]
        if properties.get("in_out") == AT_THE_DOORS:
            entrances.append(
                Place(id=identity, kind=PlaceKind.ENTRANCE, position=nodes[identity].position)
            )
    return nodes, entrances


def _links(layers: object, nodes: Mapping[str, Node], problems: list[Problem]) -> tuple[Link, ...]:
    links = []
    for index, (properties, _) in enumerate(_layer(layers, "Link")):
        start, end = str(properties.get("start_id")), str(properties.get("end_id"))
        length = properties.get("distance")
        if start not in nodes or end not in nodes or not isinstance(length, int | float):
            message = "start_id and end_id must name nodes, and distance must be a number"
            problems.append(error("bad_link", f"Link[{index}]", message))
            continue
        direction = str(properties.get("direction"))
        if direction not in ("1", "2", "3"):
            message = f"unknown direction {direction!r}: assumed both directions"
            problems.append(warning("unknown_direction", f"Link[{index}].direction", message))
        start, end = (end, start) if direction == "3" else (start, end)
        kind = KINDS.get(str(properties.get("route_type")), LinkKind.WALK)
        links.append(
            Link(
                id=str(properties.get("link_id") or index),
                start=start,
                end=end,
                length_m=float(length),
                kind=kind,
                width_m=WIDTHS_M.get(str(properties.get("width"))),
                one_way=direction in ("2", "3"),
                wheelchair=_wheelchair(kind, properties),
            )
        )
    return tuple(links)


def _wheelchair(kind: LinkKind, properties: Mapping[str, Any]) -> bool | None:
    if kind is LinkKind.LIFT:
        # 3 and 5 are suitable for wheelchairs, 2 and 4 are not.
        return {"2": False, "3": True, "4": False, "5": True}.get(str(properties.get("elevator")))
    # A step of more than 2 cm.
    return False if str(properties.get("lev_diff")) == "2" else None


def _fixtures(
    layers: object, frame: LocalFrame, on_level: Mapping[str, str]
) -> tuple[Fixture, ...]:
    return tuple(
        Fixture(
            id=clean(properties.get("id")),
            level=on_level[floor],
            outline=frame.geometry_to_local(outline),  # type: ignore[arg-type]  # keeps the type
            kind=FixtureKind.OBSTACLE,
        )
        for properties, geometry in _layer(layers, "Fixture")
        if isinstance(outline := polygon_of(geometry), Polygon)
        and (floor := clean(properties.get("floor_id"))) in on_level
    )


def _spaces(layers: object, frame: LocalFrame, on_level: Mapping[str, str]) -> list[Place]:
    """The shops and facilities among the public spaces, each at its door."""
    openings = [
        frame.geometry_to_local(line)
        for _, geometry in _layer(layers, "Opening")
        if (line := shape_of(geometry)) is not None
    ]
    passages = shapely.GeometryCollection(
        [
            frame.geometry_to_local(outline)
            for properties, geometry in _layer(layers, "Space")
            if properties.get("category") == "B029"
            and (outline := polygon_of(geometry)) is not None
            and outline.is_valid
        ]
    )
    tree = shapely.STRtree(openings)
    places = []
    for properties, geometry in _layer(layers, "Space"):
        kind, outline = SPACES.get(str(properties.get("category"))), polygon_of(geometry)
        if kind is None or not isinstance(outline, Polygon):
            continue
        room = frame.geometry_to_local(outline)
        near = [openings[i] for i in tree.query(room, predicate="dwithin", distance=DOOR_M)]
        at = door_of(room, near, passages) or room.representative_point()
        level = on_level.get(clean(properties.get("floor_id")))
        if level is not None:
            places.append(
                Place(
                    id=str(properties.get("id")),
                    kind=kind,
                    position=Position(level, at.x, at.y),
                    name=clean(properties.get("name")),
                    outline=room,  # type: ignore[arg-type]  # keeps the type
                )
            )
    return places
