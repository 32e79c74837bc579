"""Draws the key of a drawing: the list of pins, the legend, the scale and the north arrow."""

import math
from collections.abc import Set
from dataclasses import dataclass

from geodata.floorplans.drawing.canvas import Canvas, shortened
from geodata.floorplans.drawing.floor import department_colours
from geodata.floorplans.drawing.marks import draw_pin_head
from geodata.floorplans.drawing.overlay import Overlay, Pin
from geodata.floorplans.drawing.theme import Theme
from geodata.floorplans.plan import FloorPlan, Level, PlaceKind


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the legend."""

    entrance: str = "Entrance"
    till: str = "Checkout"
    route: str = "Your way"
    blocked: str = "Closed"


ENGLISH = Words()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the key on the sheet, in pixels."""

    left: float
    top: float
    width: float


LINE_PX = 30.0
CHIP_PX = 19.0
CHIP_WIDTH_PX = 145.0


def draw_pin_list(canvas: Canvas, theme: Theme, overlay: Overlay, column: Column) -> float:
    """Draw the list of pins in a column.

    Returns:
        The y of its lower end, in pixels.
    """
    y = column.top + 6
    for number, pin in enumerate(overlay.pins):
        y += LINE_PX if number else 8
        _draw_line(canvas, theme, pin, column, y, ruled=number > 0)
    return y + 22 if overlay.pins else column.top


def draw_legend(
    canvas: Canvas,
    theme: Theme,
    plan: FloorPlan,
    level: Level,
    overlay: Overlay,
    words: Words,
    column: Column,
    named: Set[str] = frozenset(),
) -> float:
    """Draw the meaning of the colours and the attribution in a column.

    Departments that are `named` beside their shelves are left out.

    Returns:
        The y of its lower end, in pixels.
    """
    y = column.top + (16 if overlay.pins else 14)
    y = _draw_chips(canvas, theme, _marks(theme, plan, level, overlay, words), column, y, 5.5)
    colours = department_colours(theme, plan)
    others = [each for each in plan.departments if each.id not in named]
    chips = [(colours[department.id], department.name) for department in others]
    y = _draw_chips(canvas, theme, chips, column, y, 2.5)
    if plan.attribution:
        y += 8
        words_fit = int(column.width / 4.6)
        credit = shortened(plan.attribution, words_fit)
        canvas.text(None, (column.left, y), credit, 10, fill=theme.quiet)
    return y


def draw_scale(canvas: Canvas, theme: Theme, plan: FloorPlan) -> float:
    """Draw the scale bar and the north arrow directly below the map.

    Returns:
        The y of their lower end, in pixels.
    """
    y = canvas.map_bottom_px + 8
    lengths = [n * 10**e for e in range(5) for n in (1, 2, 5)]
    metres = max((n for n in lengths if n * canvas.px_per_m <= canvas.map_width_px / 4), default=1)
    x, length = canvas.map_left_px, metres * canvas.px_per_m
    bar = f"M{x:.1f} {y:.1f}v5h{length:.1f}v-5"
    canvas.add("path", d=bar, fill="none", stroke=theme.quiet, stroke_width=1.2)
    canvas.text(None, (x + length + 6, y + 6), f"{metres} m", 10.5, fill=theme.quiet)
    if plan.frame is not None:
        at_x = canvas.map_left_px + canvas.map_width_px - 8
        north_deg = canvas.turn_deg - plan.frame.rotation_deg
        turn = f"translate({at_x:.1f} {y + 3:.1f}) rotate({north_deg:.0f})"
        canvas.add("path", d="M0 -9L5 7L0 4L-5 7Z", fill=theme.quiet, transform=turn)
        canvas.text(None, (at_x - 18, y + 7), "N", 10.5, fill=theme.quiet)
    return y + 12


def _draw_line(
    canvas: Canvas, theme: Theme, pin: Pin, column: Column, y: float, *, ruled: bool
) -> None:
    x = column.left
    if ruled:
        canvas.add(
            "line",
            x1=x + 28,
            x2=x + column.width,
            y1=y - 13,
            y2=y - 13,
            stroke=theme.wall,
            stroke_opacity=0.35,
            stroke_width=0.8,
        )
    heads = canvas.group(fill=theme.pin, text_anchor="middle", font_weight=700)
    draw_pin_head(canvas, theme, heads, pin.label, (x + 10, y + 2))
    name, *rest = pin.lines or ("",)
    room = column.width - 28
    named = shortened(name, int(room / 7))
    canvas.text(None, (x + 28, y + 1), named, 13.5, fill=theme.text, font_weight=600)
    where = shortened(", ".join(rest), int(room / 5.3))
    canvas.text(None, (x + 28, y + 13), where, 11.5, fill=theme.quiet)


def _marks(
    theme: Theme, plan: FloorPlan, level: Level, overlay: Overlay, words: Words
) -> list[tuple[str, str]]:
    kinds = {place.kind for place in plan.places if place.position.level == level.id}
    marks = [
        (theme.route, words.route, bool(overlay.walk)),
        (theme.entrance, words.entrance, PlaceKind.ENTRANCE in kinds),
        (theme.till, words.till, PlaceKind.TILL in kinds),
        (theme.blocked, words.blocked, any(b.level == level.id for b in plan.blocked)),
    ]
    return [(colour, word) for colour, word, shown in marks if shown]


def _draw_chips(
    canvas: Canvas,
    theme: Theme,
    chips: list[tuple[str, str]],
    column: Column,
    y: float,
    rounding: float,
) -> float:
    in_a_row = max(1, int(column.width / CHIP_WIDTH_PX))
    width = column.width / in_a_row
    for number, (colour, name) in enumerate(chips):
        x = column.left + width * (number % in_a_row)
        row = y + CHIP_PX * (number // in_a_row)
        canvas.add("rect", x=x, y=row - 9, width=11, height=11, rx=rounding, fill=colour)
        canvas.text(None, (x + 17, row + 1), shortened(name, 22), 12, fill=theme.text)
    return y + CHIP_PX * math.ceil(len(chips) / in_a_row)
