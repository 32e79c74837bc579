"""Places empty shelves in a supermarket: shelves along the walls, and columns of gondolas."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import Aisle, Face, Fixture, Side
from geodata.floorplans.shapes import grown, shared, united, without
from geodata.floorplans.synthetic.front import FRONT_M

BAY_M = 1.25
SHELVES = 5
GONDOLA_M = 1.0
AISLE_M = 2.3
WALKWAY_M = 2.6
"""Width of walkways along the walls, around the gondolas, and between blocks of them."""
WALL_SHELF_M = 0.7
FEWEST_BAYS = 3
BLOCK_M = 20.0
"""Approximate length of a block of gondolas between two walkways."""

Span = tuple[float, float]


def put_wall_shelves(floor: Polygon, level: str) -> tuple[list[Fixture], list[Aisle]]:
    """A row of bays along every wall that is long enough, behind the front: aisles A, B, C..."""
    left, front, right, back = floor.bounds
    behind = shapely.box(left - 1, front + FRONT_M, right + 1, back + 1)
    ring = shapely.get_coordinates(shapely.orient_polygons(floor).exterior)
    fixtures: list[Fixture] = []
    aisles: list[Aisle] = []
    for corner, next_corner in pairwise(ring):
        wall = shapely.get_coordinates(shared(shapely.LineString([corner, next_corner]), behind))
        length_m = float(np.hypot(*(wall[-1] - wall[0]))) if len(wall) else 0.0
        bays = int((length_m - 2 * WALKWAY_M) / BAY_M)
        if bays < FEWEST_BAYS or len(aisles) == 26:
            continue
        along = (wall[-1] - wall[0]) / length_m
        inward = np.array([-along[1], along[0]])  # the room is to the left of each wall
        start = wall[0] + along * (length_m - bays * BAY_M) / 2
        end = start + along * bays * BAY_M
        near, far = WALL_SHELF_M * inward, WALKWAY_M * inward
        letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(aisles)]
        face = Face(
            aisle=letter, start=_xy(start + near), end=_xy(end + near), bays=bays, shelves=SHELVES
        )
        outline = Polygon([start, end, end + near, start + near])
        fixtures.append(Fixture(id=f"wall-{letter}", level=level, outline=outline, faces=(face,)))
        area = Polygon([start + near, end + near, end + far, start + far])
        aisles.append(Aisle(id=letter, level=level, area=area))
    return fixtures, aisles


def put_gondolas(
    floor: Polygon,
    level: str,
    walls: Sequence[Fixture],
    across: Sequence[float],
    from_right: bool,
) -> tuple[list[Fixture], list[Aisle]]:
    """Columns of double-sided gondolas where the floor is wide enough.

    Args:
        floor: the walkable floor.
        level: the id of the level.
        walls: the shelves along the walls.
        across: the y of each walkway across the columns.
        from_right: True to number the aisles from the right, False from the left.
    """
    left, front, right, back = floor.bounds
    room = without(floor, united(wall.outline for wall in walls))
    room = grown(room, -WALKWAY_M)
    room = shared(room, shapely.box(left, front + FRONT_M, right, back))
    # Removes the shallow recesses beside the ends of wall shelves: too small for a gondola.
    room = grown(grown(room, -GONDOLA_M), GONDOLA_M)
    columns = [(x, rows) for x in _column_places(room) if (rows := list(_rows(room, x, across)))]
    fixtures: list[Fixture] = []
    for column, (x, rows) in enumerate(columns):
        gaps = (column, column + 1)
        west, east = (str(len(columns) + 1 - g if from_right else g + 1) for g in gaps)
        bay = 1
        for y0, bays in rows:
            fixtures.append(_gondola(level, x, y0, bays, bay, west, east))
            bay += bays
    return fixtures, _aisles_between(floor, level, fixtures)


def _column_places(room: BaseGeometry) -> list[float]:
    """The x of the middles of the columns that fit side by side."""
    if room.is_empty:
        return []
    west, _, east, _ = room.bounds
    count = int((east - west + AISLE_M) / (GONDOLA_M + AISLE_M))
    spare = east - west + AISLE_M - count * (GONDOLA_M + AISLE_M)
    first = west + spare / 2 + GONDOLA_M / 2
    return [first + column * (GONDOLA_M + AISLE_M) for column in range(count)]


def _rows(room: BaseGeometry, x: float, across: Sequence[float]) -> Iterator[tuple[float, int]]:
    """The gondolas of a column: (lower end, number of bays)."""
    west, east = (_spans(room, x + side * GONDOLA_M / 2) for side in (-1, 1))
    spans = [(max(a, c), min(b, d)) for a, b in west for c, d in east]
    for y in across:
        below, above = y - WALKWAY_M / 2, y + WALKWAY_M / 2
        halves = [((low, min(high, below)), (max(low, above), high)) for low, high in spans]
        spans = [half for both in halves for half in both]
    for low, high in spans:
        bays = int((high - low) / BAY_M)
        if bays >= FEWEST_BAYS:
            yield low, bays


def _spans(room: BaseGeometry, x: float) -> list[Span]:
    line = shapely.LineString([(x, room.bounds[1] - 1), (x, room.bounds[3] + 1)])
    inside = shapely.get_parts(shared(line, room))
    return [(part.bounds[1], part.bounds[3]) for part in inside if not part.is_empty]


def _gondola(
    level: str, x: float, y0: float, bays: int, first_bay: int, west: str, east: str
) -> Fixture:
    y1 = y0 + bays * BAY_M
    faces = tuple(
        Face(
            aisle=aisle,
            side=side,
            start=(edge, y0),
            end=(edge, y1),
            bays=bays,
            first_bay=first_bay,
            shelves=SHELVES,
        )
        for aisle, side, edge in (
            (west, Side.RIGHT, x - GONDOLA_M / 2),
            (east, Side.LEFT, x + GONDOLA_M / 2),
        )
    )
    outline = shapely.box(x - GONDOLA_M / 2, y0, x + GONDOLA_M / 2, y1)
    return Fixture(
        id=f"gondola-{west}-{east}-{first_bay}", level=level, outline=outline, faces=faces
    )


def _aisles_between(floor: Polygon, level: str, gondolas: Sequence[Fixture]) -> list[Aisle]:
    """The aisles of gondolas, each with the floor in front of its faces."""
    before: dict[str, list[Polygon]] = {}
    for gondola in gondolas:
        for face in gondola.faces:
            out = AISLE_M if face.side is Side.LEFT else -AISLE_M
            strip = [*(face.start, face.end), *((x + out, y) for x, y in (face.end, face.start))]
            before.setdefault(face.aisle, []).append(Polygon(strip))
    taken = united(gondola.outline for gondola in gondolas)
    return [
        Aisle(id=number, level=level, order=int(number), area=area)
        for number, strips in sorted(before.items(), key=lambda found: int(found[0]))
        if isinstance(
            area := without(shared(united(strips).envelope, floor), taken),
            Polygon,
        )
    ]


def _xy(point: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> tuple[float, float]:
    return float(point[0]), float(point[1])
