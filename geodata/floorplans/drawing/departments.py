"""Writes the names of departments beside their shelves."""

import math
from collections.abc import Iterator

import shapely
import shapely.affinity

from geodata.floorplans.drawing.canvas import Canvas
from geodata.floorplans.drawing.floor import along
from geodata.floorplans.drawing.theme import Theme
from geodata.floorplans.plan import XY, Face, Fixture, FloorPlan, Level

SIZE_PX = 10.0
LETTER_PX = 5.4
"""Mean width of a letter at this size, rounded up."""
BESIDE_PX = 8.0
"""From the edge of the shelves to the middle of the letters."""
BASELINE_PX = 3.4
"""From the middle of the letters to their base line."""


def draw_departments(canvas: Canvas, theme: Theme, plan: FloorPlan, level: Level) -> set[str]:
    """Write the name of each department once in each aisle, where its shelves are long enough.

    Returns:
        The ids of the departments that were named.
    """
    names = {department.id: department.name for department in plan.departments}
    group = canvas.group(
        fill=theme.quiet,
        stroke=theme.floor,
        stroke_width=2.5,
        stroke_linejoin="round",
        paint_order="stroke",
        text_anchor="middle",
    )
    taken: list[shapely.Polygon] = []
    named: set[tuple[str, str]] = set()
    for fixture, face in _longest_first(plan, level):
        name = names.get(face.department, "")
        if not name or (face.department, face.aisle) in named:
            continue
        middle, angle_deg, length_px = _beside(canvas, fixture, face)
        width_px = len(name) * LETTER_PX
        place = _box(middle, angle_deg, width_px)
        if width_px > length_px or any(place.intersects(other) for other in taken):
            continue
        taken.append(place)
        named.add((face.department, face.aisle))
        x, y = middle
        turn = {"transform": f"rotate({angle_deg:.1f} {x:.1f} {y:.1f})"} if angle_deg else {}
        canvas.text(group, (x, y + BASELINE_PX), name, SIZE_PX, **turn)
    return {department for department, _ in named}


def _longest_first(plan: FloorPlan, level: Level) -> Iterator[tuple[Fixture, Face]]:
    faces = (
        (fixture, face)
        for fixture in plan.fixtures
        if fixture.level == level.id
        for face in fixture.faces
    )
    yield from sorted(faces, key=lambda pair: -math.dist(pair[1].start, pair[1].end))


def _beside(canvas: Canvas, fixture: Fixture, face: Face) -> tuple[XY, float, float]:
    """The middle of a text beside a face, its upright angle, and the length of the face."""
    start, end = canvas.to_px(face.start), canvas.to_px(face.end)
    length = math.dist(start, end) or 1.0
    across = (-(end[1] - start[1]) / length, (end[0] - start[0]) / length)
    # The sign of an aisle with one row stands in its middle.
    x, y = canvas.to_px(along(face, 0.5 if face.side else 0.3))
    centre = canvas.to_px((fixture.outline.centroid.x, fixture.outline.centroid.y))
    inwards = (centre[0] - x) * across[0] + (centre[1] - y) * across[1]
    side = -BESIDE_PX if inwards > 0 else BESIDE_PX
    angle_deg = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
    upright = (angle_deg + 95) % 180 - 95  # slightly askew shelves read the same way
    return (x + across[0] * side, y + across[1] * side), upright, length


def _box(middle: XY, angle_deg: float, width_px: float) -> shapely.Polygon:
    x, y = middle
    flat = shapely.box(x - width_px / 2, y - SIZE_PX / 2, x + width_px / 2, y + SIZE_PX / 2)
    return shapely.affinity.rotate(flat, angle_deg, origin=(x, y))
