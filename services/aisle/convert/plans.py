"""Converts floor plans of the contract to those of geodata."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from shapely import MultiPolygon, Polygon

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans import plan as drawn
from geodata.floorplans.frame import LocalFrame
from geodata.points import Point
from services.chassis.messages.times import instant_if_set
from services.directory.messages.kinds import FIXTURE_KINDS, LINK_KINDS, PLACE_KINDS, SIDES

PLANS_KEPT = 16
"""Plans in the memory of a child process: the most recent ones."""


def plan(
    message: pb.FloorPlan, store: str, blocked: Iterable[drawn.BlockedArea] = ()
) -> drawn.FloorPlan:
    """The plan of a checked message; `store` is the store's name."""
    return drawn.FloorPlan(
        store=store,
        version=message.name.rpartition("/")[2],
        effective_from=instant_if_set(message, "effective_start_time"),
        effective_until=instant_if_set(message, "effective_end_time"),
        frame=frame(message.frame) if message.HasField("frame") else None,
        levels=tuple(map(_level, message.levels)),
        aisles=tuple(map(_aisle, message.aisles)),
        fixtures=tuple(map(_fixture, message.fixtures)),
        departments=tuple(map(_department, message.departments)),
        places=tuple(map(_place, message.places)),
        nodes=tuple(drawn.Node(id=n.id, position=position(n.position)) for n in message.nodes),
        links=tuple(map(_link, message.links)),
        blocked=tuple(blocked),
        attribution=message.attribution,
    )


def blocked_area(message: pb.BlockedArea) -> drawn.BlockedArea:
    """A blocked area, without its times, which the caller applies."""
    return drawn.BlockedArea(
        id=message.name,
        level=message.level,
        aisle=message.aisle,
        outline=outline(message.outline) if message.HasField("outline") else None,
        reason=message.reason,
    )


def frame(message: pb.MapFrame) -> LocalFrame:
    """The frame that places a plan on the earth."""
    origin = Point(message.origin.latitude, message.origin.longitude)
    return LocalFrame(origin, message.rotation_degrees)


def position(message: pb.IndoorPosition) -> drawn.Position:
    """A position in metres on a level."""
    return drawn.Position(message.level, message.x_m, message.y_m)


def area(message: pb.Area) -> Polygon | MultiPolygon:
    """An area: a polygon if it has one part."""
    polygons = [outline(part) for part in message.parts]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def outline(message: pb.Outline) -> Polygon:
    """An area of one part."""
    outer, *holes = [_corners(loop) for loop in message.loops]
    return Polygon(outer, holes)


def _level(message: pb.Level) -> drawn.Level:
    return drawn.Level(
        id=message.id,
        ordinal=message.ordinal,
        name=message.display_name,
        outline=area(message.outline) if message.HasField("outline") else None,
        walkable=area(message.walkable) if message.HasField("walkable") else None,
    )


def _aisle(message: pb.Aisle) -> drawn.Aisle:
    return drawn.Aisle(
        id=message.id,
        level=message.level,
        order=message.order,
        name=message.display_name,
        department=message.department,
        area=outline(message.area) if message.HasField("area") else None,
    )


def _fixture(message: pb.Fixture) -> drawn.Fixture:
    return drawn.Fixture(
        id=message.id,
        level=message.level,
        outline=outline(message.outline),
        kind=FIXTURE_KINDS[message.fixture_kind],
        faces=tuple(map(_face, message.faces)),
    )


def _face(message: pb.Face) -> drawn.Face:
    return drawn.Face(
        aisle=message.aisle,
        start=(message.start_m[0], message.start_m[1]),
        end=(message.end_m[0], message.end_m[1]),
        side=SIDES.get(message.side),
        bays=message.bay_count or 1,
        first_bay=message.first_bay or 1,
        shelves=message.shelf_count,
        department=message.department,
    )


def _department(message: pb.Department) -> drawn.Department:
    return drawn.Department(
        id=message.id,
        name=message.display_name,
        level=message.level,
        area=outline(message.area) if message.HasField("area") else None,
        frozen=message.frozen,
    )


def _place(message: pb.Place) -> drawn.Place:
    return drawn.Place(
        id=message.id,
        kind=PLACE_KINDS[message.place_kind],
        position=position(message.position),
        name=message.display_name,
        outline=outline(message.outline) if message.HasField("outline") else None,
    )


def _link(message: pb.Link) -> drawn.Link:
    return drawn.Link(
        id=message.id,
        start=message.start,
        end=message.end,
        length_m=message.length_m,
        kind=LINK_KINDS[message.link_kind],
        width_m=message.width_m if message.HasField("width_m") else None,
        one_way=message.one_way,
        wheelchair=message.wheelchair if message.HasField("wheelchair") else None,
    )


def _corners(loop: pb.Loop) -> Sequence[drawn.XY]:
    numbers = loop.coordinates_m
    return list(zip(numbers[::2], numbers[1::2], strict=True))


@lru_cache(maxsize=PLANS_KEPT)
def decoded_plan(encoded: bytes, store: str) -> drawn.FloorPlan:
    """A plan of its encoded message; a child process remembers the most recent ones."""
    return plan(pb.FloorPlan.FromString(encoded), store)
