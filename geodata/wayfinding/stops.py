"""Locates the items of a shopping list and groups them into stops."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import FixtureKind, FloorPlan
from geodata.floorplans.shelves import Shelves, Spot
from geodata.wayfinding.shopping import Item, Stop

MAX_PLACES_PER_ITEM = 4
SURE_WITHIN = 0.2
"""A placement is a candidate if its confidence is within this of the highest."""

Located = list[tuple[Item, tuple[Spot, ...]]]
"""Items with their candidate spots."""


@dataclass(frozen=True, slots=True)
class SortedItems:
    """The items of a list, sorted by how they can be fetched."""

    located: Located
    unlocated: list[Item]
    shut: list[Item]
    out_of_stock: list[Item]


def sort_items(
    plan: FloorPlan,
    shelves: Shelves,
    items: Iterable[Item],
    placements: Mapping[str, Sequence[Placement]],
    at: dt.datetime,
) -> SortedItems:
    """Find the spots of each item; of lines with the same SKU the first counts."""
    sorted_ = SortedItems([], [], [], [])
    firsts: dict[str, Item] = {}
    for item in items:
        firsts.setdefault(item.sku, item)
    for item in firsts.values():
        spots = _spots(plan, shelves, placements.get(item.sku, ()))
        open_spots = tuple(spot for spot in spots if not _is_shut(plan, spot, at))
        if item.in_stock is False:
            sorted_.out_of_stock.append(item)
        elif not spots:
            sorted_.unlocated.append(item)
        elif not open_spots:
            sorted_.shut.append(item)
        else:
            sorted_.located.append((item, open_spots))
    return sorted_


def stops_of(plan: FloorPlan, chosen: Iterable[tuple[Item, Spot]]) -> list[Stop]:
    """Group items at the same spot into stops; frozen goods have stops of their own."""
    frozen = {department.id for department in plan.departments if department.frozen}
    together: dict[object, list[tuple[Item, Spot]]] = defaultdict(list)
    for item, spot in chosen:
        place = spot.placement
        where = spot.stand or (place.floor, place.aisle, place.side, place.bay)
        together[_is_frozen(item, spot, frozen), where].append((item, spot))
    return [
        Stop(
            items=tuple(item for item, _ in taken),
            spots=tuple(spot for _, spot in taken),
            frozen=_is_frozen(*taken[0], frozen),
            position=taken[0][1].stand,
        )
        for taken in together.values()
    ]


def in_aisle_order(stops: Iterable[Stop]) -> list[Stop]:
    """Sort stops in the store's own order: by aisle, then by bay, with frozen goods last."""

    def turn(stop: Stop) -> tuple[bool, int, int]:
        spot = stop.spots[0]
        return stop.frozen, spot.aisle.order if spot.aisle else 0, spot.placement.bay or 0

    return sorted(stops, key=turn)


def _spots(plan: FloorPlan, shelves: Shelves, placements: Sequence[Placement]) -> list[Spot]:
    surest = max((placement.confidence for placement in placements), default=0.0)
    sure = [p for p in placements if p.confidence >= surest - SURE_WITHIN]
    found = [shelves.find(placement) for placement in sure[:MAX_PLACES_PER_ITEM]]
    return [spot for spot in found if spot and (spot.stand or not plan.has_map)]


def _is_shut(plan: FloorPlan, spot: Spot, at: dt.datetime) -> bool:
    """True if a block names the spot's aisle or level; the network handles blocked outlines."""
    aisle = spot.aisle
    return aisle is not None and any(
        block.active(at)
        and block.outline is None
        and block.aisle in ("", aisle.id)
        and block.level == aisle.level
        for block in plan.blocked
    )


def _is_frozen(item: Item, spot: Spot, frozen_departments: set[str]) -> bool:
    if item.frozen or item.department in frozen_departments:
        return True
    if spot.face is not None and spot.face.department:
        return spot.face.department in frozen_departments
    return spot.fixture is not None and spot.fixture.kind is FixtureKind.FREEZER
