"""Where products stand: placements, shelves, and products that no shelf is known of."""

from collections.abc import Iterable

from enrayon.aisle.v1 import aisle_pb2 as pb
from enrayon.stock.v1 import stock_pb2
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FloorPlan, Position
from geodata.floorplans.shelves import Precision, Spot
from geodata.wayfinding.shopping import Item
from geodata.wayfinding.steps import address
from services.aisle.convert.plans import moment
from services.aisle.model.blocks import is_shut
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
    """A placement that keeps its contract.

    Raises:
        ValueError: it is no longer valid when it begins to be, or an instant is out of range.
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
        valid_from=moment(message, "valid_start_time"),
        valid_until=moment(message, "valid_end_time"),
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
    """A placement with where it is on a plan, if that is known."""
    found = pb.Shelf(
        placement=placement_message(placement),
        address=address(placement, language),
        reported=reported,
    )
    if spot is None or plan is None:
        return found
    found.precision = PRECISIONS[spot.precision]
    found.blocked = is_shut(plan, spot)
    if spot.stand is not None:
        found.stand_position.CopyFrom(position_message(spot.stand, plan.frame))
        if spot.shelf is not None:
            edge = Position(spot.stand.level, *spot.shelf)
            found.shelf_position.CopyFrom(position_message(edge, plan.frame))
    return found


def missing(items: Iterable[Item], plan: FloorPlan | None) -> list[pb.MissingProduct]:
    """Items that cannot be had, with the names of their departments."""
    return [
        pb.MissingProduct(
            product=product_name(item.sku),
            display_name=item.name,
            department=department_of(item, plan),
        )
        for item in items
    ]


def department_of(item: Item, plan: FloorPlan | None) -> str:
    """What the plan calls an item's department, else its id."""
    names = {part.id: part.name for part in plan.departments} if plan else {}
    return names.get(item.department) or item.department


def name_in(product: stock_pb2.Product, language: str) -> str:
    """A product's name in a language by its BCP 47 tag, else its own name."""
    names = product.localized_names
    tags = {tag.lower(): name for tag, name in names.items()}
    wanted = language.lower()
    return tags.get(wanted) or tags.get(wanted.partition("-")[0]) or product.display_name
