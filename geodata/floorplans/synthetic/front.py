"""Places the entrance, the tills and the service desk at the front of a supermarket."""

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import Fixture, FixtureKind, Place, PlaceKind, Position
from geodata.floorplans.shapes import grown

FRONT_M = 10.0
"""Depth of the area behind the front wall without shelves."""
TILL_M = (1.0, 2.6)
TILL_PITCH_M = 2.6
TILLS_FROM_FRONT_M = 3.6
DESK_M = (3.0, 1.2)
CLEARANCE_M = 0.8


def put_front(
    floor: Polygon, level: str, entrance_right: bool
) -> tuple[list[Fixture], list[Place]]:
    """The entrance at one end of the front wall (the lower edge), the tills and the desk at the
    other end.

    Parts that do not fit into the outline are left out.
    """
    left, front, right, _ = floor.bounds
    inward = -1 if entrance_right else 1
    door_x = (right if entrance_right else left) + inward * 0.15 * (right - left)
    first_x = door_x + inward * 3 * TILL_PITCH_M
    count = int(0.5 * (right - left) / TILL_PITCH_M)
    room = grown(floor, -CLEARANCE_M)
    fixtures: list[Fixture] = []
    places = [_place("entrance", PlaceKind.ENTRANCE, level, *_nearest(room, door_x, front))]
    y = front + TILLS_FROM_FRONT_M
    for number in range(1, count + 1):
        x = first_x + inward * TILL_PITCH_M * (number - 1)
        till = shapely.box(x - TILL_M[0] / 2, y, x + TILL_M[0] / 2, y + TILL_M[1])
        if room.covers(till):
            fixtures.append(_counter(f"till-{number}", level, till))
            lane = (x + TILL_PITCH_M / 2, y + TILL_M[1] / 2)
            places.append(_place(f"till-{number}", PlaceKind.TILL, level, *lane, str(number)))
    x = door_x + inward * TILL_PITCH_M
    desk = shapely.box(x - DESK_M[0] / 2, y, x + DESK_M[0] / 2, y + DESK_M[1])
    if room.covers(desk):
        fixtures.append(_counter("service-desk", level, desk))
        before = (x, y + DESK_M[1] + CLEARANCE_M)
        places.append(_place("service-desk", PlaceKind.COUNTER, level, *before, "Customer service"))
    return fixtures, places


def _nearest(room: BaseGeometry, x: float, y: float) -> tuple[float, float]:
    [[on_x, on_y], _] = shapely.get_coordinates(shapely.shortest_line(room, shapely.Point(x, y)))
    return float(on_x), float(on_y)


def _place(identity: str, kind: PlaceKind, level: str, x: float, y: float, name: str = "") -> Place:
    return Place(id=identity, kind=kind, position=Position(level, x, y), name=name)


def _counter(identity: str, level: str, outline: Polygon) -> Fixture:
    return Fixture(id=identity, level=level, outline=outline, kind=FixtureKind.COUNTER)
