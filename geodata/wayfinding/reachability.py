"""Checks that every place and shelf of a plan can be reached from an entrance."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence

import rustworkx as rx

from geodata.floorplans.plan import FloorPlan, PlaceKind, Position
from geodata.floorplans.problems import Problem, error, warning
from geodata.floorplans.shelves import STANDING_M, outward
from geodata.wayfinding.network import Network
from geodata.wayfinding.profiles import STEP_FREE, WALKING

OPTIONAL = (PlaceKind.SHOP, PlaceKind.FACILITY)
"""Places that are reported as warnings: maps of malls have gaps."""
MAX_SIGHT_LINES = 1_000_000
"""Takes a few seconds; ten times what the malls and stores seen so far need."""
FOR_EVER = dt.datetime.max.replace(tzinfo=dt.UTC)

Target = tuple[str, str, Position]
"""A path into the plan, a name, and the position where a shopper stands to use it."""


def reach_problems(plan: FloorPlan) -> tuple[Problem, ...]:
    """Find the places and aisles that cannot be reached, ignoring blocked areas.

    An aisle, a till or a counter that no entrance leads to on foot is an error. A shop or a
    facility, and a place that is not reachable step-free, is a warning. The plan must have no
    errors in `plan_problems`.
    """
    if not plan.has_map:
        return ()
    cleared = dataclasses.replace(plan, blocked=())
    try:
        walking, step_free = (Network(cleared, each, FOR_EVER) for each in (WALKING, STEP_FREE))
    except ValueError as too_many_corners:
        return (error("too_many", "levels", str(too_many_corners)),)
    targets = list(_targets(cleared))
    if walking.sight_lines([position for _, _, position in targets]) > MAX_SIGHT_LINES:
        message = "the floors have too many corners to check all places and shelves"
        return (error("too_many", "places", message, "Split the plan or simplify it."),)
    pieces = list(_pieces(walking))
    on_foot = _cut_off(walking, targets)
    rolling = [path for path in _cut_off(step_free, targets) if path not in on_foot]
    hint = "Draw a walkable way to it, or remove the obstacle."
    optional = {f"places[{i}]" for i, place in enumerate(plan.places) if place.kind in OPTIONAL}
    return (
        *pieces,
        *(
            (warning if path in optional else error)("unreachable", path, message, hint)
            for path, message in on_foot.items()
        ),
        *(warning("not_step_free", path, "cannot be reached without steps") for path in rolling),
    )


def _pieces(network: Network) -> Iterator[Problem]:
    plan = network.plan
    linked = {end for link in plan.links for end in (link.start, link.end)}
    nodes = {index for index, node in enumerate(plan.nodes) if node.id in linked}
    components = rx.weakly_connected_components(network.graph)
    parts = sorted((part & nodes for part in components if part & nodes), key=len, reverse=True)
    for part in parts[1:]:
        names = ", ".join(plan.nodes[vertex].id for vertex in sorted(part)[:3])
        message = f"{len(part)} nodes are not connected to the other nodes: {names}..."
        yield warning(
            "graph_in_pieces", "nodes", message, "Connect them by a link, or remove them."
        )


def _cut_off(network: Network, targets: Sequence[Target]) -> dict[str, str]:
    """Messages, by path into the plan, for the targets that no entrance leads to."""
    if not targets:
        return {}
    entrances = [place.position for place in network.plan.places_of(PlaceKind.ENTRANCE)]
    starts = entrances or [targets[0][2]]
    reached = network.reached(starts, [position for _, _, position in targets])
    out: dict[str, str] = {}
    for (path, name, _), is_reached in zip(targets, reached, strict=True):
        if not is_reached:
            out.setdefault(path, f"{name} cannot be reached from any entrance")
    return out


def _targets(plan: FloorPlan) -> Iterator[Target]:
    for index, place in enumerate(plan.places):
        if place.kind is not PlaceKind.ENTRANCE:
            yield f"places[{index}]", f"{place.kind.value} {place.name or place.id}", place.position
    aisles = {aisle.id: index for index, aisle in enumerate(plan.aisles)}
    for fixture in plan.fixtures:
        for face in fixture.faces:
            out = outward(fixture, face)
            x = (face.start[0] + face.end[0]) / 2 + STANDING_M * out[0]
            y = (face.start[1] + face.end[1]) / 2 + STANDING_M * out[1]
            path = f"aisles[{aisles.get(face.aisle, '?')}]"
            yield path, f"aisle {face.aisle}", Position(fixture.level, x, y)
