"""A request is one trace from the edge to the database, without personal data."""

import re
from typing import Any

import pytest

from tests.e2e.suite import wait_until
from tests.support.watched import DEVICE, LATITUDE, LONGITUDE, Watched, find_all

FIND = "enrayon.stores.v1.StoresService/FindNearestStores"
SEARCH = "enrayon.stock.v1.StockService/FindNearestAvailability"
HOLD = "enrayon.stock.v1.StockService/CreateReservation"
REPORT = "enrayon.geofence.v1.GeofenceService/ReportPosition"
NAME = re.compile(
    r"enrayon\.\w+\.v1\.\w+Service/\w+"  # a method
    r"|(GET|POST|DELETE) \w+"  # a page and its endpoint
    r"|[A-Z ]+( ([\w.]+/)+\w+)?"  # a command of Redis, and a script
    r"|application /\S*|JSON /\w+|other gRPC|unknown"  # a route of Envoy
)
EDGE, APPLICATION, SERVICES = "enrayon-edge", "enrayon-application", "enrayon-serve"


def text(attributes: Any) -> dict[str, str]:
    return {each.key: each.value.string_value or str(each.value.int_value) for each in attributes}


def of_request(watched: Watched, answer: str, name: str) -> list[tuple[str, Any]]:
    """Every span of the request's trace with its process, once the span of a name is there."""
    id = watched.answers[answer].headers["x-request-id"]
    found: list[Any] = []

    def arrived() -> bool:
        found[:] = [
            span
            for span in find_all(watched.collector, name)
            if id == text(span.attributes).get("enrayon.request_id")
        ]
        return bool(found)

    wait_until(arrived, lambda: f"no span {name} of the request")
    [span] = found
    return [
        (text(resource.resource.attributes)["service.name"], each)
        for resource in list(watched.collector.received)
        for scope in resource.scope_spans
        for each in scope.spans
        if each.trace_id == span.trace_id
    ]


@pytest.mark.parametrize(
    ("answer", "method", "act"),
    [
        ("available", SEARCH, "EVALSHA stock/read"),
        ("hold", HOLD, "EVALSHA stock/reserve"),
        ("position", REPORT, "EVALSHA geofence/apply"),
    ],
)
def test_a_request_goes_through_envoy_the_service_and_redis(watched, answer, method, act):
    assert 200 == watched.answers[answer].status_code, watched.answers[answer].text
    find_all(watched.collector, method)
    spans = {}

    def complete() -> bool:
        spans.update({(p, s.name): s for p, s in of_request(watched, answer, method)})
        return {(EDGE, method), (SERVICES, method)} <= set(spans)

    wait_until(complete, lambda: str(list(spans)))
    redis = {name for process, name in spans if process == SERVICES and name != method}
    assert redis, "no span of Redis"
    assert spans[EDGE, method].span_id == spans[SERVICES, method].parent_span_id
    below = {spans[SERVICES, name].parent_span_id for name in redis}
    assert {spans[SERVICES, method].span_id} == below
    assert act in redis


def test_a_nearest_answer_touches_no_store(watched):
    def names() -> set[str]:
        return {s.name for p, s in of_request(watched, "nearest", FIND) if p == SERVICES}

    wait_until(lambda: FIND in names())  # and what was done for it ended before it did
    assert {FIND} == names()


def test_what_the_application_asks_of_the_services_is_in_its_trace(watched):
    name = "POST search_locations"
    [page] = [s for p, s in of_request(watched, "ucp", name) if p == APPLICATION]

    def askers() -> set[bytes]:
        spans = of_request(watched, "ucp", name)
        return {span.parent_span_id for process, span in spans if process == SERVICES}

    wait_until(lambda: bool(askers()), lambda: "no span of the services")
    assert {page.span_id} == askers()


def test_an_error_is_found_by_the_id_that_the_client_was_told(watched):
    [info] = [
        detail["requestId"]
        for detail in watched.answers["wrong"].json()["details"]
        if detail["@type"].endswith("RequestInfo")
    ]
    assert watched.answers["wrong"].headers["x-request-id"] == info
    found: list[Any] = []

    def arrived() -> bool:
        found[:] = [s for p, s in of_request(watched, "wrong", FIND) if p == SERVICES]
        return bool(found)

    wait_until(arrived, lambda: "no span of the service")
    [span] = found
    assert "INVALID_ARGUMENT" == text(span.attributes)["enrayon.code"]


def test_no_span_tells_who_or_where(watched):
    for name in (FIND, SEARCH, HOLD, REPORT, "POST search_locations"):
        find_all(watched.collector, name)
    spans = watched.collector.spans()
    subject = watched.answers["position"].json()["result"]["subject"]
    hold = watched.answers["hold"].json()["name"]
    secrets = [str(LATITUDE), str(LONGITUDE), DEVICE, subject, subject[8:], hold]
    told = [str(span) for span in spans] + [str(r.resource) for r in watched.collector.received]
    assert 10 < len(told)
    assert [] == [secret for secret in secrets if any(secret in each for each in told)]
    keys = re.compile(r"\{(s\d\d|f\d\d|stores|hours|products)\}|:levels:|:holds:")
    assert [] == [each for each in told if keys.search(each)]
    assert [] == sorted({span.name for span in spans if not NAME.fullmatch(span.name)})


def test_no_log_line_tells_who_or_where(watched):
    logs = "".join(
        path.read_text() for path in sorted((watched.suite.data_dir / "logs").glob("*.log"))
    )
    assert watched.answers["ucp"].headers["x-request-id"] in logs
    secrets = [str(LATITUDE), str(LONGITUDE), DEVICE]
    assert [] == [secret for secret in secrets if secret in logs]
