"""Converts placements of products, their shelves, and products without a known shelf."""

from collections.abc import Iterable

from enrayon.aisle.v1 import aisle_pb2 as pb
from enrayon.stock.v1 import stock_pb2
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan, Position
from geodata.floorplans.shelves import Precision, Spot
from geodata.wayfinding.shopping import Item
from geodata.wayfinding.steps import address
from services.aisle.model.blocked_areas import is_blocked
from services.chassis.messages.times import instant_if_set
from services.directory.messages.kinds import SIDES
from services.directory.messages.placements import placement_message
from services.directory.messages.plans import position_message
from services.directory.products import product_name

PRECISIONS = {
    Precision.BAY: pb.PRECISION_BAY,
    Precision.SIDE: pb.PRECISION_SIDE,
    Precision.AISLE: pb.PRECISION_AISLE,
    Precision.ORDER: pb.PRECISION_ORDER,
}


def placement(message: pb.Placement, sku: str, store: str = "") -> Placement:
    """The placement of a checked message.

    Raises:
        ValueError: its validity ends before it starts.
        InvalidArgument: an instant is not a valid Timestamp; the error names the field.
    """
    return Placement(
        sku=sku,
        store=store,
        floor=message.level,
        aisle=message.aisle,
        side=SIDES.get(message.side),
        bay=message.bay or None,
        shelf=message.shelf or None,
        position=message.position or None,
        description=message.description,
        valid_from=instant_if_set(message, "valid_start_time"),
        valid_until=instant_if_set(message, "valid_end_time"),
        confidence=message.confidence if message.HasField("confidence") else 1.0,
    )


def shelf(
    placement: Placement,
    spot: Spot | None,
    plan: FloorPlan | None,
    language: str,
    *,
    reported: bool,
) -> pb.Shelf:
    """A placement, with its place on the plan if it has one."""
    result = pb.Shelf(
        placement=placement_message(placement),
        address=address(placement, language),
        reported=reported,
    )
    if spot is None or plan is None:
        return result
    result.precision = PRECISIONS[spot.precision]
    result.blocked = is_blocked(plan, spot)
    if spot.stand is not None:
        result.stand_position.CopyFrom(position_message(spot.stand, plan.frame))
        if spot.shelf is not None:
            edge = Position(spot.stand.level, *spot.shelf)
            result.shelf_position.CopyFrom(position_message(edge, plan.frame))
    return result


def missing(items: Iterable[Item], plan: FloorPlan | None) -> list[pb.MissingProduct]:
    """Items that are not on the route, with the names of their departments."""
    return [
        pb.MissingProduct(
            product=product_name(item.sku),
            display_name=item.name,
            department=department_of(item, plan),
        )
        for item in items
    ]


def department_of(item: Item, plan: FloorPlan | None) -> str:
    """The name of an item's department on the plan, else its id."""
    names = {part.id: part.name for part in plan.departments} if plan else {}
    return names.get(item.department) or item.department


def name_in(product: stock_pb2.Product, language: str) -> str:
    """The name of a product in a language, given by its BCP 47 tag, else its display name."""
    names = product.localized_names
    tags = {tag.lower(): name for tag, name in names.items()}
    tag = language.lower()
    return tags.get(tag) or tags.get(tag.partition("-")[0]) or product.display_name
