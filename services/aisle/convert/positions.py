"""Converts positions of requests to the metres of a store's plan."""

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.plan import FloorPlan, Position
from geodata.floorplans.validation import MAX_EXTENT_M
from geodata.points import Point
from services.aisle.convert import plans
from services.chassis.errors import InvalidArgument


def position_on(plan: FloorPlan | None, given: pb.IndoorPosition, field: str) -> Position:
    """A position in metres of the plan; a WGS84 location is converted by the plan's frame.

    Raises:
        InvalidArgument: the plan has no such level, has no place on the earth, or is far away.
    """
    if plan is not None and given.level not in {level.id for level in plan.levels}:
        raise InvalidArgument.field(f"{field}.level", "the floor plan has no such level")
    if not given.HasField("location"):
        return plans.position(given)
    if plan is None or plan.frame is None:
        why = "the floor plan has no place on the earth; give x_m and y_m"
        raise InvalidArgument.field(f"{field}.location", why)
    x_m, y_m = plan.frame.to_local(Point(given.location.latitude, given.location.longitude))
    if not (abs(x_m) <= MAX_EXTENT_M and abs(y_m) <= MAX_EXTENT_M):
        why = f"is over {MAX_EXTENT_M:g} m from the floor plan"
        raise InvalidArgument.field(f"{field}.location", why)
    return Position(given.level, x_m, y_m)
