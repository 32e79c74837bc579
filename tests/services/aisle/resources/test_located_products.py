"""Products are located by name and by words; those without a place are listed as such."""

import datetime as dt
from typing import Any

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


async def test_the_products_around_a_position_are_those_of_the_bays_of_its_aisle(aisle):
    shelved = [
        in_aisle("rice", "2", Side.LEFT, 3),
        in_aisle("salt", "2", Side.LEFT, 4),
        in_aisle("far", "2", Side.LEFT, 1),
        in_aisle("across", "2", Side.RIGHT, 3),
        in_aisle("behind", "1", Side.RIGHT, 3),
        Placement(sku="somewhere", aisle="2"),
    ]
    await aisle.UpsertPlacements(stream(CORNER, placed(shelved)))
    at = pb.IndoorPosition(level="0", x_m=4.6, y_m=6.6)  # bay 3 is 4.6, 6.5; 4 is 7.5; 1 is 4.5

    async def around(**options: Any) -> dict[str, list[str]]:
        request = pb.LocateProductsRequest(store=CORNER, near=at, **options)
        return addresses(await aisle.LocateProducts(request))

    expected = ["Aisle 2, left, third bay", "Aisle 2, left, fourth bay"]
    assert {RICE: expected[:1], "products/salt": expected[1:]} == await around()
    assert {RICE: expected[:1]} == await around(limit=1)
    await aisle.UpsertPlacements(stream(CORNER, placed([in_aisle("rice", "1", Side.RIGHT, 1)])))
    assert ["products/salt"] == list(await around()), "a change of placements counts at once"


async def test_around_a_position_needs_a_level_of_the_plan_and_nothing_beside(aisle):
    def request(**fields: Any) -> pb.LocateProductsRequest:
        return pb.LocateProductsRequest(**{"store": CORNER, "near": {"level": "0"}, **fields})

    for wrong, field in (({"near": {"level": "7"}}, "near.level"), ({"query": "rice"}, "")):
        code, _, fields = await refusal(aisle.LocateProducts(request(**wrong)))
        assert (CODE.INVALID_ARGUMENT, [field]) == (code, fields)
    bare = await aisle.LocateProducts(request(store=BARE))
    assert [] == list(bare.located)
