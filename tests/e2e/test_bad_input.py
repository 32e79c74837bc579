"""Every bad HTTP request gets 4xx with a helpful problem, never 5xx."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from google.protobuf import json_format
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from tests.e2e.suite import Suite

FIND = "/v1/stores:findNearest"
KAMPPI = b'{"origin": {"place": "Kamppi"}, "pageSize": 1'
MEGABYTE = 1_000_000

BAD_QUERIES = [
    ("origin.point.latitude=NaN", "origin.point"),
    ("origin.point.latitude=60&origin.point.longitude=-Infinity", "origin.point"),
    ("origin.point.latitude=60%2C2", "origin.point.latitude"),
    ("origin.point.lat=60", "the nearest is origin.point.latitude"),
    ("origin=Kamppi", "origin"),
    ("origin.place=Kamppi&zoom=5", "zoom: there is no such field; the fields are"),
    ("origin.place=Kamppi&open%5Fat=2026-11-30T00:00:00Z", "the nearest is storeFilter.openAt"),
    ("origin.place=Kamppi&page_size=ten", "page_size"),
    ("origin.place=Kamppi&page_size=99999999999", "page_size"),
    ("origin.place=Kamppi&radius_m=-1", "radius_m"),
    ("origin.place=Kamppi&store_filter.open_at=noon", "store_filter.open_at"),
    ("origin.place=Kamppi&store_filter.statuses=SHUT", "store_filter.statuses"),
    ("origin.place=Kamppi&page_token=made-up", "page_token"),
    ("origin.place=a%00b", "origin.place"),
    ("origin.place=%FF%FE", "FindNearestStoresRequest"),
    ("", "origin"),
]
BAD_BODIES = [
    (b"", "origin"),
    (b"{", "Unexpected end"),
    (b"[]", "must be a message"),
    (b"Kamppi", "Unexpected token"),
    (b'{"origin": "Kamppi"}', "origin"),
    (b'{"origin": {"place": 5}}', "origin.place"),
    (b'{"origin": {"place": ["Kamppi"]}}', "origin"),
    (KAMPPI + b', "radiusM": "far"}', "radius_m"),
    (KAMPPI + b', "readMask": {"paths": 1}}', "read_mask"),
    (KAMPPI + b', "storeFilter": {"statuses": ["SHUT"]}}', "store_filter.statuses[0]"),
    (KAMPPI + b', "storeFilter": {"brands": [1]}}', "store_filter.brands[0]"),
    (b'{"origin": {"point": {"latitude": NaN, "longitude": 1}}}', "latitude"),
    (b'{"origin": {"point": {"latitude": "NaN", "longitude": 1}}}', "origin.point"),
    (b'{"origin": {"point": {"latitude": 1e999, "longitude": 1}}}', "latitude"),
    (b'{"origin": {"place": "Kamppi", "h3Cell": "881126d34bfffff"}}', "origin"),
    (b'{"origin": {"place": "\xff\xfe"}}', "UTF-8"),
    (b'{"origin": {"place": "\\ud800"}}', "surrogate"),
    ('{"origin": {"place": "Kamppi"}}'.encode("utf-16"), "UTF-8"),
    (KAMPPI + b', "zoom": {"a": [1, null]}}', "zoom: there is no such field; the fields are"),
    (KAMPPI + b', "filter": null}', "filter: there is no such field; the"),
    (b'{"point": {"lat": 60, "lng": 25}}', "point: there is no such field; the nearest is origin."),
    (
        b'{"origin": {"point": {"latitude": 60, "lng": 25}}}',
        "the nearest is origin.point.longitude",
    ),
    (b"{'pageSize': 1}", "names of fields have double quotes"),
    (b"{pageSize: 1}", "names of fields have double quotes"),
    (b'{"pageToken": \'"\'}', "strings have double quotes"),
    (b"\x1f\x8b\x08\x00", "UTF-8"),
    (b"[" * MEGABYTE, "too deep"),
    (b'{"x":' * 100_000 + b"1" + b"}" * 100_000, "x: there is no such field"),
    (b'{"storeFilter":' * 50_000 + b"{}" + b"}" * 50_000, "storeFilter.storeFilter: there is no"),
]


@pytest.fixture(scope="module")
def http(shared_demo: Suite) -> Iterator[httpx.Client]:
    base, json = f"http://127.0.0.1:{shared_demo.http_port}", {"content-type": "application/json"}
    with httpx.Client(base_url=base, headers=json, timeout=60) as http:
        yield http


def problem(answer: httpx.Response, status: int = 400) -> Status:
    """The problem of an answer; it has a reason and a domain (AIP-193)."""
    assert status == answer.status_code, answer.text
    told = json_format.Parse(answer.content, Status())
    info = ErrorInfo()
    assert any(detail.Unpack(info) for detail in told.details)
    assert info.reason
    assert info.domain in {"enrayon", "edge.enrayon"}
    return told


@pytest.mark.parametrize(("query", "named"), BAD_QUERIES)
def test_a_bad_query_is_a_400_that_names_the_field(http, query, named):
    assert named in problem(http.get(f"{FIND}?{query}")).message


@pytest.mark.parametrize(("body", "named"), BAD_BODIES, ids=lambda value: repr(value[:30]))
def test_a_bad_body_is_a_400_that_says_where(http, body, named):
    assert named in problem(http.post(FIND, content=body)).message


@pytest.mark.parametrize("depth", [10, 32, 33, 64, 100, 1000])
def test_a_document_of_any_depth_is_refused_and_not_a_bug(http, depth):
    body = b'{"document": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"

    problem(http.post("/v1/hours:parse", content=body))


@pytest.mark.parametrize("path", [FIND, "/ucp/locations/search", "/mcp"])
@pytest.mark.parametrize("chunked", [False, True])
def test_fifty_megabytes_are_not_read(http, path, chunked):
    def chunks() -> Iterator[bytes]:
        yield b'{"x": "'
        for _ in range(50):
            yield b"x" * MEGABYTE

    body: Any = chunks() if chunked else b"x" * 50 * MEGABYTE
    try:
        answer = http.post(path, content=body)
    except httpx.WriteError:  # the door was shut while the client was still writing
        return
    assert 413 == answer.status_code


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"])
def test_a_wrong_method_is_told(http, verb):
    assert "no method has this path" == problem(http.request(verb, FIND), 404).message


def test_a_method_that_http_does_not_know_is_told(http):
    problem(http.request("FETCH", FIND))


@pytest.mark.parametrize(
    "path", ["/v1/stores/%FF%FE", "/v1/stores/a%00b", "/v1/stores/a%2Fb", "/v1/stores/A"]
)
def test_a_bad_name_in_the_path_is_a_400(http, path):
    problem(http.get(path))


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/v1/stores/osm-1", b"5", "store"),
        ("/v1/stores/osm-1", b"[]", "list"),
        ("/v1/stores/osm-1?update_mask=nothing", b"{}", "update_mask"),
        ("/v1/stores/osm-1?updateMask=display_name", b'{"name": "stores/osm-2"}', "name"),
        ("/v1/stores/osm-1?mood=good", b"{}", "mood"),
        ("/v1/stores/osm-1", b'{"opening_hours": "24/7"}', "the nearest is openingHours"),
        (
            "/v1/stores/osm-1/hours",
            b'{"exceptions": [{"date": {"year": 2026, "month": 12, "day": 24}, "hours": []}]}',
            "exceptions[0].date: there is no such field; the nearest is exceptions[0].firstDate",
        ),
    ],
)
def test_a_bad_change_is_a_400_that_names_the_field(http, path, body, named):
    assert named in problem(http.patch(path, content=body)).message


@pytest.mark.parametrize("body", [b"{}", b"5", b"[5]", b"[{}, 5]", b"[{}", b'[{"stores": 5}]'])
def test_a_stream_that_is_no_array_of_messages_is_a_400(http, body):
    problem(http.post("/v1/stores:upsert", content=body))


def test_what_is_no_message_is_a_status_of_grpc_too(http):
    headers = {"content-type": "application/grpc-web+proto"}
    answer = http.post(
        "/enrayon.stores.v1.StoresService/FindNearestStores",
        content=b"\x00\x00\x00\x00\x05hello",
        headers=headers,
    )

    assert (200, "3") == (answer.status_code, answer.headers["grpc-status"])
