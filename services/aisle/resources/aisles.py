"""Lists the aisles of a store in its own walking order."""

from collections import defaultdict
from collections.abc import Iterable

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import Aisle
from services.aisle.model.blocked_areas import is_blocked
from services.aisle.replica.shops import Shop
from services.directory.messages.plans import position_message


def key_of(aisle: Aisle) -> tuple[int, str, str]:
    """The sort key of the walking order; an aisle id may occur on two levels."""
    return aisle.order, aisle.level, aisle.id


def in_order(shop: Shop) -> list[Aisle]:
    """All aisles of a store in its own walking order."""
    return sorted(shop.plan.aisles, key=key_of)


def listed(shop: Shop, aisles: Iterable[Aisle]) -> Iterable[pb.ListedAisle]:
    """The entries of a list of aisles, with their departments and positions."""
    names = {part.id: part.name or part.id for part in shop.plan.departments}
    of_faces: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for fixture in shop.plan.fixtures:
        for face in fixture.faces:
            if face.department:
                department = names.get(face.department, face.department)
                of_faces[face.aisle, fixture.level][department] = None
    for aisle in aisles:
        spot = shop.shelves.find(Placement(sku="-", floor=aisle.level, aisle=aisle.id))
        own = [names.get(aisle.department, aisle.department)] if aisle.department else []
        yield pb.ListedAisle(
            aisle=aisle.id,
            display_name=aisle.name,
            level=aisle.level,
            departments=dict.fromkeys([*own, *of_faces[aisle.id, aisle.level]]),
            position=position_message(spot.stand, shop.plan.frame) if spot and spot.stand else None,
            blocked=spot is not None and is_blocked(shop.plan, spot),
        )
