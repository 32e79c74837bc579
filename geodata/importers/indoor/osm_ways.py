"""Builds the walking graph of OSM ways, and infers the levels of ways without one."""

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import XY, Link, LinkKind, Node, Position
from geodata.floorplans.problems import Problem, warning
from geodata.importers.indoor.osm_tags import OsmObject

WAYS = ("footway", "steps", "path", "pedestrian", "corridor", "platform")
LIFT_M = 15.0
"""The length of a lift, equivalent to a wait of about ten seconds: OSM has no length."""
GROUND = "0"


@dataclass(slots=True)
class _Graph:
    """A graph under construction, with nodes by point and level."""

    nodes: dict[tuple[XY, str], Node] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)

    def node(self, point: XY, level: str) -> Node:
        key = (point, level)
        if key not in self.nodes:
            self.nodes[key] = Node(id=f"n{len(self.nodes)}", position=Position(level, *point))
        return self.nodes[key]


def graph_of(
    objects: Sequence[OsmObject], floors: Iterable[OsmObject], problems: list[Problem]
) -> tuple[tuple[Node, ...], tuple[Link, ...]]:
    """The nodes and links of all footways, steps and lifts (in metres).

    A way with one level is on that level. A way without a level gets the level of the ways and
    floors that it is connected to, else the ground level. The ends of steps, and of other ways
    over several levels, get the levels of the ways and floors that they join; their own tag
    decides only among several such levels, or without any.
    """
    ways = [o for o in objects if o.shape.geom_type == "LineString" and o.tag("highway") in WAYS]
    lifts = {p for o in objects if o.tag("highway") == "elevator" for p in _points(o.shape)}
    between = [way for way in ways if _changes_level(way)]
    flat = [way for way in ways if not _changes_level(way)]
    known: dict[XY, list[str]] = defaultdict(list)
    for level_object in (*(way for way in flat if way.levels), *floors):
        for point in _points(level_object.shape):
            if level_object.levels[0] not in known[point]:
                known[point].append(level_object.levels[0])
    inferred = _spread([way for way in flat if not way.levels], known, lifts, problems)
    graph = _Graph()
    for way in flat:
        points = _points(way.shape)
        _draw(graph, way, [way.levels[0] if way.levels else inferred[point] for point in points])
    for way in between:
        _draw(graph, way, _levels_along(way, known, inferred, problems))
    _join_levels(graph, lifts, problems)
    return tuple(graph.nodes.values()), tuple(graph.links)


def _changes_level(way: OsmObject) -> bool:
    return (
        way.tag("highway") == "steps"
        or len(way.levels) > 1
        or way.tag("conveying") not in ("", "no")
    )


def _points(shape: BaseGeometry) -> list[XY]:
    """The points rounded to a millimetre, so that one OSM node gives one point."""
    return [(round(x, 3), round(y, 3)) for x, y in shapely.get_coordinates(shape).tolist()]


def _spread(
    ways: Sequence[OsmObject],
    known: Mapping[XY, list[str]],
    lifts: set[XY],
    problems: list[Problem],
) -> dict[XY, str]:
    """The level of every point of ways without a level, by breadth-first search from the points
    with a known level."""
    beside: dict[XY, list[XY]] = defaultdict(list)
    for way in ways:
        for here, there in pairwise(_points(way.shape)):
            beside[here].append(there)
            beside[there].append(here)
    # Levels meet at a lift: the level of one way there says nothing about another.
    found = {point: known[point][0] for point in beside if point in known and point not in lifts}
    queue = deque(found)
    while queue:
        here = queue.popleft()
        for there in beside[here]:
            if there not in found:
                found[there] = found[here]
                queue.append(there)
    lost = [point for point in beside if point not in found]
    if lost:
        message = (
            f"{len(lost)} points of ways without a level are connected to no level: "
            f"assumed {GROUND}"
        )
        hint = "Tag the ways with their level."
        problems.append(warning("level_guessed", "features", message, hint))
    return found | dict.fromkeys(lost, GROUND)


def _levels_along(
    way: OsmObject,
    known: Mapping[XY, list[str]],
    inferred: Mapping[XY, str],
    problems: list[Problem],
) -> list[str]:
    """The level of each point of a way between levels; only its last stretch changes level."""
    points = _points(way.shape)

    def joined(point: XY) -> str | None:
        met = known.get(point) or ([inferred[point]] if point in inferred else [])
        return next((level for level in way.levels if level in met), met[0] if met else None)

    first, last = joined(points[0]), joined(points[-1])
    own = way.levels or (GROUND,)
    first = first or next((level for level in own if level != last), own[0])
    last = last or next((level for level in reversed(own) if level != first), own[-1])
    if len(way.levels) > 1 and not {first, last} >= {way.levels[0], way.levels[-1]}:
        message = f"is tagged {';'.join(way.levels)} but joins {first} and {last}"
        problems.append(warning("level_mismatch", way.id, message, "Check its level in OSM."))
    return [first] * (len(points) - 1) + [last]


def _draw(graph: _Graph, way: OsmObject, levels: Sequence[str]) -> None:
    """Add a way as links from point to point."""
    nodes = [graph.node(p, level) for p, level in zip(_points(way.shape), levels, strict=True)]
    conveying = way.tag("conveying")
    for number, (start, end) in enumerate(pairwise(nodes)):
        if conveying == "backward":
            start, end = end, start
        a, b = start.position, end.position
        graph.links.append(
            Link(
                id=f"{way.id}/{number}",
                start=start.id,
                end=end.id,
                length_m=math.dist((a.x_m, a.y_m), (b.x_m, b.y_m)),
                kind=_kind(way, a.level != b.level),
                width_m=_width_m(way),
                one_way=conveying in ("forward", "backward"),
                wheelchair={"yes": True, "no": False}.get(way.tag("wheelchair")),
            )
        )


def _kind(way: OsmObject, climbs: bool) -> LinkKind:
    moving, steps = way.tag("conveying") not in ("", "no"), way.tag("highway") == "steps"
    if moving:
        return LinkKind.ESCALATOR if steps else LinkKind.MOVING_WALKWAY
    if steps:
        return LinkKind.STEPS
    return LinkKind.RAMP if climbs or way.tag("incline") else LinkKind.WALK


def _width_m(way: OsmObject) -> float | None:
    try:
        width = float(way.tag("width").removesuffix("m").strip())
    except ValueError:
        return None
    return width if 0 < width < 1000 else None


def _join_levels(graph: _Graph, lifts: set[XY], problems: list[Problem]) -> None:
    """Join the nodes of one point on several levels: by a lift if there is one, else directly."""
    stacks: dict[XY, list[Node]] = defaultdict(list)
    for (point, _), node in graph.nodes.items():
        stacks[point].append(node)
    for point, stack in stacks.items():
        stack.sort(key=lambda node: float(node.position.level))
        for lower, upper in pairwise(stack):
            is_lift = point in lifts
            graph.links.append(
                Link(
                    id=f"{'lift' if is_lift else 'joint'}-{lower.id}-{upper.id}",
                    start=lower.id,
                    end=upper.id,
                    length_m=LIFT_M if is_lift else 0.0,
                    kind=LinkKind.LIFT if is_lift else LinkKind.WALK,
                )
            )
            if not is_lift:
                message = f"ways of levels {lower.position.level} and {upper.position.level} meet"
                hint = "They are joined; split the ways where they change level."
                problems.append(warning("levels_meet", f"nodes[{lower.id}]", message, hint))
