"""Routes are as short as those of two oracles: brute force over orders, and networkx."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise, permutations
from typing import Any

import networkx as nx
import numpy as np
import pytest

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placements import placements_in_force
from geodata.floorplans.plan import FloorPlan, LinkKind, Place, PlaceKind, Position
from geodata.floorplans.shelves import Shelves
from geodata.importers.indoor.japan import plan_from_japanese
from geodata.importers.indoor.osm import plan_from_osm
from geodata.wayfinding.network import Network
from geodata.wayfinding.profiles import STEP_FREE, TROLLEY, WALKING, Profile
from services.aisle.convert.plans import plan as plan_of
from services.directory.messages.kinds import LINK_KINDS
from tests.geodata.floorplans.shops import NOON, supermarket
from tests.support.aisle import BARE, placed, published, route, skus_of, stream

PLAN, PLACEMENTS, PRODUCTS = supermarket()
SHELVED = placements_in_force([], PLACEMENTS, NOON)
THAWED = [product.sku for product in PRODUCTS if product.department != "frozen"]


class ByHand:
    """The length of a walk through stands, added up from their pairwise lengths."""

    def __init__(self, stands: Sequence[Position]) -> None:
        doors = [place.position for place in PLAN.places_of(PlaceKind.ENTRANCE)]
        tills = [place.position for place in PLAN.places_of(PlaceKind.TILL)]
        network = Network(PLAN, TROLLEY, NOON)
        lengths = network.walks([*doors, *stands, *tills]).lengths_m
        first, last = len(doors), len(doors) + len(stands)
        self.stops = range(len(stands))
        self.from_door = lengths[:first, first:last].min(axis=0).tolist()
        self.between = lengths[first:last, first:last].tolist()
        self.to_till = lengths[first:last, last:].min(axis=1).tolist()

    def length(self, order: Sequence[int]) -> float:
        legs = sum(self.between[a][b] for a, b in pairwise(order))
        return float(self.from_door[order[0]] + legs + self.to_till[order[-1]])


def stands_of(skus: Sequence[str]) -> list[Position]:
    shelves = Shelves(PLAN)
    spots = [shelves.find(SHELVED[sku][0]) for sku in skus]
    return list(dict.fromkeys(spot.stand for spot in spots if spot and spot.stand))


@pytest.fixture
async def market(bare):
    """The synthetic supermarket, in the store that had no plan."""
    await bare.PublishFloorPlan(published(BARE, PLAN))
    await bare.UpsertPlacements(stream(BARE, placed(PLACEMENTS)))
    return bare


async def best_of_all_orders(market: Any, rng: random.Random, count: int) -> None:
    """Check that the route of a random list is as short as the best of all orders of its stops."""
    skus = rng.sample(THAWED, count)
    answer = await market.PlanRoute(route(BARE, *skus, profile=pb.ROUTE_PROFILE_TROLLEY))
    hand = ByHand(stands_of(skus))
    assert min(map(hand.length, permutations(hand.stops))) == pytest.approx(answer.length_m)
    assert answer.lower_bound_m == answer.length_m


async def own_order(market: Any, rng: random.Random, count: int) -> tuple[float, float]:
    """The part that the route of a random list saves over its own order, and its stated gap."""
    skus = rng.sample(THAWED, count)
    answer = await market.PlanRoute(route(BARE, *skus, profile=pb.ROUTE_PROFILE_TROLLEY))
    hand = ByHand(stands_of(skus))
    own = hand.length(hand.stops)
    assert answer.length_m <= own + 1e-6
    assert answer.lower_bound_m <= answer.length_m
    assert sorted(skus) == sorted(sku for stop in skus_of(answer) for sku in stop)
    return 1 - answer.length_m / own, answer.length_m / answer.lower_bound_m - 1


async def test_routes_of_random_lists_are_as_short_as_the_best_of_all_orders(market):
    rng = random.Random(11)
    for count in (1, 2, 3, 4, 5, 6, 6, 7, 8):
        await best_of_all_orders(market, rng, count)


async def test_the_route_of_a_long_list_is_never_longer_than_its_own_order(market):
    rng = random.Random(12)
    for count in (10, 20, 40, 80, 100):
        await own_order(market, rng, count)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_routes_of_two_hundred_lists_are_as_short_as_the_best_of_all_orders(market):
    rng = random.Random(21)
    for number in range(200):
        await best_of_all_orders(market, rng, 1 + number % 8)
    spared, gaps = zip(
        *[await own_order(market, rng, rng.randint(13, 100)) for _ in range(200)], strict=True
    )
    print(
        f"200 lists of up to 8 stops: all as brute force. 200 of 13 to 100: "
        f"{np.mean(spared):.0%} shorter than their own order at the mean, {min(spared):.0%} at "
        f"the least; stated gap {np.mean(gaps):.1%} at the mean, {max(gaps):.1%} at the most"
    )


async def test_the_stops_of_a_list_lie_at_the_ends_of_the_legs(market):
    skus = random.Random(13).sample(THAWED, 12)
    answer = await market.PlanRoute(route(BARE, *skus))
    ends = [leg.positions[-1] for leg in answer.legs]
    assert [*(stop.position for stop in answer.stops), answer.end.position] == ends
    starts = [leg.positions[0] for leg in answer.legs]
    assert ends[:-1] == starts[1:]
    assert sum(leg.length_m for leg in answer.legs) == pytest.approx(answer.length_m)


PROFILES = {WALKING: pb.ROUTE_PROFILE_WALKING, STEP_FREE: pb.ROUTE_PROFILE_STEP_FREE}
STEPPED = {LinkKind.STEPS, LinkKind.ESCALATOR, LinkKind.MOVING_WALKWAY}


async def walked(client: Any, plan: FloorPlan, profile: Profile, one: Place, other: Place) -> Any:
    """The route between two places, checked against networkx on the graph of the plan."""
    await client.PublishFloorPlan(published(BARE, plan))
    name = f"{BARE}/floorPlans/current"
    kept = plan_of(await client.GetFloorPlan(pb.GetFloorPlanRequest(name=name)), BARE)
    answer = await client.PlanRoute(
        route(BARE, place=one.id, end_place=other.id, profile=PROFILES[profile])
    )
    network = Network(kept, profile, NOON)
    graph: nx.DiGraph[int] = nx.DiGraph()
    walks = network.walks([one.position, other.position])
    for start, end, metres in walks.graph.weighted_edge_list():
        graph.add_edge(start, end, metres=metres)
    first = len(network.vertices)
    expected = nx.dijkstra_path_length(graph, first, first + 1, weight="metres")
    assert expected == pytest.approx(answer.length_m)
    [leg] = answer.legs
    assert (one.position.level, other.position.level) == (
        leg.positions[0].level,
        leg.positions[-1].level,
    )
    kinds = [LINK_KINDS[kind] for kind in leg.link_kinds]
    for before, after, kind in zip(leg.positions[:-1], leg.positions[1:], kinds, strict=True):
        # The path is connected: only a link that is no walk changes the level.
        assert before.level == after.level or kind is not LinkKind.WALK
    assert profile is WALKING or not STEPPED & set(kinds)
    return answer


@pytest.mark.parametrize("profile", [WALKING, STEP_FREE], ids=["walking", "step-free"])
async def test_the_route_between_two_shops_of_grand_place_is_that_of_networkx(
    bare, shared_json: Callable[[str], Any], profile: Profile
):
    plan = plan_from_osm(
        shared_json("indoor_mall_grandplace.geojson"), BARE, levels={"way/244423991": "2"}
    ).plan
    shops = {place.name: place for place in plan.places_of(PlaceKind.SHOP)}
    answer = await walked(bare, plan, profile, shops["Sephora"], shops["La Grande Récré"])
    assert {"1", "2"} == {position.level for position in answer.legs[0].positions}
    assert "You are there: La Grande Récré" == answer.steps[-1].text


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("profile", [WALKING, STEP_FREE], ids=["walking", "step-free"])
async def test_the_routes_between_all_shops_of_grand_place_are_those_of_networkx(
    bare, shared_json: Callable[[str], Any], profile: Profile
):
    document = shared_json("indoor_mall_grandplace.geojson")
    plan = plan_from_osm(document, BARE, levels={"way/244423991": "2"}).plan
    shops = plan.places_of(PlaceKind.SHOP)
    network = Network(plan, profile, NOON)
    lengths = network.walks([shop.position for shop in shops]).lengths_m
    pairs = [
        (one, other)
        for i, one in enumerate(shops)
        for j, other in enumerate(shops)
        if one.position.level != other.position.level and np.isfinite(lengths[i, j])
    ]
    asked = random.Random(31).sample(pairs, 100)
    for one, other in asked:
        await walked(bare, plan, profile, one, other)
    levels = Counter(shop.position.level for shop in shops)
    print(f"{profile.name}: {len(shops)} shops {dict(levels)}, {len(pairs)} pairs, 100 asked")


@pytest.mark.parametrize("profile", [WALKING, STEP_FREE], ids=["walking", "step-free"])
async def test_the_route_from_a_shop_of_unimall_to_the_street_is_that_of_networkx(
    bare, shared_json: Callable[[str], Any], profile: Profile
):
    plan = plan_from_japanese(shared_json("indoor_unimall.json"), BARE).plan
    shop = plan.places_of(PlaceKind.SHOP)[0]
    network = Network(plan, profile, NOON)
    doors = [
        door
        for door in plan.places_of(PlaceKind.ENTRANCE)
        if door.position.level != shop.position.level
        and network.reached([shop.position], [door.position]) == [True]
    ]
    assert doors
    await walked(bare, plan, profile, shop, doors[0])
