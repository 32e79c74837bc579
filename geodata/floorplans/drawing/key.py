"""What stands under the map: what was found where, what the colours mean, scale and north."""

import math
from dataclasses import dataclass

from geodata.floorplans.drawing.canvas import Canvas, shortened
from geodata.floorplans.drawing.floor import department_colours
from geodata.floorplans.drawing.marks import draw_pin_head
from geodata.floorplans.drawing.overlay import Overlay, Pin
from geodata.floorplans.drawing.theme import Theme
from geodata.floorplans.plan import FloorPlan, Level, PlaceKind


@dataclass(frozen=True, slots=True)
class Words:
    """The key's own words."""

    entrance: str = "Entrance"
    till: str = "Checkout"
    route: str = "Your way"
    blocked: str = "Closed"


ENGLISH = Words()


LINE_PX = 30.0
CHIP_PX = 19.0
CHIPS_IN_A_ROW = 3


def draw_key(
    canvas: Canvas, theme: Theme, plan: FloorPlan, level: Level, overlay: Overlay, words: Words
) -> float:
    """Draw it below the map.

    Returns:
        The height of the whole sheet, in pixels.
    """
    y = canvas.map_bottom_px + 8
    y = _draw_scale(canvas, theme, plan, y)
    for number, pin in enumerate(overlay.pins):
        y += LINE_PX
        _draw_line(canvas, theme, pin, y, last=number == len(overlay.pins) - 1)
    y = _draw_marks(canvas, theme, plan, level, overlay, words, y + 34)
    y = _draw_departments(canvas, theme, plan, y)
    if plan.attribution:
        y += 8
        canvas.text(
            None,
            (canvas.margin_px, y),
            shortened(plan.attribution, 90),
            10,
            fill=theme.quiet,
        )
    return y + canvas.margin_px


def _draw_scale(canvas: Canvas, theme: Theme, plan: FloorPlan, y: float) -> float:
    widest_m = (canvas.width_px - 2 * canvas.margin_px) / 4 / canvas.px_per_m
    metres = max(
        (n * 10**e for e in range(5) for n in (1, 2, 5) if n * 10**e <= widest_m), default=1
    )
    x, length = canvas.margin_px, metres * canvas.px_per_m
    bar = f"M{x:.1f} {y:.1f}v5h{length:.1f}v-5"
    canvas.add("path", d=bar, fill="none", stroke=theme.quiet, stroke_width=1.2)
    canvas.text(None, (x + length + 6, y + 6), f"{metres} m", 10.5, fill=theme.quiet)
    if plan.frame is not None:
        at_x = canvas.width_px - canvas.margin_px - 8
        north = canvas.group(
            transform=f"translate({at_x:.1f} {y + 3:.1f}) rotate({-plan.frame.rotation_deg:.0f})"
        )
        canvas.add("path", north, d="M0 -9L5 7L0 4L-5 7Z", fill=theme.quiet)
        canvas.text(None, (at_x - 18, y + 7), "N", 10.5, fill=theme.quiet)
    return y


def _draw_line(canvas: Canvas, theme: Theme, pin: Pin, y: float, last: bool) -> None:
    x = canvas.margin_px
    heads = canvas.group(fill=theme.pin, text_anchor="middle", font_weight=700)
    draw_pin_head(canvas, theme, heads, pin.label, (x + 10, y))
    name, *rest = pin.lines or ("",)
    canvas.text(None, (x + 28, y + 1), shortened(name, 60), 13.5, fill=theme.text, font_weight=600)
    if rest:
        canvas.text(None, (x + 28, y + 14), shortened(", ".join(rest), 75), 11.5, fill=theme.quiet)
    if not last:
        rule = y + LINE_PX / 2 + 3
        canvas.add(
            "line",
            x1=x + 28,
            x2=canvas.width_px - x,
            y1=rule,
            y2=rule,
            stroke=theme.wall,
            stroke_opacity=0.35,
            stroke_width=0.8,
        )


def _draw_marks(
    canvas: Canvas,
    theme: Theme,
    plan: FloorPlan,
    level: Level,
    overlay: Overlay,
    words: Words,
    y: float,
) -> float:
    kinds = {place.kind for place in plan.places if place.position.level == level.id}
    marks = [
        (theme.route, words.route, bool(overlay.walk)),
        (theme.entrance, words.entrance, PlaceKind.ENTRANCE in kinds),
        (theme.till, words.till, PlaceKind.TILL in kinds),
        (theme.blocked, words.blocked, any(b.level == level.id for b in plan.blocked)),
    ]
    return _draw_chips(canvas, theme, [(c, w) for c, w, shown in marks if shown], y, round_=True)


def _draw_departments(canvas: Canvas, theme: Theme, plan: FloorPlan, y: float) -> float:
    colours = department_colours(theme, plan)
    named = [(colours[d.id], d.name or d.id) for d in plan.departments]
    return _draw_chips(canvas, theme, named, y, round_=False)


def _draw_chips(
    canvas: Canvas, theme: Theme, chips: list[tuple[str, str]], y: float, *, round_: bool
) -> float:
    width = (canvas.width_px - 2 * canvas.margin_px) / CHIPS_IN_A_ROW
    for number, (colour, name) in enumerate(chips):
        x = canvas.margin_px + width * (number % CHIPS_IN_A_ROW)
        row = y + CHIP_PX * (number // CHIPS_IN_A_ROW)
        canvas.add(
            "rect", x=x, y=row - 9, width=11, height=11, rx=5.5 if round_ else 2.5, fill=colour
        )
        canvas.text(None, (x + 17, row + 1), shortened(name, 22), 12, fill=theme.text)
    return y + CHIP_PX * math.ceil(len(chips) / CHIPS_IN_A_ROW)
