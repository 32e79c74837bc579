"""gRPC, gRPC-Web and JSON give the same answers and the same errors."""

import difflib
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from enrayon.stores.v1 import stores_pb2
from enrayon.stores.v1.stores_pb2 import FindNearestStoresRequest, WatchStoresRequest
from enrayon.type.v1.travel_pb2 import TRAVEL_MODE_WALK
from services.client.contracts import CONTRACTS
from tests.contracts.contracts import METHODS
from tests.e2e.doors import Doors, code, comparable
from tests.e2e.requests import Writer
from tests.e2e.suite import Suite

STORES = stores_pb2.DESCRIPTOR.services_by_name["StoresService"]
SEED = 7
REQUESTS = 300
SERVED = {contract.full_name for contract in CONTRACTS}
READS = [
    method
    for method in METHODS
    if method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    and not method.server_streaming
    and method.containing_service.full_name in SERVED
]


@pytest.fixture(scope="module")
def known(shared_demo: Suite) -> dict[str, Any]:
    """Values from the demo, by the name of their field."""
    stores = [store["name"] for store in shared_demo.get("/v1/stores?page_size=40")["stores"]]
    found = shared_demo.get("/v1/products:search?query=m&page_size=30")["products"]
    products = [product["name"] for product in found]
    return {
        "stores": stores,
        "store": stores,
        "parent": stores,
        "name": stores,
        "names": stores,
        "products": products,
        "product": products,
        "point": [(60.1699, 24.9384), (60.18, 24.95), (0.0, 0.0)],
        "place": ["Kamppi", "Helsinki", "00100", "Paris", "Atlantis"],
        "h3_cell": ["881126d34bfffff", "881126d34bffffz"],
        "query": ["kamppi", "k-market", "alko", "bar", "maito"],
        "region_codes": ["FI", "FR"],
        "language_code": ["fi", "en", "de", "xx"],
        "word": ["alko", "K-Market", "FI", "demo", "a"],
    }


def compared(doors: Doors, known: dict[str, Any], seed: int, count: int) -> Iterator[str]:
    """Call all methods in turn; yields each code. Fails where the answers differ."""
    writer = Writer(seed, known)
    for number in range(count):
        method = READS[number % len(READS)]
        request = writer.request(method)
        now_s = time.time()
        answers = doors.all(method, request)
        expected = comparable(answers["grpc"], now_s)
        for door, answer in answers.items():
            assert expected == comparable(answer, now_s), explained(
                method, request, door, answers, now_s
            )
        yield code(answers["grpc"])


def explained(method: MethodDescriptor, request: Any, door: str, answers: Any, now_s: float) -> str:
    """The request, and the lines in which the answers differ."""
    grpc, other = (str(comparable(answers[name], now_s)).splitlines() for name in ("grpc", door))
    differing = "\n".join(list(difflib.unified_diff(grpc, other, "grpc", door, n=2))[:60])
    return f"{method.full_name}\n{request}\n{differing}"


def test_300_random_requests_get_equal_answers_and_equal_errors(doors, known):
    codes = Counter(compared(doors, known, SEED, REQUESTS))

    assert {"OK", "INVALID_ARGUMENT", "NOT_FOUND"} <= codes.keys()
    assert not codes.keys() & {"INTERNAL", "UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED"}
    assert codes["OK"] > REQUESTS / 4


def test_the_nearest_on_foot_are_those_of_grpc_through_every_door(doors):
    request = FindNearestStoresRequest(page_size=50)
    request.origin.point.latitude, request.origin.point.longitude = 60.1699, 24.9384
    request.travel.mode = TRAVEL_MODE_WALK
    answers = doors.all(STORES.methods_by_name["FindNearestStores"], request)

    expected = answers["grpc"].message
    assert {"grpc", "grpc-web", "post /v1/stores:findNearest"} <= answers.keys()
    assert all(expected == answer.message for answer in answers.values())
    journeys = [store.journey for store in expected.stores]
    assert not any(journey.is_estimate for journey in journeys)
    assert all(
        store.journey.road_distance_m >= store.distance_m * 0.99 for store in expected.stores
    )
    times = [journey.travel_time.ToTimedelta() for journey in journeys]
    assert len(times) == 50
    assert times == sorted(times)


def test_a_stream_brings_the_same_change_through_every_door(shared_demo, doors, known):
    name, phones = known["stores"][-1], ["+358 9 310 1691"]
    door = f"http://127.0.0.1:{shared_demo.http_port}"
    with doors.streams(STORES.methods_by_name["WatchStores"], WatchStoresRequest()) as streams:
        for answers in streams.values():
            next(answers)  # each has begun
        body = {"phones": phones}
        httpx.patch(f"{door}/v1/{name}?update_mask=phones", json=body).raise_for_status()
        changes = {
            door: next(a for a in answers if a.store.name) for door, answers in streams.items()
        }

    assert {"grpc", "grpc-web", "json"} == changes.keys()
    assert phones == changes["grpc"].store.phones
    assert changes["grpc"] == changes["grpc-web"] == changes["json"]


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_3000_random_requests_get_equal_answers_and_equal_errors(doors, known, seed):
    codes = Counter(compared(doors, known, 100 + seed, 3000))

    assert not codes.keys() & {"INTERNAL", "UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED"}
