"""Checks the drawing of a floor plan (`geodata.wayfinding.reachability` checks its paths)."""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import (
    Aisle,
    BlockedArea,
    Fixture,
    FloorPlan,
    Node,
    Place,
    PlaceKind,
)
from geodata.floorplans.problems import Problem, error, summed_up, warning
from geodata.floorplans.shapes import shared, why_invalid, without

MAX_PARTS = 5_000
"""The largest number of parts of each kind: levels, aisles, fixtures, places, nodes, links..."""
MAX_VERTICES = 20_000
MAX_ENDS = 200
"""The largest number each of entrances, tills and counters: a walk may start or end at any."""
MAX_TEXT = 500
MAX_EXTENT_M = 5_000.0
OVERLAP_M2 = 0.02
"""Tolerated overlap of two fixtures: they may touch, and drawings are imprecise."""
OUTSIDE_M2 = 0.02
OFF_FIXTURE_M = 0.5
STANDING = (Fixture, Place, Node, BlockedArea)
"""Parts that need a level; aisles and departments of a plan without a map have none."""
MAX_OVERLAPS = 20_000
"""The largest number of pairs of fixtures with overlapping boxes: bounds the work."""


def plan_problems(plan: FloorPlan) -> tuple[Problem, ...]:
    """Check the names, references, polygons and fixtures of a plan.

    A plan over the size limits gets only that problem and no other check, so the work is bounded.
    """
    if too_large := tuple(_too_large(plan)):
        return too_large
    broken = [*_broken_geometry(plan)]
    found = chain(
        _periods(plan),
        _long_texts(plan),
        _repeated_ids(plan),
        _unknown_references(plan),
        _bad_faces(plan),
        _bad_links(plan),
        broken,
        [] if broken else chain(_off_the_floor(plan), _overlapping_fixtures(plan)),
    )
    return summed_up(found)


def _too_large(plan: FloorPlan) -> Iterator[Problem]:
    for field, parts in _parts(plan):
        if len(parts) > MAX_PARTS:
            message = f"has {len(parts)} entries, the limit is {MAX_PARTS}"
            yield error("too_many", field, message, "Split the plan or simplify it.")
    for kind in (PlaceKind.ENTRANCE, PlaceKind.TILL, PlaceKind.COUNTER):
        if (count := len(plan.places_of(kind))) > MAX_ENDS:
            message = f"has {count} places of kind {kind.value}, the limit is {MAX_ENDS}"
            yield error("too_many", "places", message)
    vertices = sum(int(shapely.get_num_coordinates(shape)) for _, shape in _shapes(plan))
    if vertices > MAX_VERTICES:
        message = f"the polygons have {vertices} points, the limit is {MAX_VERTICES}"
        yield error("too_many", "", message, "Simplify the outlines.")


def _periods(plan: FloorPlan) -> Iterator[Problem]:
    periods = [("", "effective", plan.effective_from, plan.effective_until)]
    for index, block in enumerate(plan.blocked):
        periods.append((f"blocked[{index}].", "blocked", block.blocked_from, block.blocked_until))
    for path, name, start, end in periods:
        if any(instant is not None and instant.tzinfo is None for instant in (start, end)):
            yield error("no_offset", f"{path}{name}_from", "instants must have a UTC offset")
        elif start and end and end <= start:
            yield error("empty_period", f"{path}{name}_until", f"must be after {name}_from")


def _long_texts(plan: FloorPlan) -> Iterator[Problem]:
    for field, parts in (("", (plan,)), *_parts(plan)):
        for index, part in enumerate(parts):
            for name, value in _texts(part):
                if len(value) > MAX_TEXT:
                    path = f"{field}[{index}].{name}" if field else name
                    message = f"has {len(value)} characters, the limit is {MAX_TEXT}"
                    yield error("text_too_long", path, message)


def _repeated_ids(plan: FloorPlan) -> Iterator[Problem]:
    for field, parts in _parts(plan):
        # Two floors may have aisles with the same number.
        counts = Counter(
            (str(getattr(part, "id", "")), part.level if isinstance(part, Aisle) else "")
            for part in parts
        )
        for (identity, _), count in counts.items():
            if not identity:
                yield error("missing_id", field, "every entry must have an id")
            elif count > 1:
                yield error("repeated_id", field, f"{identity!r} is used {count} times")


def _unknown_references(plan: FloorPlan) -> Iterator[Problem]:
    levels = {level.id for level in plan.levels}
    aisles = {aisle.id for aisle in plan.aisles}
    nodes = {node.id for node in plan.nodes}
    for field, parts in _parts(plan):
        for index, part in enumerate(parts):
            level = getattr(part, "level", "") or getattr(
                getattr(part, "position", None), "level", ""
            )
            if level not in levels and (level or isinstance(part, STANDING)):
                yield error("unknown_level", f"{field}[{index}].level", f"no level {level!r}")
    for index, fixture in enumerate(plan.fixtures):
        for row, face in enumerate(fixture.faces):
            path = f"fixtures[{index}].faces[{row}]"
            if face.aisle not in aisles:
                yield error("unknown_aisle", f"{path}.aisle", f"no aisle {face.aisle!r}")
    for index, link in enumerate(plan.links):
        for end in ("start", "end"):
            if (node := getattr(link, end)) not in nodes:
                yield error("unknown_node", f"links[{index}].{end}", f"no node {node!r}")
    for index, block in enumerate(plan.blocked):
        if block.aisle and block.aisle not in aisles:
            yield error("unknown_aisle", f"blocked[{index}].aisle", f"no aisle {block.aisle!r}")


def _bad_faces(plan: FloorPlan) -> Iterator[Problem]:
    for index, fixture in enumerate(plan.fixtures):
        for row, face in enumerate(fixture.faces):
            path = f"fixtures[{index}].faces[{row}]"
            if face.bays < 1 or face.first_bay < 1:
                yield error("bad_bays", f"{path}.bays", "bays and first_bay must be at least 1")
            if not all(math.isfinite(metre) for metre in (*face.start, *face.end)):
                yield error("out_of_range", path, "start and end must be finite")
            elif face.start == face.end:
                yield error("empty_face", path, "start and end are the same point")
            elif fixture.outline.is_valid and any(
                fixture.outline.distance(shapely.Point(end)) > OFF_FIXTURE_M
                for end in (face.start, face.end)
            ):
                message = f"is more than {OFF_FIXTURE_M:g} m from its fixture {fixture.id!r}"
                yield warning("face_off_fixture", path, message, "Draw it along the outline.")


def _bad_links(plan: FloorPlan) -> Iterator[Problem]:
    for index, link in enumerate(plan.links):
        if not (math.isfinite(link.length_m) and link.length_m >= 0):
            message = f"must be finite and not negative, got {link.length_m}"
            yield error("bad_length", f"links[{index}].length_m", message)
        if link.width_m is not None and not link.width_m > 0:
            message = f"must be positive, got {link.width_m}"
            yield error("bad_width", f"links[{index}].width_m", message)


def _broken_geometry(plan: FloorPlan) -> Iterator[Problem]:
    points = chain(
        ((f"places[{i}].position", p.position) for i, p in enumerate(plan.places)),
        ((f"nodes[{i}].position", n.position) for i, n in enumerate(plan.nodes)),
    )
    for path, at in points:
        if not (abs(at.x_m) <= MAX_EXTENT_M and abs(at.y_m) <= MAX_EXTENT_M):
            yield error("out_of_range", path, f"must be within {MAX_EXTENT_M:g} m of the origin")
    for path, shape in _shapes(plan):
        if shape.is_empty:
            yield error("empty_polygon", path, "has no area", "Draw it or leave it out.")
        elif not all(abs(bound) <= MAX_EXTENT_M for bound in shape.bounds):
            yield error("out_of_range", path, f"must be within {MAX_EXTENT_M:g} m of the origin")
        elif not shape.is_valid:
            reason = why_invalid(shape)
            hint = "Draw the outline as one closed line that does not cross itself."
            yield error("invalid_polygon", path, reason, hint)


def _off_the_floor(plan: FloorPlan) -> Iterator[Problem]:
    floors = {level.id: level.walkable for level in plan.levels if level.walkable is not None}
    shapely.prepare(list(floors.values()))
    for index, fixture in enumerate(plan.fixtures):
        floor = floors.get(fixture.level)
        if floor is None or floor.covers(fixture.outline):
            continue
        outside = without(fixture.outline, floor).area
        path = f"fixtures[{index}].outline"
        if not floor.intersects(fixture.outline):
            message = f"fixture {fixture.id!r} is outside the floor of level {fixture.level!r}"
            yield error("fixture_off_floor", path, message, "Move it, or check its level.")
        elif outside > OUTSIDE_M2:
            message = f"{outside:.2f} m² of fixture {fixture.id!r} are outside the floor"
            yield warning("fixture_off_floor", path, message, "Move it, or widen the floor.")


def _overlapping_fixtures(plan: FloorPlan) -> Iterator[Problem]:
    outlines = [fixture.outline for fixture in plan.fixtures]
    tree = shapely.STRtree(outlines)
    checked = 0
    for i, (one, outline) in enumerate(zip(plan.fixtures, outlines, strict=True)):
        for j in sorted(tree.query(outline).tolist()):
            other = plan.fixtures[j]
            if i >= j or one.level != other.level:
                continue
            checked += 1
            if checked > MAX_OVERLAPS:
                # A code of its own: `summed_up` would count it as one more overlap.
                message = (
                    f"over {MAX_OVERLAPS} pairs of fixtures may overlap; the rest is unchecked"
                )
                yield error("too_many", "fixtures", message, "Move the fixtures apart.")
                return
            overlap_m2 = shared(outline, other.outline).area
            if overlap_m2 > OVERLAP_M2:
                message = f"{one.id!r} and {other.id!r} overlap by {overlap_m2:.2f} m²"
                yield error("overlapping_fixtures", f"fixtures[{i}].outline", message, "Move one.")


def _parts(plan: FloorPlan) -> tuple[tuple[str, Sequence[object]], ...]:
    return tuple(
        (field.name, getattr(plan, field.name))
        for field in dataclasses.fields(plan)
        if isinstance(getattr(plan, field.name), tuple)
    )


def _texts(part: object) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(part):  # type: ignore[arg-type]  # every part is a dataclass
        if isinstance(value := getattr(part, field.name), str):
            yield field.name, value


def _shapes(plan: FloorPlan) -> Iterator[tuple[str, BaseGeometry]]:
    for field, parts in _parts(plan):
        for index, part in enumerate(parts):
            for name in ("outline", "walkable", "area"):
                shape = getattr(part, name, None)
                if isinstance(shape, Polygon | shapely.MultiPolygon):
                    yield f"{field}[{index}].{name}", shape
