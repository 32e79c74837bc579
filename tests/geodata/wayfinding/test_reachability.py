import dataclasses

import pytest
import shapely

from geodata.floorplans.plan import (
    BlockedArea,
    Fixture,
    FloorPlan,
    Link,
    LinkKind,
    Node,
    Place,
    PlaceKind,
    Position,
)
from geodata.floorplans.problems import Severity
from geodata.wayfinding.reachability import reach_problems
from tests.geodata.floorplans.shops import corner_shop, supermarket, two_floors, village_shop


def told(plan: FloorPlan) -> list[tuple[str, str, Severity]]:
    return [(p.code, p.path, p.severity) for p in reach_problems(plan)]


@pytest.mark.parametrize("plan", [corner_shop(), two_floors(), supermarket()[0], village_shop()])
def test_all_of_a_sound_shop_is_reached(plan: FloorPlan) -> None:
    assert told(plan) == []


def test_an_aisle_walled_in_is_an_error() -> None:
    walls = [shapely.box(0, 3, 3, 3.2), shapely.box(0, 8.8, 3, 9), shapely.box(2.8, 8, 3, 9)]
    walled = tuple(
        Fixture(id=f"wall{number}", level="0", outline=wall) for number, wall in enumerate(walls)
    )
    shop = corner_shop()
    wall_to_shelf = Fixture(id="w", level="0", outline=shapely.box(2.8, 3, 3, 4))
    plan = dataclasses.replace(shop, fixtures=(*shop.fixtures, *walled, wall_to_shelf))
    assert ("unreachable", "aisles[0]", Severity.ERROR) in told(plan)


def test_a_shop_up_the_stairs_only_is_a_warning() -> None:
    plan = two_floors()
    stairs = tuple(link for link in plan.links if link.kind is LinkKind.STEPS)
    plan = dataclasses.replace(plan, links=stairs)
    assert [("not_step_free", "places[1]", Severity.WARNING)] == told(plan)


def test_a_shop_that_nothing_leads_to_is_a_warning_and_a_till_an_error() -> None:
    plan = dataclasses.replace(two_floors(), links=())
    assert [("unreachable", "places[1]", Severity.WARNING)] == told(plan)
    [door, shop] = plan.places
    till = dataclasses.replace(shop, kind=PlaceKind.TILL)
    plan = dataclasses.replace(plan, places=(door, till))
    assert [("unreachable", "places[1]", Severity.ERROR)] == told(plan)


def test_a_graph_in_pieces_is_said() -> None:
    plan = two_floors()
    loose = tuple(
        Node(id=name, position=Position("0", x, -50.0)) for name, x in (("x", 0.0), ("y", 9.0))
    )
    link = Link(id="xy", start="x", end="y", length_m=9.0)
    plan = dataclasses.replace(plan, nodes=(*plan.nodes, *loose), links=(*plan.links, link))
    [(code, path, _)] = told(plan)
    assert ("graph_in_pieces", "nodes") == (code, path)


def test_a_blocked_area_is_no_fault_of_the_plan() -> None:
    shut = BlockedArea(id="b", level="0", aisle="2")
    assert told(dataclasses.replace(corner_shop(), blocked=(shut,))) == []


def test_a_floor_with_too_many_corners_is_a_problem_and_not_a_crash() -> None:
    corners = [(2 * (n % 40), 2 * (n // 40)) for n in range(800)]
    pillars = tuple(
        Fixture(id=f"{x} {y}", level="0", outline=shapely.box(x, y, x + 0.5, y + 0.5))
        for x, y in corners
    )
    shop = corner_shop()
    floor = dataclasses.replace(shop.levels[0], walkable=shapely.box(-5, -5, 90, 60))
    plan = dataclasses.replace(shop, levels=(floor,), fixtures=pillars)
    assert [("too_many", "levels", Severity.ERROR)] == told(plan)


def test_too_many_nodes_on_a_floor_are_a_problem_and_no_endless_work() -> None:
    shop = two_floors()
    spread = tuple(
        Node(id=str(n), position=Position("0", n % 20 + 0.5, n // 40 % 20 + 0.5))
        for n in range(800)
    )
    links = tuple(Link(id=str(n), start=str(n), end=str(n + 1), length_m=1) for n in range(799))
    plan = dataclasses.replace(shop, nodes=spread, links=links)
    assert [("too_many", "levels", Severity.ERROR)] == told(plan)


def test_too_many_shops_among_too_many_corners_are_a_problem_and_no_endless_work() -> None:
    pillars = tuple(
        Fixture(id=str(n), level="0", outline=shapely.box(3 * n + 1, 1, 3 * n + 1.5, 1.5))
        for n in range(100)
    )
    shop = corner_shop()
    floor = dataclasses.replace(shop.levels[0], walkable=shapely.box(0, 0, 310, 4))
    places = tuple(
        Place(id=str(n), kind=PlaceKind.SHOP, position=Position("0", n / 10, 3.0))
        for n in range(2_600)
    )
    plan = dataclasses.replace(shop, levels=(floor,), fixtures=pillars, places=places)
    assert [("too_many", "places", Severity.ERROR)] == told(plan)
