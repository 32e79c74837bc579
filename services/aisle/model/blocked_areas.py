"""Decides if a shelf is in a blocked area."""

import shapely

from geodata.floorplans.plan import FloorPlan
from geodata.floorplans.shelves import Spot


def is_blocked(plan: FloorPlan, spot: Spot) -> bool:
    """True if a blocked area contains a spot, by its level, its aisle or its position."""
    level = spot.stand.level if spot.stand else spot.aisle.level if spot.aisle else ""
    for block in plan.blocked:
        if block.level != level:
            continue
        if block.outline is not None:
            if spot.stand and block.outline.covers(shapely.Point(spot.stand.x_m, spot.stand.y_m)):
                return True
        elif block.aisle in ("", spot.placement.aisle):
            return True
    return False
