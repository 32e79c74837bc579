"""Maps the enums of the aisle contract to those of `geodata` and back."""

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans import plan as drawn
from geodata.floorplans.problems import Severity

SIDES = {
    pb.SIDE_LEFT: drawn.Side.LEFT,
    pb.SIDE_RIGHT: drawn.Side.RIGHT,
    pb.SIDE_END: drawn.Side.END,
}
FIXTURE_KINDS = {
    pb.FIXTURE_KIND_UNSPECIFIED: drawn.FixtureKind.SHELF,
    pb.FIXTURE_KIND_SHELF: drawn.FixtureKind.SHELF,
    pb.FIXTURE_KIND_TABLE: drawn.FixtureKind.TABLE,
    pb.FIXTURE_KIND_FRIDGE: drawn.FixtureKind.FRIDGE,
    pb.FIXTURE_KIND_FREEZER: drawn.FixtureKind.FREEZER,
    pb.FIXTURE_KIND_COUNTER: drawn.FixtureKind.COUNTER,
    pb.FIXTURE_KIND_OBSTACLE: drawn.FixtureKind.OBSTACLE,
}
PLACE_KINDS = {
    pb.PLACE_KIND_ENTRANCE: drawn.PlaceKind.ENTRANCE,
    pb.PLACE_KIND_TILL: drawn.PlaceKind.TILL,
    pb.PLACE_KIND_COUNTER: drawn.PlaceKind.COUNTER,
    pb.PLACE_KIND_SHOP: drawn.PlaceKind.SHOP,
    pb.PLACE_KIND_FACILITY: drawn.PlaceKind.FACILITY,
}
LINK_KINDS = {
    pb.LINK_KIND_UNSPECIFIED: drawn.LinkKind.WALK,
    pb.LINK_KIND_WALK: drawn.LinkKind.WALK,
    pb.LINK_KIND_RAMP: drawn.LinkKind.RAMP,
    pb.LINK_KIND_STEPS: drawn.LinkKind.STEPS,
    pb.LINK_KIND_LIFT: drawn.LinkKind.LIFT,
    pb.LINK_KIND_ESCALATOR: drawn.LinkKind.ESCALATOR,
    pb.LINK_KIND_MOVING_WALKWAY: drawn.LinkKind.MOVING_WALKWAY,
}
SEVERITIES = {
    Severity.ERROR: pb.PlanProblem.SEVERITY_ERROR,
    Severity.WARNING: pb.PlanProblem.SEVERITY_WARNING,
}
SIDE_VALUES = {side: value for value, side in SIDES.items()}
FIXTURE_VALUES = {kind: value for value, kind in FIXTURE_KINDS.items()}
PLACE_VALUES = {kind: value for value, kind in PLACE_KINDS.items()}
LINK_VALUES = {kind: value for value, kind in LINK_KINDS.items()}
