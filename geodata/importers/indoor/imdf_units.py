"""The units of an IMDF venue, and the links between its levels."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import Link, LinkKind, Node, Position
from geodata.floorplans.problems import Problem, warning
from geodata.importers.indoor.doors import door_of

CONNECTORS = {
    "elevator": LinkKind.LIFT,
    "escalator": LinkKind.ESCALATOR,
    "stairs": LinkKind.STEPS,
    "ramp": LinkKind.RAMP,
}
"""The categories of units and relationships that connect levels."""
LIFT_M = 15.0
"""The length of a lift, equivalent to its wait: IMDF has no length."""
STOREY_M = 6.0
"""The least length of stairs, escalators and ramps between levels: IMDF has no length."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit, in metres of the plan."""

    id: str
    level: str
    category: str
    name: str
    outline: Polygon | MultiPolygon


def join_levels(
    units: Mapping[str, Unit],
    ordinals: Mapping[str, float],
    relationships: Sequence[Mapping[str, Any]],
    doors: Mapping[str, Sequence[BaseGeometry]],
    floors: Mapping[str, Polygon | MultiPolygon],
    problems: list[Problem],
) -> tuple[tuple[Node, ...], tuple[Link, ...]]:
    """Nodes at the doors of connected lifts, stairs, escalators and ramps, and their links.

    Args:
        units: the units by id.
        ordinals: the ordinals of the levels by id.
        relationships: the properties of the relationships.
        doors: the openings by level.
        floors: the walkable floors by level.
        problems: receives the guessed connections.
    """
    pairs = list(_related(units, relationships))
    if not pairs:
        pairs = list(_stacked(units, ordinals, problems))
    nodes: dict[str, Node] = {}
    links: list[Link] = []
    for lower, upper, one_way in pairs:
        for unit in (lower, upper):
            door = door_of(unit.outline, doors.get(unit.level, ()), floors.get(unit.level))
            at = door or unit.outline.representative_point()
            nodes[unit.id] = Node(id=unit.id, position=Position(unit.level, at.x, at.y))
        a, b = nodes[lower.id].position, nodes[upper.id].position
        kind = CONNECTORS[lower.category]
        across_m = math.dist((a.x_m, a.y_m), (b.x_m, b.y_m))
        links.append(
            Link(
                id=f"{lower.id}-{upper.id}",
                start=lower.id,
                end=upper.id,
                length_m=LIFT_M if kind is LinkKind.LIFT else max(across_m, STOREY_M),
                kind=kind,
                one_way=one_way,
            )
        )
    return tuple(nodes.values()), tuple(links)


def _related(
    units: Mapping[str, Unit], relationships: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Unit, Unit, bool]]:
    for related in relationships:
        ends = [_referred(units, related.get(end)) for end in ("origin", "destination")]
        start, end = ends
        if start is None or end is None or start.level == end.level:
            continue
        if start.category in CONNECTORS and end.category in CONNECTORS:
            yield start, end, related.get("direction") == "directed"


def _referred(units: Mapping[str, Unit], reference: object) -> Unit | None:
    return units.get(str(reference.get("id"))) if isinstance(reference, Mapping) else None


def _stacked(
    units: Mapping[str, Unit], ordinals: Mapping[str, float], problems: list[Problem]
) -> Iterator[tuple[Unit, Unit, bool]]:
    by_category: dict[str, list[Unit]] = defaultdict(list)
    for unit in units.values():
        if unit.category in CONNECTORS:
            by_category[unit.category].append(unit)
    storeys = list(pairwise(sorted(ordinals, key=lambda level: ordinals[level])))
    for category, alike in by_category.items():
        for low, high in storeys:
            above = [unit for unit in alike if unit.level == high]
            tree = shapely.STRtree([unit.outline for unit in above])
            for unit in (unit for unit in alike if unit.level == low):
                for index in tree.query(unit.outline, predicate="intersects").tolist():
                    message = f"{category} assumed to lead to {above[index].id} directly above"
                    problems.append(warning("guessed_connection", unit.id, message))
                    yield unit, above[index], False
