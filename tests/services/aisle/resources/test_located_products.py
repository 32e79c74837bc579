"""Products are located by name and by words; those without a place are listed as such."""

import datetime as dt

import grpc
import pytest

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placements import Placement
from geodata.floorplans.plan import Side
from tests.geodata.floorplans.shops import NOON, in_aisle
from tests.support.aisle import BARE, CORNER, addresses, located, names, placed, stream
from tests.support.refusals import refusal

CODE = grpc.StatusCode
RICE = "products/rice"


async def test_products_are_located_and_the_others_listed_with_their_department(aisle):
    answer = await aisle.LocateProducts(located(CORNER, "caviar", "rice", "mystery", "rice"))

    assert {RICE: ["Aisle 2, left, third bay"]} == addresses(answer)
    [shelf] = answer.located[0].shelves
    assert (pb.PRECISION_BAY, False, False) == (shelf.precision, shelf.reported, shelf.blocked)
    assert (4.0, 6.5) == (shelf.shelf_position.x_m, shelf.shelf_position.y_m)
    assert ["caviar", "mystery"] == names(answer.unlocated)
    assert ["Dry goods", ""] == [missing.department for missing in answer.unlocated]


@pytest.mark.parametrize(
    ("query", "skus"),
    [("basmati", ["rice"]), ("RIISI", []), ("basmatirii", ["rice"]), ("oliivi", ["oil"])],
)
async def test_products_are_found_by_words_in_any_language(aisle, query: str, skus: list[str]):
    request = pb.LocateProductsRequest(store=CORNER, query=query, language_code="fi")
    answer = await aisle.LocateProducts(request)
    assert skus == [each.product.partition("/")[2] for each in answer.located]


async def test_a_store_without_a_plan_still_has_shelves(aisle):
    await aisle.UpsertPlacements(stream(BARE, placed([in_aisle("rice", "7", Side.RIGHT, 2)])))
    answer = await aisle.LocateProducts(located(BARE, "rice"))
    assert {RICE: ["Aisle 7, right, second bay"]} == addresses(answer)
    assert "" == answer.floor_plan
    assert pb.PRECISION_UNSPECIFIED == answer.located[0].shelves[0].precision


async def test_a_placement_counts_only_in_its_time(aisle, clock):
    until = NOON + dt.timedelta(days=1)
    now = Placement(sku="rice", aisle="1", side=Side.RIGHT, bay=2, valid_until=until)
    then = Placement(sku="rice", aisle="3", side=Side.LEFT, bay=4, valid_from=until)
    await aisle.UpsertPlacements(stream(CORNER, placed([now, then])))
    found = await aisle.LocateProducts(located(CORNER, "rice"))
    assert {RICE: ["Aisle 1, right, second bay"]} == addresses(found)
    clock.forward(days=1)
    found = await aisle.LocateProducts(located(CORNER, "rice"))
    assert {RICE: ["Aisle 3, left, fourth bay"]} == addresses(found)


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (located(CORNER, *(f"sku-{number}" for number in range(500))), ["products"]),
        (pb.LocateProductsRequest(store=CORNER, query="x" * 10_240), ["query"]),
        (pb.LocateProductsRequest(store=CORNER), [""]),
        (located(CORNER, "rice", query="rice"), [""]),
        (located("shops/1", "rice"), ["store"]),
    ],
    ids=["500 products", "10 kB of text", "nothing", "names and words", "no store"],
)
async def test_a_request_that_names_no_valid_products_is_refused(
    aisle, request_: pb.LocateProductsRequest, fields: list[str]
):
    expected = (CODE.INVALID_ARGUMENT, "INVALID_ARGUMENT", fields)
    assert expected == await refusal(aisle.LocateProducts(request_))
