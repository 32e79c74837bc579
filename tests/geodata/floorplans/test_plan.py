import dataclasses
import datetime as dt

from geodata.floorplans.plan import BlockedArea, FloorPlan, PlaceKind, plan_in_force
from tests.geodata.floorplans.shops import NOON, corner_shop, village_shop

DAY = dt.timedelta(days=1)


def test_the_version_that_took_effect_last_is_in_force() -> None:
    old = FloorPlan(store="stores/1", version="old")
    new = FloorPlan(store="stores/1", version="new", effective_from=NOON)
    assert plan_in_force([new, old], NOON - DAY) == old
    assert plan_in_force([old, new], NOON) == new


def test_a_version_ends_before_its_last_instant() -> None:
    brief = FloorPlan(store="stores/1", effective_from=NOON, effective_until=NOON + DAY)
    assert brief.in_force(NOON)
    assert not brief.in_force(NOON + DAY)
    assert plan_in_force([brief], NOON + DAY) is None


def test_a_block_is_over_when_it_expires() -> None:
    block = BlockedArea(id="spill", level="0", blocked_until=NOON)
    assert block.active(NOON - DAY)
    assert not block.active(NOON)


def test_only_a_plan_with_floor_or_links_has_a_map() -> None:
    assert corner_shop().has_map
    assert not village_shop().has_map


def test_places_are_found_by_what_they_are() -> None:
    shop = corner_shop()
    assert [place.id for place in shop.places_of(PlaceKind.TILL)] == ["till"]
    assert dataclasses.replace(shop, places=()).places_of(PlaceKind.TILL) == ()
