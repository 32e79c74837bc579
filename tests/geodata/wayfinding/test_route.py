import dataclasses
import datetime as dt
import random
from collections.abc import Sequence
from itertools import pairwise, permutations
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.floorplans.placements import Placement, placements_in_force
from geodata.floorplans.plan import BlockedArea, FloorPlan, PlaceKind, Position, Side
from geodata.floorplans.shelves import Shelves
from geodata.wayfinding.network import Network
from geodata.wayfinding.profiles import TROLLEY, WALKING
from geodata.wayfinding.route import MAX_ITEMS, plan_route, plan_way
from geodata.wayfinding.shopping import Item, Route
from tests.geodata.floorplans.shops import (
    NOON,
    corner_shop,
    in_aisle,
    supermarket,
    two_floors,
    village_shop,
)

PLAN, PLACEMENTS, PRODUCTS = supermarket()
NETWORK = Network(PLAN, TROLLEY, NOON)
SHELVED = placements_in_force([], PLACEMENTS, NOON)

CORNER = {
    "rice": [in_aisle("rice", "2", Side.LEFT, 3)],
    "oil": [in_aisle("oil", "1", Side.RIGHT, 1)],
    "peas": [in_aisle("peas", "3", Side.LEFT, 2)],
}


def items_of(seed: int, count: int) -> list[Item]:
    """Products of the supermarket that are not frozen."""
    rng = random.Random(seed)
    range_ = [product for product in PRODUCTS if product.department != "frozen"]
    return [Item(sku=p.sku, name=p.name) for p in rng.sample(range_, count)]


def route_of(*skus: str, plan: FloorPlan | None = None, **options: Any) -> Route:
    network = Network(plan or corner_shop(), WALKING, NOON)
    items = [Item(sku=sku, name=sku.capitalize()) for sku in skus]
    return plan_route(network, items, CORNER, **options)


class ByHand:
    """The length of a walk through stands, as a sum of pairwise lengths."""

    def __init__(self, stands: Sequence[Position]) -> None:
        doors = [place.position for place in PLAN.places_of(PlaceKind.ENTRANCE)]
        tills = [place.position for place in PLAN.places_of(PlaceKind.TILL)]
        lengths = NETWORK.walks([*doors, *stands, *tills]).lengths_m
        first, last = len(doors), len(doors) + len(stands)
        self.stops = range(len(stands))
        self.from_door = lengths[:first, first:last].min(axis=0).tolist()
        self.between = lengths[first:last, first:last].tolist()
        self.to_till = lengths[first:last, last:].min(axis=1).tolist()

    def length(self, order: Sequence[int]) -> float:
        legs = sum(self.between[a][b] for a, b in pairwise(order))
        return float(self.from_door[order[0]] + legs + self.to_till[order[-1]])

    def shortest(self) -> float:
        return min(map(self.length, permutations(self.stops)))


def stands_of(items: Sequence[Item]) -> list[Position]:
    shelves = Shelves(PLAN)
    spots = [shelves.find(SHELVED[item.sku][0]) for item in items]
    return list(dict.fromkeys(spot.stand for spot in spots if spot and spot.stand))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 7))
def test_a_lists_route_is_the_shortest_of_all_orders(seed: int, count: int) -> None:
    items = items_of(seed, count)
    route = plan_route(NETWORK, items, SHELVED)
    assert ByHand(stands_of(items)).shortest() == pytest.approx(route.length_m)
    assert route.length_m == route.lower_bound_m


def test_a_route_of_eight_stops_is_the_shortest_of_40320_orders() -> None:
    items = items_of(8, 8)
    route = plan_route(NETWORK, items, SHELVED)
    assert len(route.stops) == 8
    assert ByHand(stands_of(items)).shortest() == pytest.approx(route.length_m)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60))
def test_a_route_is_never_longer_than_the_lists_own_order(seed: int, count: int) -> None:
    items = items_of(seed, count)
    route = plan_route(NETWORK, items, SHELVED)
    assert route.length_m is not None
    own = ByHand(stands_of(items))
    assert route.length_m <= own.length(own.stops) + 1e-6
    assert route.lower_bound_m is not None
    assert route.lower_bound_m <= route.length_m
    taken = [item for stop in route.stops for item in stop.items]
    assert sorted(i.sku for i in items) == sorted(i.sku for i in taken)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_the_legs_lead_from_the_door_over_all_stops_to_a_till(seed: int) -> None:
    route = plan_route(NETWORK, items_of(seed, 6), SHELVED)
    assert route.end is not None
    assert route.end.kind is PlaceKind.TILL
    doors = [place.position for place in PLAN.places_of(PlaceKind.ENTRANCE)]
    met = [*doors, *(stop.position for stop in route.stops), route.end.position]
    assert met == [route.legs[0].points[0], *(leg.points[-1] for leg in route.legs)]
    assert sum(leg.length_m for leg in route.legs) == pytest.approx(route.length_m)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_frozen_goods_come_last(seed: int) -> None:
    products = random.Random(seed).sample(PRODUCTS, 14)
    route = plan_route(NETWORK, [Item(sku=product.sku) for product in products], SHELVED)
    frozen = [stop.frozen for stop in route.stops]
    assert frozen == sorted(frozen)
    cold = {item.sku for stop in route.stops if stop.frozen for item in stop.items}
    assert {product.sku for product in products if product.department == "frozen"} == cold


def test_ice_cream_waits_though_it_is_nearest() -> None:
    # Peas (frozen) are on the way to the till; rice and oil are beyond.
    assert ["oil", "rice", "peas"] == [
        s.items[0].sku for s in route_of("peas", "rice", "oil").stops
    ]


def test_a_caller_can_call_an_item_frozen() -> None:
    network = Network(corner_shop(), WALKING, NOON)
    items = [Item(sku="oil", frozen=True), Item(sku="rice")]
    assert ["rice", "oil"] == [s.items[0].sku for s in plan_route(network, items, CORNER).stops]


def test_items_of_one_shelf_are_one_stop() -> None:
    both = CORNER | {"pasta": [in_aisle("pasta", "2", Side.LEFT, 3)]}
    network = Network(corner_shop(), WALKING, NOON)
    route = plan_route(network, [Item(sku="rice"), Item(sku="pasta")], both)
    assert [["rice", "pasta"]] == [[item.sku for item in stop.items] for stop in route.stops]


def test_the_same_line_twice_is_fetched_once() -> None:
    assert [["rice"]] == [[i.sku for i in s.items] for s in route_of("rice", "rice").stops]


def test_what_has_no_place_is_said_and_the_rest_is_walked() -> None:
    route = route_of("rice", "caviar")
    assert ["caviar"] == [item.sku for item in route.unlocated]
    assert ["rice"] == [stop.items[0].sku for stop in route.stops]


def test_what_is_out_of_stock_is_said_and_not_walked_to() -> None:
    network = Network(corner_shop(), WALKING, NOON)
    items = [Item(sku="rice", in_stock=False), Item(sku="oil", in_stock=True)]
    route = plan_route(network, items, CORNER)
    assert ["rice"] == [item.sku for item in route.out_of_stock]
    assert ["oil"] == [stop.items[0].sku for stop in route.stops]


def test_of_two_sure_places_the_nearer_is_taken_and_of_an_unsure_one_not() -> None:
    far, near = in_aisle("rice", "1", Side.RIGHT, 4), in_aisle("rice", "2", Side.RIGHT, 1)
    network = Network(corner_shop(), WALKING, NOON)

    def taken(*placements: Placement) -> str:
        [stop] = plan_route(network, [Item(sku="rice")], {"rice": placements}).stops
        return stop.spots[0].placement.aisle

    assert taken(far, near) == "2"
    assert taken(far, dataclasses.replace(near, confidence=0.79)) == "1"
    assert taken(far, dataclasses.replace(near, confidence=0.81)) == "2"


def test_behind_a_blocked_aisle_an_item_is_unreachable_until_it_opens() -> None:
    shut = BlockedArea(id="spill", level="0", aisle="2", blocked_until=NOON)
    plan = dataclasses.replace(corner_shop(), blocked=(shut,))
    items = [Item(sku="rice"), Item(sku="oil")]
    before = Network(plan, WALKING, NOON - dt.timedelta(seconds=1))
    route = plan_route(before, items, CORNER)
    assert ["rice"] == [item.sku for item in route.unreachable]
    assert ["oil"] == [stop.items[0].sku for stop in route.stops]
    assert () == plan_route(Network(plan, WALKING, NOON), items, CORNER).unreachable


def test_the_way_goes_round_a_blocked_spot() -> None:
    # Only the front end of the aisle is blocked: rice is reached from the other end.
    mouth = BlockedArea(id="spill", level="0", outline=shapely.box(4, 3, 8, 4.5))
    plan = dataclasses.replace(corner_shop(), blocked=(mouth,))
    free, round_ = route_of("rice").length_m, route_of("rice", plan=plan).length_m
    assert free is not None
    assert round_ is not None
    assert round_ > free + 5


def test_an_item_on_a_shut_level_is_unreachable() -> None:
    shut = BlockedArea(id="sale", level="1")
    shop = two_floors()
    upstairs = dataclasses.replace(corner_shop().fixtures[0], level="1")
    plan = dataclasses.replace(shop, fixtures=(upstairs,), blocked=(shut,))
    network = Network(plan, WALKING, NOON)
    route = plan_route(network, [Item(sku="rice")], CORNER, ends=[])
    assert ["rice"] == [item.sku for item in route.unreachable]
    assert () == route.stops


def test_one_may_start_anywhere_and_end_at_the_last_stop() -> None:
    here = Position("0", 5.0, 6.5)
    route = route_of("rice", start=here, heading_deg=-90.0, ends=[])
    # From 1 m before the shelf to 0.6 m before it.
    assert route.length_m == pytest.approx(0.4)
    assert (here, None, -90.0) == (route.legs[0].points[0], route.end, route.heading_deg)


def test_a_counter_can_be_the_end() -> None:
    [door] = corner_shop().places_of(PlaceKind.ENTRANCE)
    assert door == route_of("rice", ends=[door]).end


@pytest.mark.parametrize("start", [Position("0", 40, 40), Position("7", 5, 5)])
def test_a_start_off_the_map_is_named(start: Position) -> None:
    with pytest.raises(ValueError, match="start"):
        route_of("rice", start=start)


def test_five_hundred_items_are_too_many() -> None:
    items = [Item(sku=f"sku-{number}") for number in range(500)]
    with pytest.raises(ValueError, match=f"items: must have at most {MAX_ITEMS}"):
        plan_route(NETWORK, items, SHELVED)


@pytest.mark.parametrize("fields", [{"sku": ""}, {"sku": "x" * 10_240}, {"name": "x" * 10_240}])
def test_an_items_text_is_bounded(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(fields))):
        Item(**({"sku": "milk"} | fields))


def test_nothing_to_fetch_is_no_walk() -> None:
    route = route_of("caviar")
    assert ((), (), 0.0) == (route.stops, route.legs, route.length_m)


def test_without_a_map_the_walk_follows_the_stores_own_order() -> None:
    placements = {
        "milk": [in_aisle("milk", "1", Side.LEFT, 2)],
        "rye": [in_aisle("rye", "Bread")],
        "tea": [in_aisle("tea", "3", Side.LEFT, 5)],
        "jam": [in_aisle("jam", "3", Side.LEFT, 1)],
        "ice": [in_aisle("ice", "F")],
    }
    network = Network(village_shop(), WALKING, NOON)
    items = [Item(sku=sku, department="frozen" if sku == "ice" else "") for sku in placements]
    route = plan_route(network, [*items, Item(sku="caviar")], placements)
    assert ["rye", "jam", "tea", "milk", "ice"] == [s.items[0].sku for s in route.stops]
    assert (None, ()) == (route.length_m, route.legs)
    assert ["caviar"] == [item.sku for item in route.unlocated]


def test_without_a_map_a_blocked_aisle_is_left_out() -> None:
    shut = BlockedArea(id="b", level="0", aisle="3")
    plan = dataclasses.replace(village_shop(), blocked=(shut,))
    route = plan_route(
        Network(plan, WALKING, NOON),
        [Item(sku="tea"), Item(sku="rye")],
        {"tea": [in_aisle("tea", "3")], "rye": [in_aisle("rye", "Bread")]},
    )
    assert ["tea"] == [item.sku for item in route.unreachable]
    assert ["rye"] == [stop.items[0].sku for stop in route.stops]


def test_to_a_shop_upstairs_one_walks_3_m_climbs_6_m_and_walks_3_m() -> None:
    [shop] = two_floors().places_of(PlaceKind.SHOP)
    route = plan_way(Network(two_floors(), WALKING, NOON), shop)
    assert route is not None
    assert route.length_m == pytest.approx(12)
    assert (shop, (), route.length_m) == (route.end, route.stops, route.lower_bound_m)
    assert [route.legs[0].points[0], route.legs[0].points[-1]] == [
        Position("0", 1.0, 4.0),
        shop.position,
    ]


def test_to_a_shop_on_a_shut_level_there_is_no_way() -> None:
    plan = dataclasses.replace(two_floors(), blocked=(BlockedArea(id="sale", level="1"),))
    [shop] = plan.places_of(PlaceKind.SHOP)
    assert plan_way(Network(plan, WALKING, NOON), shop) is None


def test_a_way_from_off_the_map_names_its_start() -> None:
    [shop] = two_floors().places_of(PlaceKind.SHOP)
    with pytest.raises(ValueError, match="start"):
        plan_way(Network(two_floors(), WALKING, NOON), shop, start=Position("0", 90, 90))
