"""Where a room is entered, when only its outline is drawn."""

from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

DOOR_M = 0.5
"""How far a door may be drawn from the wall that it is in."""
OPENS_WITHIN_M = 15.0
"""How far from a room its way may be, when no door is drawn."""


def door_of(
    room: BaseGeometry, doors: Sequence[BaseGeometry], ways: BaseGeometry | None
) -> shapely.Point | None:
    """The door drawn on the room's outline, else the point of it nearest to a way; in metres.

    Of several doors, the one nearest to a way counts, rather than one into a back room.

    Args:
        doors: Points or lines.
        ways: All that is walkable on the room's level.

    Returns:
        None where no door is drawn and no way is near.
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
    """Half-way along a line, the centre of anything else."""
    is_line = isinstance(door, shapely.LineString | shapely.MultiLineString)
    return door.interpolate(0.5, normalized=True) if is_line and door.length else door.centroid
