"""Draws the signs of a store: aisle numbers, entrances, tills, counters, lifts and stairs."""

import math

from geodata.floorplans.drawing.canvas import Canvas, shortened
from geodata.floorplans.drawing.floor import along
from geodata.floorplans.drawing.theme import Theme
from geodata.floorplans.plan import XY, Aisle, FloorPlan, Level, LinkKind, PlaceKind

BADGE_PX = 8.5
LIFT = "m-5 -2.5l2.5 -3.5l2.5 3.5zm5 5l2.5 3.5l2.5 -3.5z"
"""Two triangles, up and down."""
STAIRS = "m-6 5h3v-3h3v-3h3v-3h3"
SHAFTS = {LinkKind.LIFT: LIFT, LinkKind.STEPS: STAIRS, LinkKind.ESCALATOR: STAIRS}
"""The path of the sign of a link between levels, from the middle of its badge."""
AISLE_SIGN_M = 1.1
"""Distance of the sign of an aisle before its first bay."""


def draw_signs(canvas: Canvas, theme: Theme, plan: FloorPlan, level: Level) -> None:
    """Draw the numbers of the aisles."""
    signs = canvas.group(
        font_weight=600, text_anchor="middle", fill=theme.paper, stroke_linejoin="round"
    )
    for aisle in plan.aisles:
        if aisle.level == level.id and (sign := _sign(plan, aisle)):
            x, y = canvas.to_px(sign)
            half = max(BADGE_PX, 3.2 * len(aisle.id) + 3)
            canvas.add(
                "rect",
                signs,
                x=x - half,
                y=y - BADGE_PX,
                width=2 * half,
                height=2 * BADGE_PX,
                rx=BADGE_PX,
                fill=theme.badge,
            )
            canvas.text(signs, (x, y + 4), aisle.id, 11.5)


def _sign(plan: FloorPlan, aisle: Aisle) -> XY | None:
    """The position of a sign: before the first bays of an aisle, or amid a single row."""
    rows = [
        (fixture, face)
        for fixture in plan.fixtures
        if fixture.level == aisle.level
        for face in fixture.faces
        if face.aisle == aisle.id
    ]
    if not rows:
        return None
    fixture, face = min(rows, key=lambda row: row[1].first_bay)
    if face.side is None:
        middle, centre = along(face, 0.5), fixture.outline.centroid
        return (middle[0] + centre.x) / 2, (middle[1] + centre.y) / 2
    dx, dy = face.end[0] - face.start[0], face.end[1] - face.start[1]
    length = math.hypot(dx, dy) or 1.0
    ux, uy = dx / length, dy / length
    x, y = face.start[0] - AISLE_SIGN_M * ux, face.start[1] - AISLE_SIGN_M * uy
    if aisle.area is None:
        return x, y
    between = aisle.area.centroid
    across = (between.x - x) * -uy + (between.y - y) * ux
    return x - across * uy, y + across * ux


def draw_doors(canvas: Canvas, theme: Theme, plan: FloorPlan, level: Level) -> None:
    """Draw entrances, tills and counters."""
    marks = canvas.group(font_weight=600, text_anchor="middle", fill=theme.floor)
    for place in plan.places:
        if place.position.level != level.id:
            continue
        x, y = canvas.to_px((place.position.x_m, place.position.y_m))
        if place.kind is PlaceKind.ENTRANCE:
            canvas.add("circle", marks, cx=x, cy=y, r=9.5, fill=theme.entrance)
            arrow = f"M{x:.1f} {y + 5:.1f}v-9m-4 4l4-4.5l4 4.5"
            canvas.add(
                "path",
                marks,
                d=arrow,
                fill="none",
                stroke=theme.floor,
                stroke_width=2,
                stroke_linecap="round",
                stroke_linejoin="round",
            )
        elif place.kind is PlaceKind.TILL:
            canvas.add("rect", marks, x=x - 7, y=y - 7, width=14, height=14, rx=4, fill=theme.till)
            canvas.text(marks, (x, y + 4), shortened(place.name, 2), 10.5)
        elif place.kind is PlaceKind.COUNTER:
            canvas.add("circle", marks, cx=x, cy=y, r=7, fill=theme.till)
            canvas.text(marks, (x, y + 4), "i", 11)


def draw_shafts(canvas: Canvas, theme: Theme, plan: FloorPlan, level: Level) -> None:
    """Draw lifts, stairs and escalators where they leave the level."""
    positions = {node.id: node.position for node in plan.nodes}
    marks = canvas.group(fill=theme.floor, stroke=theme.badge, stroke_width=1.6)
    drawn: set[tuple[XY, str]] = set()
    for link in plan.links:
        sign = SHAFTS.get(link.kind)
        ends = positions.get(link.start), positions.get(link.end)
        if sign is None or ends[0] is None or ends[1] is None or ends[0].level == ends[1].level:
            continue
        for end in ends:
            spot = (round(end.x_m, 1), round(end.y_m, 1)) if end else (0.0, 0.0)
            if end is None or end.level != level.id or (spot, sign) in drawn:
                continue
            drawn.add((spot, sign))
            x, y = canvas.to_px((end.x_m, end.y_m))
            canvas.add("rect", marks, x=x - 8, y=y - 8, width=16, height=16, rx=3)
            canvas.add("path", marks, d=f"M{x:.1f} {y:.1f}{sign}", fill="none", stroke_width=1.4)
