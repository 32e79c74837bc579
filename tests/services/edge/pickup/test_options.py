"""Pick-up options join the answers of four services; each of them may fail."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from services.client.contracts import CONTRACTS
from services.edge.openapi import document
from services.edge.pickup.described import described
from services.edge.pickup.rest import PATH
from tests.support.stock import BREAD, FORUM, KAMPPI, MILK, STOCKMANN
from tests.support.stores import WIFI

BASKET = [{"product": MILK, "quantity": 2}, {"product": BREAD, "quantity": 1}]
REQUEST = {"items": BASKET, "origin": KAMPPI, "radiusM": 16_000, "maxResults": 5}
QUERY = (
    "items=products/milk:2&items=products/bread&origin.point.latitude=60.1690"
    "&origin.point.longitude=24.9310&radius_m=16000&maxResults=5"
)
DOCUMENT = document(CONTRACTS, "1", "https://shops.example", described())


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
        answer.pop("indexLag", None)
        for option in answer["options"]:
            for moment in ("readyBy", "pickupBy"):
                option[moment] = option[moment][:13]  # each was asked at its own instant
            option["openState"].pop("atTime")
            for line in option["lines"]:
                for told_later in ("asOf", "source"):  # by what the index of stock has followed
                    line["level"].pop(told_later, None)

    assert by_post == by_get


async def test_by_its_read_mask_an_option_has_what_a_list_shows(suite):
    query = f"{QUERY}&read_mask=store,address,location,openState"
    by_get = (await suite.http.get(f"{PATH}?{query}")).json()
    whole = await find(suite, readMask="*")
    await suite.servers["hours"].stop()
    without_hours = await find(suite, readMask="*")
    await suite.servers["stock"].stop()
    without_both = await find(suite, readMask="store,address.locality")

    shown = {"store", "address", "location", "openState", "located", "unlocated"}
    assert [shown, shown] == [option.keys() for option in by_get["options"]]
    [_, stockmann] = whole["options"]
    assert "Helsinki" == stockmann["address"]["locality"]
    assert {"words", "rule"} <= stockmann["openState"].keys(), "as the hours service tells it"
    known = {name: stockmann["openState"][name] for name in ("state", "untilTime", "timeZone")}
    assert known.items() <= without_hours["options"][1]["openState"].items()
    assert ["stock"] == without_both["unreachable"], "nobody asks for hours"
    shown = {"store", "address", "located", "unlocated"}
    assert [shown] * 3 == [option.keys() for option in without_both["options"]]
    assert {"locality": "Helsinki"} == without_both["options"][0]["address"]


@pytest.mark.parametrize("stopped", [[], ["stock"]])
async def test_hours_and_services_narrow_the_options_with_and_without_stock(suite, stopped):
    for service in stopped:
        await suite.servers[service].stop()
    sunday_noon, midnight = "2026-11-22T10:00:00Z", "2026-11-22T22:00:00Z"
    by_day = await find(suite, openAt=sunday_noon)
    by_night = await find(suite, openAt=midnight)
    with_wifi = await find(suite, services=[WIFI])
    query = QUERY.replace("16000", "16000&open_at=2026-11-22T22:00:00Z&services=none")
    nothing = (await suite.http.get(f"{PATH}?{query}")).json()

    assert STOCKMANN in [option["store"] for option in by_day["options"]]
    assert {"STATE_OPEN"} == {option["openState"]["state"] for option in by_day["options"]}
    assert {sunday_noon} == {option["openState"]["atTime"] for option in by_day["options"]}
    assert STOCKMANN not in [option["store"] for option in by_night["options"]]
    assert STOCKMANN not in [option["store"] for option in with_wifi["options"]]
    assert FORUM in [option["store"] for option in with_wifi["options"]]
    assert [] == nothing["options"]


async def test_the_stores_that_are_left_out_come_with_what_they_lack(suite):
    answer = await find(suite, items=[*BASKET, {"product": "products/shears", "quantity": 1}])

    [forum] = [entry for entry in answer["leftOut"] if entry["store"] == FORUM]
    assert ("Forum", "REASON_STOCK_UNKNOWN") == (forum["displayName"], forum["reason"])
    assert [{"product": "products/shears"}] == forum["items"]


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
        ("items=products/milk&origin.place=Kamppi&read_mask=hours", "read_mask"),
        ("items=products/milk&origin.place=Kamppi&open_at=noon", "openAt"),
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


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"zoom": {"a": [1]}}, "zoom: there is no such field; the fields are items, origin"),
        ({"radius": 500}, "radius: there is no such field; the nearest is radiusM"),
        ({"latitude": 60}, "the nearest is origin.point.latitude"),
        (
            {"items": [{"product": MILK, "qty": 2}]},
            "items[0].qty: there is no such field; the near",
        ),
        ({"origin": {"point": {"lat": 1}}}, "the nearest is origin.point.latitude"),
    ],
)
async def test_an_unknown_field_of_a_body_is_refused_with_the_nearest_known_one(suite, more, told):
    answer = await suite.http.post(PATH, json=REQUEST | more)

    assert 400 == answer.status_code
    assert told in answer.json()["message"]
    [violation] = answer.json()["details"][1]["fieldViolations"]
    assert answer.json()["message"].startswith(violation["field"])


async def test_a_product_that_is_not_known_is_told(suite):
    unknown = REQUEST | {"items": [{"product": "products/none", "quantity": 1}]}
    response = await suite.http.post(PATH, json=unknown)

    assert 404 == response.status_code
    assert "products/none" in response.json()["message"]
