"""Pick-up options join the answers of four services; each of them may fail."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from services import app
from services.edge.openapi import document
from services.edge.pickup.described import described
from services.edge.pickup.rest import PATH
from tests.support.stock import BREAD, FORUM, KAMPPI, MILK, STOCKMANN

BASKET = [{"product": MILK, "quantity": 2}, {"product": BREAD, "quantity": 1}]
REQUEST = {"items": BASKET, "origin": KAMPPI, "radiusM": 16_000, "maxResults": 5}
QUERY = (
    "items=products/milk:2&items=products/bread&origin.point.latitude=60.1690"
    "&origin.point.longitude=24.9310&radius_m=16000&maxResults=5"
)
DOCUMENT = document(app.descriptors(), "1", "https://shops.example", described())


def check(answer: dict[str, Any]) -> None:
    """Checks an answer against the OpenAPI document."""
    registry: Registry[Any] = Registry().with_resource(
        "urn:openapi",
        Resource.opaque(DOCUMENT),  # its schemas are referred to by their place in it
    )
    [path] = [PATH.replace("/", "~1")]
    where = f"#/paths/{path}/post/responses/200/content/application~1json/schema"
    Draft202012Validator({"$ref": f"urn:openapi{where}"}, registry=registry).validate(answer)


async def find(suite: Any, **changes: Any) -> dict[str, Any]:
    response = await suite.http.post(PATH, json=REQUEST | changes)
    answer: dict[str, Any] = response.json()
    assert 200 == response.status_code, answer
    check(answer)
    return answer


async def test_a_store_comes_with_stock_hours_and_shelves(suite):
    answer = await find(suite, items=[*BASKET, {"product": "products/shears", "quantity": 1}])

    [stockmann] = answer["options"]
    assert STOCKMANN == stockmann["store"]
    assert 550 < stockmann["distanceM"] < 650
    assert stockmann["openState"]["state"] in {"STATE_OPEN", "STATE_CLOSED"}
    assert stockmann["readyBy"] < stockmann["pickupBy"]
    assert [2, 1, 1] == [line["offeredQuantity"] for line in stockmann["lines"]]
    [milk] = stockmann["located"]
    assert (MILK, "Aisle 7, left, third bay") == (milk["product"], milk["shelves"][0]["address"])
    assert [BREAD, "products/shears"] == [each["product"] for each in stockmann["unlocated"]]
    assert "unreachable" not in answer


@pytest.mark.parametrize(
    ("service", "member"), [("hours", "openState"), ("aisle", "located"), ("stock", "lines")]
)
async def test_a_service_that_is_stopped_takes_only_its_part_away(suite, service, member):
    whole = await find(suite)
    await suite.servers[service].stop(*([None] if service == "aisle" else []))
    rest = await find(suite)

    assert [service] == rest["unreachable"]
    assert all(member in option for option in whole["options"])
    assert not any(member in option for option in rest["options"])
    others = {"openState", "located", "lines"} - {member}
    for option in rest["options"]:
        assert others & whole["options"][0].keys() <= option.keys()
    if service != "stock":
        assert [FORUM, STOCKMANN] == [option["store"] for option in rest["options"]]


async def test_without_stock_the_nearest_stores_are_told_nearest_first(suite):
    await suite.servers["stock"].stop()
    answer = await find(suite)

    distances = [option["distanceM"] for option in answer["options"]]
    assert 3 == len(distances)
    assert sorted(distances) == distances
    assert not any("readyBy" in option for option in answer["options"])


async def test_without_stock_and_stores_there_is_no_answer(suite):
    await suite.servers["stock"].stop()
    await suite.servers["stores"].stop()
    response = await suite.http.post(PATH, json=REQUEST)

    assert 503 == response.status_code
    assert "1" == response.headers["retry-after"]


async def test_get_and_post_give_the_same_answer(suite):
    by_get = (await suite.http.get(f"{PATH}?{QUERY}")).json()
    by_post = await find(suite)
    for answer in (by_get, by_post):
        for option in answer["options"]:
            for moment in ("readyBy", "pickupBy"):
                option[moment] = option[moment][:13]  # each was asked at its own instant
            option["openState"].pop("atTime")
            for line in option["lines"]:
                for told_later in ("asOf", "source"):  # by what the index of stock has followed
                    line["level"].pop(told_later, None)

    assert by_post == by_get


async def test_more_stores_than_twenty_are_taken_as_twenty(suite):
    assert 2 == len((await find(suite, maxResults=100))["options"])


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("zoom=5", "zoom"),
        ("items=milk&origin.place=Kamppi", "items"),
        ("items=products/milk:many&origin.place=Kamppi", "items"),
        ("origin.place=Kamppi", "items"),
        ("items=products/milk", "origin"),
        ("items=products/milk&origin.point.latitude=NaN", "origin.point"),
        ("items=products/milk&origin.place=Kamppi&radius_m=far", "radiusM"),
        ("items=products/milk&origin.place=Kamppi&method=DRONE", "method"),
        (f"items=products/milk&origin.place=Kamppi&language_code={'x' * 36}", "language_code"),
    ],
)
async def test_a_bad_query_is_a_400_that_names_the_field(suite, query, named):
    response = await suite.http.get(f"{PATH}?{query}")

    assert 400 == response.status_code, response.text
    assert named in response.json()["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"items":' * 500 + b"1" + b"}" * 500,
        b'{"items": 5}',
        b'{"items": [{"product": 5}]}',
        b'{"items": [{"product": "products/milk", "quantity": 0}], "origin": {"place": "Kamppi"}}',
        b'{"items": [{"product": "products/milk"}], "origin": "Kamppi"}',
        b'{"items": [{"product": "products/milk"}], "languageCode": 5}',
        b'{"origin": {"place": "\\ud800"}}',
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_a_bad_body_is_a_400(suite, body):
    response = await suite.http.post(PATH, content=body)

    assert 400 == response.status_code, response.text
    assert 3 == response.json()["code"]


async def test_unknown_fields_of_a_body_are_ignored(suite):
    assert (await find(suite, zoom={"a": [1]}))["options"]


async def test_a_product_that_is_not_known_is_told(suite):
    unknown = REQUEST | {"items": [{"product": "products/none", "quantity": 1}]}
    response = await suite.http.post(PATH, json=unknown)

    assert 404 == response.status_code
    assert "products/none" in response.json()["message"]
