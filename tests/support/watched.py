"""A suite observed from outside: the requests it gets, and the traces it sends."""

import datetime as dt
from typing import Any, NamedTuple
from urllib.request import urlopen

import httpx
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from geodata.samples.catalogue import catalogue
from tests.e2e.suite import Suite, wait_until

LATITUDE, LONGITUDE = 60.168713, 24.931924
"""A person's position; no store has exactly these coordinates."""
DEVICE = "phone-of-somebody-7781"
FIND = "/v1/stores:findNearest"


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """An OpenTelemetry collector that keeps its spans."""

    def __init__(self) -> None:
        self.received: list[ResourceSpans] = []

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 as the contract names it
        self.received += request.resource_spans
        return trace_service_pb2.ExportTraceServiceResponse()

    def spans(self) -> list[Any]:
        return [
            span
            for resource in list(self.received)
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class Watched(NamedTuple):
    """A running suite, its collector of traces, and the answers to some requests."""

    suite: Suite
    collector: Collector
    answers: dict[str, httpx.Response]
    """The answers to the requests of a visit, by a word for each."""
    serve_port: int
    work_port: int
    envoy_port: int

    def page(self, port: int, path: str) -> str:
        with urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            told: str = answer.read().decode()
        return told

    def metrics(self) -> str:
        """The metrics of all its processes."""
        own = [self.page(port, "/metrics") for port in (self.serve_port, self.work_port)]
        return "".join([*own, self.page(self.envoy_port, "/stats/prometheus")])


def answers_of_a_visit(suite: Suite) -> dict[str, httpx.Response]:
    """Makes the requests of a visit: find, hold, report a position, pages and errors."""
    base = f"http://127.0.0.1:{suite.http_port}"
    place = {"origin": {"point": {"latitude": LATITUDE, "longitude": LONGITUDE}}}
    with httpx.Client(base_url=base, timeout=30) as http:
        query = f"origin.point.latitude={LATITUDE}&origin.point.longitude={LONGITUDE}"
        answers = {"nearest": http.get(f"{FIND}?{query}&page_size=3")}
        items = [{"product": f"products/{catalogue()[0].sku}", "quantity": 1}]
        available = {**place, "items": items}
        answers["available"] = http.post("/v1/stock:findNearestAvailability", json=available)
        store = answers["available"].json()["stores"][0]["store"]
        basket = {"items": items, "shopper": DEVICE}
        answers["hold"] = http.post(f"/v1/{store}/reservations", json=basket)
        fix = {
            "deviceId": DEVICE,
            "location": {"latitude": LATITUDE, "longitude": LONGITUDE},
            "deviceTime": dt.datetime.now(dt.UTC).isoformat(),
            "sequence": 1,
        }
        answers["position"] = http.post("/v1/positions:report", json={"fix": fix, "consent": True})
        answers["wrong"] = http.get(f"{FIND}?origin.point.latitude=9{LATITUDE}")
        answers["unknown"] = http.get(f"/v1/nothing?{query}")
        answers["page"] = http.get(f"/{store}")
        distance = {"center": {"latitude": LATITUDE, "longitude": LONGITUDE}, "max": 5000}
        answers["ucp"] = http.post("/ucp/locations/search", json={"distance": distance})
    return answers


def find_all(collector: Collector, name: str) -> list[Any]:
    """Wait for spans of a name; returns them."""
    wait_until(
        lambda: any(span.name == name for span in collector.spans()),
        lambda: f"no span {name!r} among {sorted({span.name for span in collector.spans()})}",
    )
    return [span for span in collector.spans() if span.name == name]
