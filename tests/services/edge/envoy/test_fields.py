"""Unknown fields of JSON requests are refused by name, and every answer has its list."""

import json
import random
from typing import Any

import httpx
import pytest
from google.protobuf.descriptor import Descriptor, MethodDescriptor

from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2 as pb
from services.chassis.errors import InvalidArgument
from services.client.bindings import answer_list
from services.client.contracts import CONTRACTS
from services.edge import unknown_fields
from services.edge.envoy import fields
from tests.support.edge import Edge
from tests.support.stores_stub import KAMPPI, NEAREST, Stub

FIND = "/v1/stores:findNearest"
UPDATE = "/v1/stores/osm-1"
FIND_REQUEST = pb.FindNearestStoresRequest.DESCRIPTOR
JSON = {"content-type": "application/json"}
METHODS = [method for service in CONTRACTS for method in service.methods]


def refused(answer: httpx.Response) -> str:
    """The message of a refusal, which names the field in its details as well."""
    assert 400 == answer.status_code, answer.text
    problem = answer.json()
    [violation] = problem["details"][1]["fieldViolations"]
    assert problem["message"] == violation["description"]
    assert problem["message"].startswith(violation["field"] + ": there is no such field; ")
    return str(problem["message"])


@pytest.mark.parametrize(
    ("body", "nearest"),
    [
        ({"point": {"lat": 1, "lng": 2}}, "origin.point"),
        ({"origin": {"point": {"lat": 1}}}, "origin.point.latitude"),
        ({"origin": {"point": {"latitude": 1, "lng": 2}}}, "origin.point.longitude"),
        ({"latitude": 1}, "origin.point.latitude"),
        ({"openAt": "2026-11-30T00:00:00Z"}, "storeFilter.openAt"),
        ({"store_filter": {"brand": ["Alko"]}}, "store_filter.brands"),
        ({"storeFilter": {"openat": None}}, "storeFilter.openAt"),
        ({"pagesize": 3}, "pageSize"),
        ({"radius": 500}, "radiusM"),
        ({"radisuM": 500}, "radiusM"),
        ({"page\u0053iz": 3}, "pageSize"),
    ],
)
async def test_an_unknown_field_is_refused_with_the_nearest_known_one(
    body: Any, nearest: str, edge: Edge, stub: Stub
) -> None:
    assert refused(await edge.http.post(FIND, json=body)).endswith(f"the nearest is {nearest}")
    assert not stub.requests


async def test_a_field_with_nothing_near_is_refused_with_the_fields_there_are(
    edge: Edge, stub: Stub
) -> None:
    names = ", ".join(field.json_name for field in FIND_REQUEST.fields)
    told = f"zoom: there is no such field; the fields are {names}"
    assert told == refused(await edge.http.post(FIND, json={"zoom": {"a": [1, None]}}))
    assert told == refused(await edge.http.get(f"{FIND}?zoom=5"))


@pytest.mark.parametrize(
    ("query", "nearest"),
    [
        ("origin.point.lat=60", "origin.point.latitude"),
        ("pageSize=1&page%5Fsiez=1", "pageSize"),
        ("origin.place=x&open_at=now", "storeFilter.openAt"),
    ],
)
async def test_an_unknown_parameter_is_refused_like_a_field(
    query: str, nearest: str, edge: Edge, stub: Stub
) -> None:
    assert refused(await edge.http.get(f"{FIND}?{query}")).endswith(f"the nearest is {nearest}")
    assert not stub.requests


def mutated(name: str, draw: random.Random) -> str:
    """The name with one to three changes."""
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(name) + 1)
        put = draw.choice(["", draw.choice("abcdefghijklmnopqrstuvwxyz_"), name[at:][::-1]])
        name = name[:at] + put + name[at + draw.randint(0, 1) :]
    return name or "x"


def advised(body: dict[str, Any]) -> str:
    """What the application says of a body; empty if it takes all of its fields."""
    try:
        unknown_fields.check(body, FIND_REQUEST)
    except InvalidArgument as error:
        return error.message
    return ""


async def test_the_filter_and_the_application_give_the_same_advice(edge: Edge, stub: Stub) -> None:
    draw = random.Random(20)
    known = [name for field in FIND_REQUEST.fields for name in (field.name, field.json_name)]
    inner = ["latitude", "openAt", "place", "h3Cell", "brands", "brandIds", "postalCode"]
    told = 0
    for _ in range(400):
        body: dict[str, Any] = {mutated(draw.choice(known + inner), draw): None}
        if draw.random() < 0.3:
            body = {"storeFilter": {mutated(draw.choice(inner), draw): [1]}}
        answer = await edge.http.post(FIND, json=body)
        advice = advised(body)
        assert ("there is no such field" in answer.text) == bool(advice), body
        if advice:
            assert advice == refused(answer)
            told += 1
    assert told > 300


async def test_known_fields_pass_in_both_spellings_and_as_null(edge: Edge, stub: Stub) -> None:
    for body in (
        {"page_size": 3, "store_filter": {"region_codes": ["FI"], "open_at": None}},
        {"pageSize": 3, "storeFilter": {"regionCodes": ["FI"], "openAt": None}},
    ):
        assert 200 == (await edge.http.post(FIND, json=body)).status_code
    escaped = b'{"page_\\u0073ize": 3, "storeFilter": {"region\\u0043odes": ["F\\u0049"]}}'
    assert 200 == (await edge.http.post(FIND, content=escaped, headers=JSON)).status_code
    assert len(stub.requests) == 3
    assert stub.requests[0] == stub.requests[1] == stub.requests[2]


async def test_names_that_the_caller_chooses_are_no_fields(edge: Edge, stub: Stub) -> None:
    store = {"externalIds": {"my-id": "1", "zoom": "}"}, "displayName": '{"zoom": "\\\\'}
    answer = await edge.http.patch(UPDATE, json=store)
    assert {"name": "stores/osm-1", **store} == answer.json()


async def test_each_message_of_a_stream_is_checked(edge: Edge, stub: Stub) -> None:
    body = [{"stores": [{"brand": "x"}]}, {"stores": [{}, {"brnad": "x"}]}]
    told = refused(await edge.http.post("/v1/stores:upsert", json=body))
    assert told.startswith("[1].stores[1].brnad: ")
    assert told.endswith("the nearest is [1].stores[1].brand")
    assert not stub.requests


@pytest.mark.parametrize(
    "text",
    [
        "{'zoom': 1}",
        "{zoom: 1}",
        '{"pageSize": 1,, zoom: 1}',
        '{"pageToken": \'","zoom":"\'}',
        '{"pageSize": 1} {"zoom": 1}',
        '[{"zoom": 1}]',
        '{"pageSize": 1, "zoom"',
    ],
)
async def test_what_is_almost_json_hides_no_field(text: str, edge: Edge, stub: Stub) -> None:
    answer = await edge.http.post(FIND, content=text, headers=JSON)
    assert 400 == answer.status_code
    assert not stub.requests


async def test_no_broken_text_brings_an_unknown_field_past_the_filter(
    edge: Edge, stub: Stub
) -> None:
    draw = random.Random(2)
    whole = json.dumps({"pageSize": 3, "zo\\om": {"a": ["}", "\\", None]}, "radiusM": 1.5})
    for _ in range(500):
        text = list(whole)
        for _ in range(draw.randint(1, 4)):
            text[draw.randrange(len(text))] = draw.choice(["", '"', "\\", "{", "}", ",", "'", "["])
        broken = "".join(text)
        answer = await edge.http.post(FIND, content=broken, headers=JSON)
        known = answer.status_code == 200 and not ("zo" in broken and json.loads(broken))
        assert known or 400 == answer.status_code, broken


@pytest.mark.parametrize("path", [f"{FIND}/", "/v1/stores%3AfindNearest", "/v1/nothing", "/v1/"])
async def test_a_path_of_no_method_is_told_whatever_the_body(path: str, edge: Edge) -> None:
    answer = await edge.http.post(path, json={"zoom": 1})
    assert (404, "no method has this path") == (answer.status_code, answer.json()["message"])


async def test_a_client_cannot_tell_the_field_itself(edge: Edge, stub: Stub) -> None:
    headers = JSON | {fields.UNKNOWN_FIELD: "made.up"}
    answer = await edge.http.post(FIND, content="{", headers=headers)
    assert 400 == answer.status_code
    assert "made.up" not in answer.text


async def test_the_list_of_an_answer_is_there_without_entries(edge: Edge, stub: Stub) -> None:
    stub.nearest = pb.FindNearestStoresResponse()
    assert {"stores": []} == (await edge.http.get(FIND)).json()

    stub.nearest = pb.FindNearestStoresResponse(next_page_token="x")
    answer = await edge.http.post(FIND, json={})
    assert {"stores": [], "nextPageToken": "x"} == answer.json()
    assert str(len(answer.content)) == answer.headers["content-length"]

    stub.nearest = pb.FindNearestStoresResponse(next_page_token="x" * 100_000)
    assert [] == (await edge.http.post(FIND, json={})).json()["stores"]


async def test_a_list_of_a_resource_is_left_out_as_before(edge: Edge, stub: Stub) -> None:
    assert {"name": "stores/osm-1"} == (await edge.http.get(UPDATE)).json()
    stub.nearest = NEAREST
    assert "urls" not in (await edge.http.get(FIND)).json()["stores"][0]["store"]
    assert not KAMPPI.urls


def of(name: str) -> MethodDescriptor:
    found: MethodDescriptor = next(method for method in METHODS if method.name == name)
    return found


def test_every_answer_that_lists_has_a_list() -> None:
    assert "stores" == answer_list(of("ListStores"))
    assert "levels" == answer_list(of("BatchGetStockLevels"))
    assert "" == answer_list(of("GetStore"))
    assert "" == answer_list(of("WatchStores"))
    listing = [m for m in METHODS if m.name.startswith(("List", "Search", "BatchGet", "Find"))]
    without = {method.name for method in listing if not answer_list(method)}
    assert {"FindReservationByCode"} == without


def test_every_message_of_a_request_is_known_to_the_filter() -> None:
    script = fields.script(CONTRACTS)
    for message in (hours_pb2.DatedException, stock_pb2.PickupSlotRule):
        assert isinstance(message.DESCRIPTOR, Descriptor)
        for field in message.DESCRIPTOR.fields:
            assert f'["{field.json_name}"]' in script
