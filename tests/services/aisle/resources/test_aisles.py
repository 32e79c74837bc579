"""Aisles are listed in the walking order of their store."""

import dataclasses

import grpc

from enrayon.aisle.v1 import aisle_pb2 as pb
from tests.geodata.floorplans.shops import village_shop
from tests.support.aisle import BARE, CORNER, published
from tests.support.refusals import refusal

CODE = grpc.StatusCode


async def test_an_aisle_added_between_two_pages_repeats_no_other(bare):
    store, village = "stores/a-village", village_shop()
    first_aisle = min(village.aisles, key=lambda aisle: aisle.order)
    others = tuple(aisle for aisle in village.aisles if aisle is not first_aisle)
    await bare.PublishFloorPlan(published(store, dataclasses.replace(village, aisles=others), "v1"))
    first = await bare.ListAisles(pb.ListAislesRequest(parent=store, page_size=2))
    await bare.PublishFloorPlan(published(store, village, "v1"))
    rest = await bare.ListAisles(
        pb.ListAislesRequest(parent=store, page_size=9, page_token=first.next_page_token)
    )
    assert [["F", "3"], ["2", "1"]] == [[e.aisle for e in page.aisles] for page in (first, rest)]


async def test_aisles_are_listed_in_walking_order_with_their_departments(aisle):
    answer = await aisle.ListAisles(pb.ListAislesRequest(parent=CORNER, page_size=2))
    assert [("1", ["Dry goods"]), ("2", ["Dry goods"])] == [
        (entry.aisle, list(entry.departments)) for entry in answer.aisles
    ]
    rest = await aisle.ListAisles(
        pb.ListAislesRequest(parent=CORNER, page_size=2, page_token=answer.next_page_token)
    )
    assert [("3", ["Frozen"])] == [(e.aisle, list(e.departments)) for e in rest.aisles]
    village = await aisle.ListAisles(pb.ListAislesRequest(parent="stores/a-village"))
    assert ["Bread", "F", "3", "2", "1"] == [entry.aisle for entry in village.aisles]
    assert not any(entry.HasField("position") for entry in village.aisles)
    assert (CODE.NOT_FOUND, "FLOOR_PLAN_NOT_FOUND", []) == await refusal(
        aisle.ListAisles(pb.ListAislesRequest(parent=BARE))
    )
