"""Draws a level of a plan with an overlay and a key as one SVG picture."""

import datetime as dt
import math
from dataclasses import replace

import shapely

from geodata.floorplans.drawing.canvas import Canvas, shortened
from geodata.floorplans.drawing.departments import draw_departments
from geodata.floorplans.drawing.floor import draw_floor
from geodata.floorplans.drawing.key import (
    ENGLISH,
    Column,
    Words,
    draw_legend,
    draw_pin_list,
    draw_scale,
)
from geodata.floorplans.drawing.marks import (
    draw_bays,
    draw_goal,
    draw_here,
    draw_level_changes,
    draw_pins,
    draw_walk,
)
from geodata.floorplans.drawing.overlay import Overlay
from geodata.floorplans.drawing.signs import draw_doors, draw_shafts, draw_signs
from geodata.floorplans.drawing.theme import LIGHT, Theme
from geodata.floorplans.plan import FloorPlan, Level

WIDTH_PX = 480.0
WIDE_PX = 800.0
TURNED_PX = 960.0
DEEP = 1.2
"""Ratio of depth to width from which a wide drawing rotates the map."""
MARGIN_PX = 16.0
TITLE_PX = 26.0
KEY_PX = 330.0
"""Width of the key beside the map."""
MARGIN_M = 1.0
NOTHING = Overlay()


def draw_svg(
    plan: FloorPlan,
    level: str,
    overlay: Overlay = NOTHING,
    *,
    theme: Theme = LIGHT,
    words: Words = ENGLISH,
    title: str = "",
    wide: bool = False,
    at: dt.datetime | None = None,
) -> str:
    """Draw one level of a plan.

    Args:
        plan: the plan.
        level: the id of the level.
        overlay: the pins and the walk to draw on it.
        theme: the colours.
        words: the words of the key.
        title: shown above the map, and read by screen readers.
        wide: True for a page or a kiosk: 800 px with the key beside the map, or, for a deep store,
            960 px with a rotated map and the key below. False for a phone: 480 px with the key
            below.
        at: the instant for blocked areas; None shows all of them.

    Raises:
        ValueError: the plan does not have the level, or the level has no geometry.
    """
    storey = _storey(plan, level)
    top = MARGIN_PX + (TITLE_PX if title else 0.0)
    canvas, sheet_px, beside = _sheet(_bounds(plan, storey), top, wide=wide)
    turned, map_px = bool(canvas.turn_deg), canvas.map_width_px
    canvas.add("rect", width="100%", height="100%", fill=theme.paper)
    headline = shortened(title, int(sheet_px / 9))
    at_top = (MARGIN_PX, MARGIN_PX + 12)
    canvas.text(None, at_top, headline, 18, fill=theme.text, font_weight=700)
    pins = [pin for pin in overlay.pins if pin.at.level == level]
    draw_floor(canvas, theme, plan, storey, at)
    named = draw_departments(canvas, theme, plan, storey)
    draw_bays(canvas, theme, pins)
    draw_walk(canvas, theme, overlay, level)
    draw_signs(canvas, theme, plan, storey)
    draw_doors(canvas, theme, plan, storey)
    draw_shafts(canvas, theme, plan, storey)
    draw_level_changes(canvas, theme, overlay, plan, level)
    draw_here(canvas, theme, overlay, level)
    draw_pins(canvas, theme, pins)
    draw_goal(canvas, theme, overlay, level)
    bottom = draw_scale(canvas, theme, plan)
    column = Column(MARGIN_PX, bottom + MARGIN_PX, map_px)
    if beside:
        column = Column(MARGIN_PX + map_px + MARGIN_PX, top + MARGIN_PX, KEY_PX)
    elif turned:
        column = replace(column, width=(map_px - MARGIN_PX) / 2)
    list_bottom = draw_pin_list(canvas, theme, overlay, column)
    legend = replace(column, top=list_bottom)
    if turned and overlay.pins:
        legend = replace(column, left=column.left + column.width + MARGIN_PX)
    legend_bottom = draw_legend(canvas, theme, plan, storey, overlay, words, legend, named)
    name = title or f"{plan.store} {storey.name or storey.id}"
    return canvas.finish(sheet_px, max(bottom, list_bottom, legend_bottom) + MARGIN_PX, name)


def most_px(plan: FloorPlan, level: str, max_pixels: int, *, wide: bool = False) -> int:
    """A width in pixels above which a drawing of a level has more pixels than allowed.

    It counts the map alone, so that it costs little; 0 for a level without geometry.
    """
    try:
        bounds = _bounds(plan, _storey(plan, level))
    except ValueError:
        return 0
    canvas, sheet_px, _ = _sheet(bounds, 0.0, wide=wide)
    return int(math.sqrt(max_pixels * sheet_px / canvas.map_bottom_px))


def _storey(plan: FloorPlan, level: str) -> Level:
    storey = next((one for one in plan.levels if one.id == level), None)
    if storey is None:
        raise ValueError(f"level: the plan has no level {level!r}")
    return storey


def _sheet(
    bounds: tuple[float, float, float, float], top: float, *, wide: bool
) -> tuple[Canvas, float, bool]:
    """The canvas with the map, the width of the sheet, and whether the key is beside the map."""
    turned = wide and bounds[3] - bounds[1] > DEEP * (bounds[2] - bounds[0])
    sheet_px = (TURNED_PX if turned else WIDE_PX) if wide else WIDTH_PX
    beside = wide and not turned
    map_px = sheet_px - 2 * MARGIN_PX - (KEY_PX + MARGIN_PX if beside else 0.0)
    return Canvas(bounds, MARGIN_PX, top, map_px, turned=turned), sheet_px, beside


def _bounds(plan: FloorPlan, level: Level) -> tuple[float, float, float, float]:
    spots = [*(place.position for place in plan.places), *(node.position for node in plan.nodes)]
    drawn = [
        level.outline,
        level.walkable,
        *(place.outline for place in plan.places if place.position.level == level.id),
        *(fixture.outline for fixture in plan.fixtures if fixture.level == level.id),
        *(shapely.Point(spot.x_m, spot.y_m) for spot in spots if spot.level == level.id),
    ]
    shapes = [shape for shape in drawn if shape is not None]
    if not shapes:
        raise ValueError(f"level: level {level.id!r} has no geometry")
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M
