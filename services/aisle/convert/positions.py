"""Positions of requests, on the plan of a store."""

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.plan import FloorPlan, Position
from geodata.floorplans.validation import MAX_EXTENT_M
from geodata.points import Point
from services.aisle.convert import plans
from services.chassis.errors import InvalidArgument


def position_on(plan: FloorPlan | None, asked: pb.IndoorPosition, field: str) -> Position:
    """A position in metres of the plan's frame; one on the earth is carried over.

    Raises:
        InvalidArgument: the plan has no such level, or its place on the earth is not known or far.
    """
    if plan is not None and asked.level not in {level.id for level in plan.levels}:
        raise InvalidArgument.field(f"{field}.level", "the floor plan has no such level")
    if not asked.HasField("location"):
        return plans.position(asked)
    if plan is None or plan.frame is None:
        why = "the place of the floor plan on the earth is not known; give x_m and y_m"
        raise InvalidArgument.field(f"{field}.location", why)
    x_m, y_m = plan.frame.to_local(Point(asked.location.latitude, asked.location.longitude))
    if not (abs(x_m) <= MAX_EXTENT_M and abs(y_m) <= MAX_EXTENT_M):
        why = f"is over {MAX_EXTENT_M:g} m from the floor plan"
        raise InvalidArgument.field(f"{field}.location", why)
    return Position(asked.level, x_m, y_m)
