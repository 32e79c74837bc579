"""Finds the door of a room from its outline, drawn doors, and walkable ways."""

from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

DOOR_M = 0.5
"""Largest distance between a drawn door and its wall."""
OPENS_WITHIN_M = 15.0
"""Largest distance between a room without a drawn door and the nearest way."""


def door_of(
    room: BaseGeometry, doors: Sequence[BaseGeometry], ways: BaseGeometry | None
) -> shapely.Point | None:
    """The door drawn on the outline of a room, else the point of the outline nearest to a way.

    Of several doors the one nearest to a way is taken: others may lead to a back room.

    Args:
        room: the outline, in metres.
        doors: points or lines, in metres.
        ways: all walkable ways on the level of the room, in metres.

    Returns:
        None if no door is drawn and no way is near.
    """
    if isinstance(room, shapely.Point):
        return room
    on_wall = [door for door in doors if room.boundary.distance(door) <= DOOR_M]
    if on_wall:
        door = min(on_wall, key=ways.distance) if ways is not None else on_wall[0]
        return middle_of(door)
    if ways is None or ways.is_empty or room.distance(ways) > OPENS_WITHIN_M:
        return None
    return shapely.Point(shapely.get_coordinates(shapely.shortest_line(room, ways))[0])


def middle_of(door: BaseGeometry) -> shapely.Point:
    """The middle of a line, or the centroid of another shape."""
    is_line = isinstance(door, shapely.LineString | shapely.MultiLineString)
    return door.interpolate(0.5, normalized=True) if is_line and door.length else door.centroid
