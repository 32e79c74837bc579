"""A retailer's checkout asks for pick-up options in UCP's words, and completes one as a hold."""

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from enrayon.stock.v1 import stock_pb2
from services.client import Client
from services.directory.parts import Parts
from tests.support.edge_app import running
from tests.support.stock import FORUM, PRODUCTS, STOCKMANN, available, state
from tests.support.ucp import check_error, check_fulfillment, check_profile

OPTIONS, COMPLETE = "/ucp/fulfillment:options", "/ucp/fulfillment:complete"
NEAR = {"distance": {"center": {"latitude": 60.169, "longitude": 24.938}, "max": 5000}}
MILK = {"id": "line-1", "item": {"id": "milk"}, "quantity": 2}
BREAD = {"item": {"id": "products/bread"}, "quantity": 1}


class Checkout:
    """The retailer's checkout, and the stock that it takes from."""

    def __init__(self, http: httpx.AsyncClient, enrayon: Client) -> None:
        self.http = http
        self.enrayon = enrayon

    async def options(self, *lines: Any, **more: Any) -> dict[str, Any]:
        response = await self.http.post(OPTIONS, json={"line_items": lines, **more})
        assert 200 == response.status_code, response.text
        answer: dict[str, Any] = response.json()
        check_fulfillment(answer)
        assert {} == answer["ucp"]["capabilities"]
        return answer

    async def complete(self, *lines: Any, key: str = "order-1", **more: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        body = {"line_items": lines, **more}
        return await self.http.post(COMPLETE, json=body, headers=headers)


@pytest.fixture
async def checkout(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Checkout]:
    """Milk at Stockmann and Forum, bread at Stockmann; Stockmann also brings goods to the car."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with (
        running(parts) as (url, address),
        Client(address) as enrayon,
        httpx.AsyncClient(base_url=url) as http,
    ):
        products = stock_pb2.UpsertProductsRequest(products=PRODUCTS)
        await enrayon.stock.UpsertProducts(iter([products]))
        policy = stock_pb2.StockPolicy(
            name=f"{STOCKMANN}/stockPolicy",
            pickup_methods=[
                stock_pb2.PICKUP_METHOD_IN_STORE,
                stock_pb2.PICKUP_METHOD_CURBSIDE,
            ],
        )
        request = stock_pb2.UpdateStockPolicyRequest(stock_policy=policy)
        await enrayon.stock.UpdateStockPolicy(request)
        await state(enrayon.stock, STOCKMANN, milk=5, bread=3)
        await state(enrayon.stock, FORUM, milk=3, bread=0)
        yield Checkout(http, enrayon)


def method_of(answer: dict[str, Any]) -> dict[str, Any]:
    [method] = answer["fulfillment"]["methods"]
    assert "pickup" == method["type"]
    return dict(method)


def options_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    [group] = method_of(answer)["groups"]
    return list(group["options"])


async def test_without_a_destination_near_stores_with_the_whole_cart_are_offered(checkout):
    answer = await checkout.options(MILK, **NEAR)
    method = method_of(answer)

    assert ["t-forum", "t-stockmann"] == [each["id"] for each in method["destinations"]]
    assert {"business_location"} == {each["type"] for each in method["destinations"]}
    assert ["line-1"] == method["line_item_ids"] == method["groups"][0]["line_item_ids"]
    assert "selected_destination_id" not in method
    assert {
        "t-forum:in_store": "In-store pickup: Forum",
        "t-stockmann:in_store": "In-store pickup: Stockmann",
        "t-stockmann:curbside": "Curbside pickup: Stockmann",
    } == {option["id"]: option["title"] for option in options_of(answer)}


async def test_each_option_has_the_times_of_find_pickup_options(checkout):
    found = await checkout.enrayon.stock.FindPickupOptions(
        stock_pb2.FindPickupOptionsRequest(
            items=[stock_pb2.BasketItem(product="products/milk", quantity=2)],
            origin={"point": NEAR["distance"]["center"]},
        )
    )
    times = {
        option.store: (option.ready_by.ToDatetime(dt.UTC), option.pickup_by.ToDatetime(dt.UTC))
        for option in found.options
    }
    for option in options_of(await checkout.options(MILK, **NEAR)):
        earliest, latest = times[f"stores/{option['id'].partition(':')[0]}"]
        for expected, member in ((earliest, "earliest"), (latest, "latest")):
            told = dt.datetime.fromisoformat(option[f"{member}_fulfillment_time"])
            # An always open shop counts from the moment of the call.
            assert abs(expected - told) < dt.timedelta(minutes=2)


@pytest.mark.parametrize("named", ["t-stockmann", "stores/t-stockmann"])
async def test_a_named_destination_is_answered_for_alone(checkout, named):
    answer = await checkout.options(MILK, BREAD, selected_destination_id=named)
    method = method_of(answer)

    assert ["t-stockmann"] == [each["id"] for each in method["destinations"]]
    assert named == method["selected_destination_id"]
    assert ["line-1", "products/bread"] == method["line_item_ids"]
    assert ["In-store pickup", "Curbside pickup"] == [o["title"] for o in options_of(answer)]
    assert "messages" not in answer


async def test_a_named_destination_without_the_items_is_no_other_store(checkout):
    answer = await checkout.options(MILK, BREAD, selected_destination_id="t-forum", **NEAR)

    assert ["t-forum"] == [each["id"] for each in method_of(answer)["destinations"]]
    assert [] == options_of(answer)
    [message] = answer["messages"]
    assert "item_unavailable" == message["code"]
    assert "bread" in message["content"]


@pytest.mark.parametrize("named", ["t-none", "../etc", "t-itis", "t-sello", "t-sokos"])
async def test_a_destination_that_buyers_cannot_enter_is_none(checkout, named):
    answer = await checkout.options(MILK, selected_destination_id=named, **NEAR)
    response = await checkout.complete(MILK, selected_destination_id=named)

    assert [] == method_of(answer)["destinations"]
    assert "destination_unavailable" == answer["messages"][0]["code"]
    assert 200 == response.status_code
    check_error(response.json())
    assert "destination_unavailable" == response.json()["messages"][0]["code"]


async def test_goods_of_another_store_are_not_offered(checkout):
    """A store to which goods could be brought has no option: a hold there could not take them."""
    policy = stock_pb2.StockPolicy(name=f"{FORUM}/stockPolicy")
    policy.transfer_time.FromTimedelta(dt.timedelta(hours=3))
    request = stock_pb2.UpdateStockPolicyRequest(stock_policy=policy)
    await checkout.enrayon.stock.UpdateStockPolicy(request)

    assert {"t-stockmann:in_store", "t-stockmann:curbside"} == {
        option["id"] for option in options_of(await checkout.options(MILK, BREAD, **NEAR))
    }


async def test_a_home_store_or_a_postcode_says_where_to_look(checkout):
    for context in ({"location": "t-forum"}, {"postal_code": "00100", "address_country": "FI"}):
        answer = await checkout.options(MILK, context=context)
        assert {"t-forum", "t-stockmann"} == {d["id"] for d in method_of(answer)["destinations"]}


async def test_titles_are_in_the_language_of_the_context(checkout):
    more = {"selected_destination_id": "t-forum", "context": {"language": "fr"}}

    assert ["Retrait en magasin"] == [
        o["title"] for o in options_of(await checkout.options(MILK, **more))
    ]


async def test_complete_holds_the_cart_once_for_each_idempotency_key(checkout):
    chosen = {
        "selected_destination_id": "t-stockmann",
        "selected_option_id": "t-stockmann:curbside",
    }
    first = (await checkout.complete(MILK, BREAD, shopper="cart-7", **chosen)).json()
    again = (await checkout.complete(MILK, BREAD, shopper="cart-7", **chosen)).json()

    check_fulfillment(first)
    assert first == again
    assert first["id"].startswith(f"{STOCKMANN}/reservations/")
    assert "t-stockmann:curbside" == method_of(first)["groups"][0]["selected_option_id"]
    assert 3 == await available(checkout.enrayon.stock, STOCKMANN)
    request = stock_pb2.GetReservationRequest(name=first["id"])
    hold = await checkout.enrayon.stock.GetReservation(request)
    assert (stock_pb2.PICKUP_METHOD_CURBSIDE, "cart-7") == (hold.method, hold.shopper)
    assert hold.expire_time.ToJsonString() == first["expires_at"]
    [option] = options_of(first)
    assert hold.ready_by.ToJsonString() == option["earliest_fulfillment_time"]
    assert hold.pickup_by.ToJsonString() == option["latest_fulfillment_time"]


async def test_another_cart_with_the_same_key_is_a_conflict(checkout):
    await checkout.complete(MILK, selected_destination_id="t-forum")
    response = await checkout.complete(MILK, BREAD, selected_destination_id="t-forum")

    assert 409 == response.status_code
    check_error(response.json())


async def test_what_is_gone_meanwhile_is_held_nowhere(checkout):
    """Discovery is no promise: the hold revalidates, and takes no other store."""
    assert options_of(await checkout.options(MILK, selected_destination_id="t-forum"))
    await state(checkout.enrayon.stock, FORUM, sequence=2, milk=1)
    response = await checkout.complete(MILK, selected_destination_id="t-forum")

    assert 200 == response.status_code
    check_error(response.json())
    assert "out_of_stock" == response.json()["messages"][0]["code"]
    assert 1 == await available(checkout.enrayon.stock, FORUM)
    assert 5 == await available(checkout.enrayon.stock, STOCKMANN)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"selected_option_id": "t-stockmann:in_store"}, "$.selected_option_id"),
        ({"selected_option_id": "t-forum:drone"}, "$.selected_option_id"),
        ({"selected_option_id": "in_store"}, "$.selected_option_id"),
        ({"selected_destination_id": ""}, "$.selected_destination_id"),
        ({"selected_destination_id": None}, "$.selected_destination_id"),
        ({"selected_destination": "t-forum"}, "$.selected_destination"),
        ({"line_items": []}, "$.line_items"),
        ({"line_items": [{"item": {"id": "none"}, "quantity": 1}]}, "$.line_items.0.item.id"),
        ({"line_items": [{"item": {"id": "milk"}, "quantity": 0}]}, "$.line_items.0.quantity"),
        ({"line_items": [{"item": {"id": "milk"}}]}, "$.line_items.0.quantity"),
    ],
)
async def test_a_malformed_request_holds_nothing_and_names_the_field(checkout, change, path):
    body = {"line_items": [MILK], "selected_destination_id": "t-forum", **change}
    headers = {"Idempotency-Key": "k"}
    response = await checkout.http.post(COMPLETE, json=body, headers=headers)

    assert 400 == response.status_code, response.text
    check_error(response.json())
    assert path == response.json()["messages"][0]["path"]
    assert 3 == await available(checkout.enrayon.stock, FORUM)


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": ""}, {"Idempotency-Key": "k" * 101}])
async def test_complete_needs_an_idempotency_key(checkout, headers):
    body = {"line_items": [MILK], "selected_destination_id": "t-forum"}
    response = await checkout.http.post(COMPLETE, json=body, headers=headers)

    assert 400 == response.status_code
    assert "Idempotency-Key" in response.json()["messages"][0]["content"]
    assert 3 == await available(checkout.enrayon.stock, FORUM)


async def test_options_need_a_place(checkout):
    response = await checkout.http.post(OPTIONS, json={"line_items": [MILK]})

    assert 400 == response.status_code
    assert "where to look" in response.json()["messages"][0]["content"]


async def test_the_capability_is_not_in_the_profile(checkout):
    profile = (await checkout.http.get("/.well-known/ucp")).json()

    check_profile(profile)
    assert "fulfillment" not in str(profile)
