"""Versions of floor plans: which are refused, and which is in force at what time."""

import dataclasses
import datetime as dt
from typing import Any

import grpc
import pytest
import shapely

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.plan import (
    Aisle,
    Face,
    Fixture,
    FloorPlan,
    Link,
    Node,
    Position,
    Side,
)
from tests.geodata.floorplans.shops import NOON, corner_shop, two_floors
from tests.support.aisle import CORNER, published, route
from tests.support.refusals import refusal

CODE = grpc.StatusCode
BOW_TIE = shapely.Polygon([(5, 1), (7, 3), (7, 1), (5, 3)])


def with_fixture(outline: shapely.Polygon, **options: Any) -> FloorPlan:
    """The corner shop with one more fixture."""
    shop = corner_shop()
    added = Fixture(id="added", level="0", outline=outline, **options)
    return dataclasses.replace(shop, fixtures=(*shop.fixtures, added))


def behind_walls() -> FloorPlan:
    """The corner shop, and an aisle 9 that is walled in."""
    hut = shapely.box(4.8, 8.6, 7.2, 9.9) - shapely.box(5.0, 8.8, 7.0, 9.7)
    face = Face(aisle="9", side=Side.LEFT, start=(5.0, 9.7), end=(7.0, 9.7), bays=2)
    plan = with_fixture(hut, faces=(face,))
    return dataclasses.replace(plan, aisles=(*plan.aisles, Aisle(id="9", level="0", order=9)))


async def test_a_published_plan_is_read_back_by_its_name_and_as_the_current_one(bare):
    answer = await bare.PublishFloorPlan(published(CORNER, corner_shop(), "v1"))
    assert f"{CORNER}/floorPlans/v1" == answer.floor_plan.name
    assert [] == list(answer.floor_plan.fixtures)
    for id in ("v1", "current"):
        read = await bare.GetFloorPlan(pb.GetFloorPlanRequest(name=f"{CORNER}/floorPlans/{id}"))
        assert answer.floor_plan.etag == read.etag
        assert 2 == len(read.fixtures)


async def test_each_version_is_in_force_in_its_time_and_the_last_to_begin_wins(bare, clock):
    spring, summer = clock.now - dt.timedelta(days=30), clock.now + dt.timedelta(days=30)
    old = dataclasses.replace(corner_shop(), effective_from=spring)
    new = dataclasses.replace(corner_shop(), effective_from=summer)
    for id, plan in (("always", corner_shop()), ("new", new), ("old", old)):
        await bare.PublishFloorPlan(published(CORNER, plan, id))

    async def current() -> str:
        name = f"{CORNER}/floorPlans/current"
        found = await bare.GetFloorPlan(pb.GetFloorPlanRequest(name=name))
        return str(found.name.rpartition("/")[2])

    assert "old" == await current()
    clock.forward(days=30)
    assert "new" == await current()

    listed = await bare.ListFloorPlans(pb.ListFloorPlansRequest(parent=CORNER, page_size=2))
    rest = await bare.ListFloorPlans(
        pb.ListFloorPlansRequest(parent=CORNER, page_size=2, page_token=listed.next_page_token)
    )
    ids = [plan.name.rpartition("/")[2] for plan in (*listed.floor_plans, *rest.floor_plans)]
    assert ["always", "new", "old"] == ids
    assert "" == rest.next_page_token


async def test_after_the_end_of_its_only_version_a_store_has_no_plan(bare, clock):
    plan = dataclasses.replace(corner_shop(), effective_until=NOON + dt.timedelta(hours=1))
    await bare.PublishFloorPlan(published(CORNER, plan))
    clock.forward(hours=1)
    name = f"{CORNER}/floorPlans/current"
    assert (CODE.NOT_FOUND, "FLOOR_PLAN_NOT_FOUND", []) == await refusal(
        bare.GetFloorPlan(pb.GetFloorPlanRequest(name=name))
    )


FAULTS = {
    "a polygon that crosses itself": (with_fixture(BOW_TIE), "invalid_polygon"),
    "a fixture outside the floor": (
        with_fixture(shapely.box(20, 20, 21, 21)),
        "fixture_off_floor",
    ),
    "fixtures on top of each other": (
        with_fixture(shapely.box(3, 5, 4, 6)),
        "overlapping_fixtures",
    ),
    "an aisle that cannot be walked to": (behind_walls(), "unreachable"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_plan_with_errors_is_refused_and_changes_nothing(bare, fault: str):
    plan, code = FAULTS[fault]
    looked = await bare.PublishFloorPlan(published(CORNER, plan, validate_only=True))
    errors = [p for p in looked.problems if p.severity == pb.PlanProblem.SEVERITY_ERROR]
    assert {code} == {problem.code for problem in errors}
    assert all(problem.path and problem.message for problem in errors)

    status, reason, fields = await refusal(bare.PublishFloorPlan(published(CORNER, plan)))
    assert (CODE.INVALID_ARGUMENT, "FLOOR_PLAN_INVALID") == (status, reason)
    assert [f"floor_plan.{errors[0].path}"] == fields[:1]
    kept = await bare.ListFloorPlans(pb.ListFloorPlansRequest(parent=CORNER))
    assert [] == list(kept.floor_plans)


async def test_a_graph_in_pieces_is_published_with_a_warning(bare):
    lost = tuple(
        Node(id=f"lost-{number}", position=Position("1", 30.0 + number, 30.0)) for number in (0, 1)
    )
    link = Link(id="lost", start="lost-0", end="lost-1", length_m=1)
    shop = two_floors()
    plan = dataclasses.replace(shop, nodes=(*shop.nodes, *lost), links=(*shop.links, link))
    answer = await bare.PublishFloorPlan(published(CORNER, plan))
    warning = pb.PlanProblem.SEVERITY_WARNING
    assert [(warning, "graph_in_pieces")] == [(p.severity, p.code) for p in answer.problems]
    await bare.GetFloorPlan(pb.GetFloorPlanRequest(name=answer.floor_plan.name))


async def test_validate_only_stores_nothing(bare):
    await bare.PublishFloorPlan(published(CORNER, corner_shop(), validate_only=True))
    listed = await bare.ListFloorPlans(pb.ListFloorPlansRequest(parent=CORNER))
    assert [] == list(listed.floor_plans)


async def test_an_etag_protects_from_overwriting_another_change(bare):
    first = await bare.PublishFloorPlan(published(CORNER, corner_shop()))
    other = dataclasses.replace(corner_shop(), attribution="ours")
    await bare.PublishFloorPlan(published(CORNER, other))
    request = published(CORNER, corner_shop())
    request.floor_plan.etag = first.floor_plan.etag
    assert (CODE.ABORTED, "ETAG_MISMATCH", []) == await refusal(bare.PublishFloorPlan(request))


async def test_a_deleted_version_is_gone(aisle):
    name = f"{CORNER}/floorPlans/v1"
    await aisle.DeleteFloorPlan(pb.DeleteFloorPlanRequest(name=name))
    assert (CODE.NOT_FOUND, "FLOOR_PLAN_NOT_FOUND", []) == await refusal(
        aisle.PlanRoute(route(CORNER, "rice"))
    )
    again = pb.DeleteFloorPlanRequest(name=name)
    assert (CODE.NOT_FOUND, "FLOOR_PLAN_NOT_FOUND", []) == await refusal(
        aisle.DeleteFloorPlan(again)
    )
    await aisle.DeleteFloorPlan(pb.DeleteFloorPlanRequest(name=name, allow_missing=True))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"floor_plan_id": "current"}, "floor_plan_id"),
        ({"floor_plan_id": "A B"}, "floor_plan_id"),
        ({"parent": "shops/1"}, "parent"),
    ],
)
async def test_a_plan_that_breaks_the_contract_is_refused_with_the_field(
    bare, change: dict[str, str], field: str
):
    request = published(CORNER, corner_shop())
    for name, value in change.items():
        setattr(request, name, value)
    _, reason, fields = await refusal(bare.PublishFloorPlan(request))
    assert ("INVALID_ARGUMENT", [field]) == (reason, fields)


async def test_an_instant_out_of_range_is_refused_with_the_field(bare):
    request = published(CORNER, corner_shop())
    request.floor_plan.effective_end_time.seconds = 10**15
    code, _, fields = await refusal(bare.PublishFloorPlan(request))
    assert (CODE.INVALID_ARGUMENT, ["floor_plan.effective_end_time"]) == (code, fields)


async def test_nan_coordinates_are_refused(bare):
    request = published(CORNER, corner_shop())
    request.floor_plan.fixtures[0].outline.loops[0].coordinates_m[0] = float("nan")
    code, _, fields = await refusal(bare.PublishFloorPlan(request))
    assert CODE.INVALID_ARGUMENT == code
    assert ["floor_plan.fixtures[0].outline.loops[0].coordinates_m[0]"] == fields
