"""Draws the floor of a level: walls, rooms, fixtures, links and blocked areas."""

import datetime as dt
import math

import shapely

from geodata.floorplans.drawing.canvas import Canvas, shortened
from geodata.floorplans.drawing.theme import Theme
from geodata.floorplans.plan import XY, Face, Fixture, FixtureKind, FloorPlan, Level


def draw_floor(
    canvas: Canvas, theme: Theme, plan: FloorPlan, level: Level, at: dt.datetime | None
) -> None:
    """Draw the parts of a level that do not depend on an overlay."""
    shell = level.outline or level.walkable
    if shell is not None:
        canvas.shape(None, shell, fill=theme.floor, stroke=theme.wall, stroke_width=3)
    if level.outline is not None and level.walkable is not None:
        canvas.shape(None, level.walkable, fill=theme.floor)
    _draw_rooms(canvas, theme, plan, level)
    _draw_fixtures(canvas, theme, plan, level)
    _draw_links(canvas, theme, plan, level)
    _draw_blocked(canvas, theme, plan, level, at)


def department_colours(theme: Theme, plan: FloorPlan) -> dict[str, str]:
    """The colour of each department, in the plan's order."""
    return {
        department.id: theme.departments[number % len(theme.departments)]
        for number, department in enumerate(plan.departments)
    }


def _draw_rooms(canvas: Canvas, theme: Theme, plan: FloorPlan, level: Level) -> None:
    rooms = canvas.group(fill=theme.room, stroke=theme.wall, stroke_width=1)
    names = canvas.group(fill=theme.quiet, text_anchor="middle")
    for place in plan.places:
        if place.position.level != level.id or place.outline is None:
            continue
        canvas.shape(rooms, place.outline)
        west, south, east, north = place.outline.bounds
        room_m = north - south if canvas.turn_deg else east - west
        fits = int(room_m * canvas.px_per_m / 4.5)
        if place.name and fits >= 4:
            middle = place.outline.representative_point()
            x, y = canvas.to_px((middle.x, middle.y))
            canvas.text(names, (x, y + 3), shortened(place.name, fits), 8.5)


def _draw_fixtures(canvas: Canvas, theme: Theme, plan: FloorPlan, level: Level) -> None:
    colours = department_colours(theme, plan)
    plain = {FixtureKind.COUNTER: theme.counter, FixtureKind.OBSTACLE: theme.obstacle}
    fixtures = [fixture for fixture in plan.fixtures if fixture.level == level.id]
    bodies = canvas.group(stroke=theme.wall, stroke_width=1.6, stroke_linejoin="round")
    goods = canvas.group()
    bays = canvas.group(stroke=theme.floor, stroke_width=0.8, stroke_opacity=0.7)
    for fixture in fixtures:
        canvas.shape(bodies, fixture.outline, fill=plain.get(fixture.kind, theme.shelf))
        for face in fixture.faces:
            near = [along(face, bay / face.bays) for bay in range(face.bays + 1)]
            depth_x, depth_y = _depth(fixture, face)
            far = [(x + depth_x, y + depth_y) for x, y in near]
            colour = colours.get(face.department, theme.shelf)
            canvas.shape(goods, shapely.Polygon([near[0], near[-1], far[-1], far[0]]), fill=colour)
            for line in zip(near[1:-1], far[1:-1], strict=True):
                canvas.shape(bays, shapely.LineString(line))


def _depth(fixture: Fixture, face: Face) -> XY:
    """The vector from the edge of a face through its fixture: to the middle if it has two sides."""
    (x0, y0), (x1, y1) = face.start, face.end
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    nx, ny = -(y1 - y0) / length, (x1 - x0) / length
    centre = fixture.outline.centroid
    to_middle = nx * (centre.x - x0) + ny * (centre.y - y0)
    two_sided = len({face.side for face in fixture.faces}) > 1
    depth = to_middle if two_sided else 2 * to_middle
    return depth * nx, depth * ny


def along(face: Face, share: float) -> XY:
    """The point at `share` of the edge of a face, from its start (0) to its end (1)."""
    return (
        face.start[0] + share * (face.end[0] - face.start[0]),
        face.start[1] + share * (face.end[1] - face.start[1]),
    )


def _draw_links(canvas: Canvas, theme: Theme, plan: FloorPlan, level: Level) -> None:
    at = {node.id: node.position for node in plan.nodes}
    lines = canvas.group(stroke=theme.quiet, stroke_width=1, stroke_opacity=0.35, fill="none")
    for link in plan.links:
        start, end = at[link.start], at[link.end]
        if start.level == end.level == level.id:
            ends = [(start.x_m, start.y_m), (end.x_m, end.y_m)]
            canvas.shape(lines, shapely.LineString(ends))


def _draw_blocked(
    canvas: Canvas, theme: Theme, plan: FloorPlan, level: Level, at: dt.datetime | None
) -> None:
    aisles = {aisle.id: aisle.area for aisle in plan.aisles if aisle.level == level.id}
    blocks = [b for b in plan.blocked if b.level == level.id and (at is None or b.active(at))]
    if not blocks:
        return
    pattern = canvas.add(
        "pattern",
        canvas.add("defs"),
        id="blocked",
        width=8,
        height=8,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    canvas.add("rect", pattern, width=8, height=8, fill=theme.blocked, fill_opacity=0.15)
    canvas.add("rect", pattern, width=3, height=8, fill=theme.blocked, fill_opacity=0.55)
    for block in blocks:
        whole = None if block.aisle else level.walkable
        outline = block.outline or aisles.get(block.aisle) or whole
        if outline is not None:
            canvas.shape(None, outline, fill="url(#blocked)", stroke=theme.blocked, stroke_width=1)
