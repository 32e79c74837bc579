"""The aisles of a store, for people."""

from collections import defaultdict
from collections.abc import Iterable

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import Aisle
from services.aisle.model.blocks import is_shut
from services.aisle.replica.shops import Shop
from services.directory.messages.plans import position_message


def key_of(aisle: Aisle) -> tuple[int, str, str]:
    """The place of an aisle in the store's own walking order; an id may be on two levels."""
    return aisle.order, aisle.level, aisle.id


def in_order(shop: Shop) -> list[Aisle]:
    """All aisles in the store's own walking order."""
    return sorted(shop.plan.aisles, key=key_of)


def listed(shop: Shop, aisles: Iterable[Aisle]) -> Iterable[pb.ListedAisle]:
    """Aisles of a store as a list shows them."""
    names = {part.id: part.name or part.id for part in shop.plan.departments}
    kept: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for fixture in shop.plan.fixtures:
        for face in fixture.faces:
            if face.department:
                kept[face.aisle, fixture.level][names.get(face.department, face.department)] = None
    for aisle in aisles:
        spot = shop.shelves.find(Placement(sku="-", floor=aisle.level, aisle=aisle.id))
        own = [names.get(aisle.department, aisle.department)] if aisle.department else []
        yield pb.ListedAisle(
            aisle=aisle.id,
            display_name=aisle.name,
            level=aisle.level,
            departments=dict.fromkeys([*own, *kept[aisle.id, aisle.level]]),
            position=position_message(spot.stand, shop.plan.frame) if spot and spot.stand else None,
            blocked=spot is not None and is_shut(shop.plan, spot),
        )
