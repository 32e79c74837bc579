"""Routes avoid blocked areas, which expire by themselves."""

import dataclasses
import datetime as dt
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from shapely import Polygon, box

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.plan import Aisle
from services.chassis.database.client import Client
from services.directory.keys import Keys
from services.directory.messages.plans import outline_message
from tests.geodata.floorplans.shops import NOON, corner_shop, two_floors
from tests.support.aisle import (
    CORNER,
    FLOORS,
    SHELVES,
    names,
    placed,
    published,
    route,
    skus_of,
    stream,
)
from tests.support.refusals import refusal

CODE = grpc.StatusCode


def at(**after_noon: float) -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(NOON + dt.timedelta(**after_noon))
    return moment


def blocking(store: str = CORNER, id: str = "spill", **area: Any) -> pb.CreateBlockedAreaRequest:
    area = {"level": "0", "expire_time": at(hours=1)} | area
    return pb.CreateBlockedAreaRequest(
        parent=store, blocked_area=pb.BlockedArea(**area), blocked_area_id=id
    )


async def test_an_item_in_a_blocked_aisle_is_unreachable_until_the_area_expires(aisle, clock):
    await aisle.CreateBlockedArea(blocking(aisle="2"))
    answer = await aisle.PlanRoute(route(CORNER, "rice", "oil"))
    assert ([["oil"]], ["rice"]) == (skus_of(answer), names(answer.unreachable))
    assert "Cannot be reached now: Basmati rice" == answer.steps[0].text
    listed = await aisle.ListAisles(pb.ListAislesRequest(parent=CORNER))
    assert [False, True, False] == [entry.blocked for entry in listed.aisles]
    located = await aisle.LocateProducts(
        pb.LocateProductsRequest(store=CORNER, products=["products/rice"])
    )
    assert located.located[0].shelves[0].blocked

    clock.forward(hours=1)
    answer = await aisle.PlanRoute(route(CORNER, "rice", "oil"))
    assert [["oil"], ["rice"]] == skus_of(answer)
    areas = await aisle.ListBlockedAreas(pb.ListBlockedAreasRequest(parent=CORNER))
    assert [] == list(areas.blocked_areas)


async def test_a_route_round_a_blocked_spot_is_longer(aisle):
    free = await aisle.PlanRoute(route(CORNER, "rice"))
    mouth = outline_message(box(4, 3, 8, 4.5))
    await aisle.CreateBlockedArea(blocking(outline=mouth))
    round_ = await aisle.PlanRoute(route(CORNER, "rice"))
    assert round_.length_m > free.length_m + 5
    await aisle.DeleteBlockedArea(pb.DeleteBlockedAreaRequest(name=f"{CORNER}/blockedAreas/spill"))
    again = await aisle.PlanRoute(route(CORNER, "rice"))
    assert free.length_m == again.length_m


async def test_no_walk_leads_to_a_shop_on_a_blocked_level(aisle, clock):
    await aisle.CreateBlockedArea(blocking(FLOORS, level="1", start_time=at(minutes=30)))
    await aisle.PlanRoute(route(FLOORS, end_place="shop"))
    clock.forward(minutes=30)
    assert (CODE.FAILED_PRECONDITION, "NO_WAY", []) == await refusal(
        aisle.PlanRoute(route(FLOORS, end_place="shop"))
    )


async def test_an_item_on_a_blocked_level_is_unreachable(aisle):
    upstairs = dataclasses.replace(corner_shop().fixtures[0], level="1")
    plan = dataclasses.replace(
        two_floors(), fixtures=(upstairs,), aisles=(Aisle(id="2", level="1", order=1),)
    )
    sound = tuple(face for face in upstairs.faces if face.aisle == "2")
    plan = dataclasses.replace(plan, fixtures=(dataclasses.replace(upstairs, faces=sound),))
    await aisle.PublishFloorPlan(published(FLOORS, plan))
    await aisle.UpsertPlacements(stream(FLOORS, placed(SHELVES[:1])))
    open_ = await aisle.PlanRoute(route(FLOORS, "rice"))
    assert [["rice"]] == skus_of(open_)
    await aisle.CreateBlockedArea(blocking(FLOORS, level="1"))
    answer = await aisle.PlanRoute(route(FLOORS, "rice"))
    assert ([], ["rice"]) == (skus_of(answer), names(answer.unreachable))


async def test_expired_areas_are_deleted_when_another_is_created(aisle, clock, database: Client):
    await aisle.CreateBlockedArea(blocking(id="a"))
    await aisle.CreateBlockedArea(blocking(id="b"))
    clock.forward(hours=2)
    made = await aisle.CreateBlockedArea(blocking(id="a", expire_time=at(hours=3), aisle="1"))
    assert "1" == made.aisle
    kept = await database.hkeys(Keys.of("plans").records)
    assert [b"a"] == [name.rpartition(b"/")[2] for name in kept if b"/blockedAreas/" in name]


async def test_creating_an_equal_area_again_succeeds_and_a_different_one_is_refused(aisle):
    first, again = [await aisle.CreateBlockedArea(blocking(aisle="2")) for _ in range(2)]
    assert first == again
    code, reason, _ = await refusal(aisle.CreateBlockedArea(blocking(aisle="1")))
    assert (CODE.ALREADY_EXISTS, "ALREADY_EXISTS") == (code, reason)


BOW_TIE = outline_message(Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]))
LACE = outline_message(box(0, 0, 5, 5).buffer(1, quad_segs=64))


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (blocking(expire_time=at(hours=-1)), "blocked_area.expire_time"),
        (blocking(start_time=at(hours=1)), "blocked_area.expire_time"),
        (blocking(expire_time=Timestamp(seconds=10**15)), "blocked_area.expire_time"),
        (blocking(level="7"), "blocked_area.level"),
        (blocking(aisle="99"), "blocked_area.aisle"),
        (blocking(outline=BOW_TIE), "blocked_area.outline"),
        (blocking(outline=LACE), "blocked_area.outline"),
        (blocking(outline=BOW_TIE, aisle="1"), "blocked_area"),
        (blocking(reason="x" * 10_240), "blocked_area.reason"),
        (blocking(id="../"), "blocked_area_id"),
    ],
    ids=[
        "over", "starts too late", "never", "no level", "no aisle", "bow-tie", "260 corners",
        "both", "10 kB", "bad id",
    ],
)  # fmt: skip
async def test_an_area_that_cannot_be_blocked_is_refused(aisle, request_: Any, field: str):
    code, _, fields = await refusal(aisle.CreateBlockedArea(request_))
    assert (CODE.INVALID_ARGUMENT, [field]) == (code, fields)


async def test_deleting_an_unknown_area_is_refused_unless_allow_missing(aisle):
    name = f"{CORNER}/blockedAreas/none"
    code, reason, _ = await refusal(aisle.DeleteBlockedArea(pb.DeleteBlockedAreaRequest(name=name)))
    assert (CODE.NOT_FOUND, "BLOCKED_AREA_NOT_FOUND") == (code, reason)
    await aisle.DeleteBlockedArea(pb.DeleteBlockedAreaRequest(name=name, allow_missing=True))
