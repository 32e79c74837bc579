"""The lists of the shop's staff: the queue of stock, with lines in the order of the aisles."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from enrayon.aisle.v1 import aisle_pb2
from enrayon.stock.v1 import stock_pb2
from services.client.contracts import CONTRACTS
from services.edge.openapi import document
from services.edge.pickup.described import described
from services.edge.pickup.lists import PATH, lines, place_of
from tests.support.stock import BREAD, MILK, STOCKMANN, basket

DOCUMENT = document(CONTRACTS, "1", "https://shops.example", described())


async def find(suite: Any, **query: Any) -> dict[str, Any]:
    response = await suite.http.get(PATH, params={"parent": STOCKMANN} | query)
    answer: dict[str, Any] = response.json()
    assert 200 == response.status_code, answer
    registry: Registry[Any] = Registry().with_resource("urn:openapi", Resource.opaque(DOCUMENT))
    [path] = [PATH.replace("/", "~1")]
    where = f"#/paths/{path}/get/responses/200/content/application~1json/schema"
    Draft202012Validator({"$ref": f"urn:openapi{where}"}, registry=registry).validate(answer)
    return answer


async def hold(suite: Any, **units: int) -> Any:
    request = stock_pb2.CreateReservationRequest(parent=STOCKMANN, items=basket(**units))
    return await suite.client.stock.CreateReservation(request)


async def test_each_hold_of_the_queue_has_its_lines_known_shelves_first(suite):
    made = await hold(suite, bread=1, milk=2)
    collect = stock_pb2.CollectReservationRequest(name=made.name, items=basket(milk=1))
    await suite.client.stock.CollectReservation(collect)
    [entry] = (await find(suite))["entries"]

    assert made.name == entry["reservation"]["name"]
    assert [
        {
            "product": MILK,
            "quantity": 1,
            "displayName": "Milk",
            "address": "Aisle 7, left, third bay",
        },
        {"product": BREAD, "quantity": 1},
    ] == entry["lines"]


async def test_without_the_aisle_service_the_queue_is_still_there(suite):
    await hold(suite, milk=1)
    await suite.servers["aisle"].stop(None)
    answer = await find(suite)
    assert ["aisle"] == answer["unreachable"]
    [entry] = answer["entries"]
    assert [{"product": MILK, "quantity": 1}] == entry["lines"]


async def test_pages_go_on_by_their_token(suite):
    names = {(await hold(suite, milk=1)).name for _ in range(3)}
    first = await find(suite, pageSize=2)
    second = await find(suite, pageSize=2, page_token=first["nextPageToken"])
    found = [entry["reservation"]["name"] for page in (first, second) for entry in page["entries"]]
    assert (names, 3) == (set(found), len(found))
    assert "nextPageToken" not in second


@pytest.mark.parametrize(
    "query",
    [
        {"parent": "stores/UPPER"},
        {"page_size": "many"},
        {"page_size": "-1"},
        {"language_code": "x" * 36},
        {"shopper": "eva"},
    ],
)
async def test_a_bad_parameter_is_refused_by_its_name(suite, query):
    response = await suite.http.get(PATH, params={"parent": STOCKMANN} | query)
    assert 400 == response.status_code
    assert next(iter(query)) in response.text


def located(product: str, level: str, aisle: str, bay: int) -> aisle_pb2.LocatedProduct:
    placement = aisle_pb2.Placement(level=level, aisle=aisle, bay=bay)
    return aisle_pb2.LocatedProduct(
        product=product, shelves=[aisle_pb2.Shelf(placement=placement, address=aisle)]
    )


def test_aisle_10_comes_after_aisle_9_and_unknown_shelves_last():
    places = [("a", "0", "10", 1), ("b", "0", "9", 8), ("c", "0", "9", 2), ("d", "-1", "A", 1)]
    shelves = {each[0]: located(*each) for each in places}
    hold = stock_pb2.Reservation()
    for product in "xabcd":
        hold.items.add(product=product, held_quantity=1)
    assert ["c", "b", "a", "d", "x"] == [line["product"] for line in lines(hold, shelves)]
    assert place_of(None) > place_of(shelves["a"])
