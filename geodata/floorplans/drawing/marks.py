"""Draws an overlay: highlighted bays, numbered pins, the walk, and the shopper's position."""

import math
from collections.abc import Sequence
from itertools import pairwise

import shapely

from geodata.floorplans.drawing.canvas import Canvas, shortened
from geodata.floorplans.drawing.overlay import Overlay, Pin, on_level
from geodata.floorplans.drawing.theme import Theme
from geodata.floorplans.plan import XY, Face, FloorPlan

PIN_PX = 9.5
ARROW_EVERY_PX = 90.0
AT_PIN_M = 2.0
"""Within this distance of the end of the walk a pin marks it."""


def draw_bays(canvas: Canvas, theme: Theme, pins: Sequence[Pin]) -> None:
    """Highlight the bays of pins."""
    lit = canvas.group(stroke=theme.pin, stroke_width=5, stroke_linecap="round")
    for pin in pins:
        for face, bay in pin.bays:
            canvas.shape(lit, _bay(face, bay))


def draw_walk(canvas: Canvas, theme: Theme, overlay: Overlay, level: str) -> None:
    """Draw the walk as a line with a border and arrows."""
    parts = [[canvas.to_px(xy) for xy in part] for part in on_level(overlay.walk, level)]
    for colour, width, opacity in ((theme.floor, 7.0, 0.9), (theme.route, 3.5, 1.0)):
        lines = canvas.group(
            fill="none",
            stroke=colour,
            stroke_width=width,
            stroke_opacity=opacity,
            stroke_linejoin="round",
            stroke_linecap="round",
        )
        for part in parts:
            canvas.add("path", lines, d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in part))
    arrows = canvas.group(fill=theme.route, stroke=theme.floor, stroke_width=1)
    for part in parts:
        for (x, y), angle in _arrows(part):
            canvas.add(
                "path",
                arrows,
                d="M7 0L-4.5 5L-2 0L-4.5 -5Z",
                transform=f"translate({x:.1f} {y:.1f}) rotate({angle:.0f})",
            )


def draw_level_changes(
    canvas: Canvas, theme: Theme, overlay: Overlay, plan: FloorPlan, level: str
) -> None:
    """Draw a badge where the walk leaves the level: an arrow up or down, and the target level."""
    storeys = {storey.id: storey for storey in plan.levels}
    badges = canvas.group(font_weight=700, fill=theme.floor)
    for here, there in pairwise(overlay.walk):
        if here.level != level or there.level == level or there.level not in storeys:
            continue
        goal = storeys[there.level]
        x, y = canvas.to_px((here.x_m, here.y_m))
        name = shortened(goal.name or goal.id, 16)
        width = 24 + 6 * len(name)
        canvas.add("rect", badges, x=x - 9, y=y - 9, width=width, height=18, rx=9, fill=theme.route)
        up = goal.ordinal > storeys[level].ordinal
        arrow = "l4.5 7h-9z" if up else "m-4.5 0h9l-4.5 7z"
        canvas.add("path", badges, d=f"M{x + 1:.1f} {y - 3.5:.1f}{arrow}")
        canvas.text(badges, (x + 9, y + 4), name, 11.5)


def draw_goal(canvas: Canvas, theme: Theme, overlay: Overlay, level: str) -> None:
    """Draw a pin at the end of the walk, unless a numbered one is there."""
    if not overlay.walk or overlay.walk[-1].level != level:
        return
    goal = overlay.walk[-1]
    for pin in overlay.pins:
        away_m = math.dist((pin.at.x_m, pin.at.y_m), (goal.x_m, goal.y_m))
        if pin.at.level == level and away_m <= AT_PIN_M:
            return
    x, y = canvas.to_px((goal.x_m, goal.y_m))
    drop = f"M{x:.1f} {y:.1f}c-3 -6 -8 -9 -8 -14a8 8 0 0 1 16 0c0 5 -5 8 -8 14z"
    canvas.add("path", d=drop, fill=theme.pin, stroke=theme.floor, stroke_width=1.5)
    canvas.add("circle", cx=x, cy=y - 14, r=3, fill=theme.floor)


def draw_pins(canvas: Canvas, theme: Theme, pins: Sequence[Pin]) -> None:
    """Draw the numbered pins, moved apart where they overlap."""
    anchors = [canvas.to_px((pin.at.x_m, pin.at.y_m)) for pin in pins]
    places = _apart(anchors)
    leaders = canvas.group(stroke=theme.pin, stroke_width=1.5)
    for (ax, ay), (x, y) in zip(anchors, places, strict=True):
        if math.dist((ax, ay), (x, y)) > 1:
            canvas.add("line", leaders, x1=ax, y1=ay, x2=x, y2=y)
    heads = canvas.group(
        fill=theme.pin, stroke=theme.floor, stroke_width=1.5, text_anchor="middle", font_weight=700
    )
    for pin, (x, y) in zip(pins, places, strict=True):
        draw_pin_head(canvas, theme, heads, pin.label, (x, y))


def draw_pin_head(canvas: Canvas, theme: Theme, group: object, label: str, at: XY) -> None:
    """Draw one round pin with its label."""
    canvas.add("circle", group, cx=at[0], cy=at[1], r=PIN_PX)  # type: ignore[arg-type]
    canvas.text(group, (at[0], at[1] + 4), label, 11.5, fill=theme.on_pin, stroke="none")  # type: ignore[arg-type]


def draw_here(canvas: Canvas, theme: Theme, overlay: Overlay, level: str) -> None:
    """Draw the shopper's position and heading."""
    if overlay.here is None or overlay.here.level != level:
        return
    x, y = canvas.to_px((overlay.here.x_m, overlay.here.y_m))
    if overlay.heading_deg is not None:
        heading = overlay.heading_deg + canvas.turn_deg
        canvas.add(
            "path",
            d="M0 -17L7 -5L-7 -5Z",
            fill=theme.route,
            transform=f"translate({x:.1f} {y:.1f}) rotate({heading:.0f})",
        )
    canvas.add("circle", cx=x, cy=y, r=8, fill=theme.floor)
    canvas.add("circle", cx=x, cy=y, r=5.5, fill=theme.route)


def _bay(face: Face, bay: int) -> shapely.LineString:
    (x0, y0), (x1, y1) = face.start, face.end
    share = [(bay - face.first_bay + inset) / face.bays for inset in (0.15, 0.85)]
    return shapely.LineString([(x0 + s * (x1 - x0), y0 + s * (y1 - y0)) for s in share])


def _arrows(part: Sequence[XY]) -> list[tuple[XY, float]]:
    arrows, since = [], ARROW_EVERY_PX / 2
    for (x0, y0), (x1, y1) in pairwise(part):
        length = math.dist((x0, y0), (x1, y1))
        angle = math.degrees(math.atan2(y1 - y0, x1 - x0))
        next_at = ARROW_EVERY_PX - since
        while next_at < length:
            share = next_at / length
            arrows.append(((x0 + share * (x1 - x0), y0 + share * (y1 - y0)), angle))
            next_at += ARROW_EVERY_PX
        since = ARROW_EVERY_PX - (next_at - length)
    return arrows


def _apart(anchors: Sequence[XY]) -> list[XY]:
    """Positions of pins without overlap: overlapping pairs are pushed apart in small steps, at
    most 60 rounds."""
    places = [list(anchor) for anchor in anchors]
    room = 2 * PIN_PX + 1.5
    for _ in range(60):
        moved = False
        for i, one in enumerate(places):
            for other in places[:i]:
                dx, dy = one[0] - other[0], one[1] - other[1]
                away = math.hypot(dx, dy)
                if away >= room:
                    continue
                moved = True
                ux, uy = (dx / away, dy / away) if away > 1e-6 else (1.0, 0.0)
                push = (room - away) / 2
                one[0], one[1] = one[0] + push * ux, one[1] + push * uy
                other[0], other[1] = other[0] - push * ux, other[1] - push * uy
        if not moved:
            break
    return [(x, y) for x, y in places]
