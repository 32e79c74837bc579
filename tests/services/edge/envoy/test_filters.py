"""The same request by JSON, gRPC and gRPC-Web reaches the service, with the same answer."""

import json
import math
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2, field_mask_pb2, json_format
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2
from google.rpc.status_pb2 import Status
from google.type.latlng_pb2 import LatLng
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from enrayon.stores.v1 import stores_pb2 as pb
from enrayon.stores.v1 import stores_pb2_grpc
from enrayon.type.v1 import geometry_pb2
from tests.support import grpc_web
from tests.support.edge import Edge
from tests.support.stores_stub import KAMPPI, NEAREST, Stub

FIND = "/v1/stores:findNearest"
FIND_GRPC = "/enrayon.stores.v1.StoresService/FindNearestStores"
REQUEST = pb.FindNearestStoresRequest(
    origin=geometry_pb2.Origin(point=LatLng(latitude=60.1699, longitude=24.9384)),
    page_size=3,
    radius_m=500,
    store_filter=pb.StoreFilter(brands=["Alko", "K-Market"], region_codes=["FI"]),
    read_mask=field_mask_pb2.FieldMask(paths=["name", "display_name"]),
)


def as_json(message: Message) -> dict[str, Any]:
    """The JSON of a message by protobuf itself."""
    return json_format.MessageToDict(message)


def status(code: int, *details: Message) -> Status:
    result = Status(code=code, message="no such place: Kampi")
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        result.details.append(packed)
    return result


@pytest.mark.parametrize(
    "names",
    [
        ("page_size", "radius_m", "store_filter.region_codes", "read_mask"),
        ("pageSize", "radiusM", "storeFilter.regionCodes", "readMask"),
    ],
)
async def test_a_get_reaches_the_service_as_the_same_request(
    names: tuple[str, str, str, str], edge: Edge, stub: Stub
) -> None:
    page_size, radius, regions, mask = names
    answer = await edge.http.get(
        FIND,
        params={
            "origin.point.latitude": "60.1699",
            "origin.point.longitude": "24.9384",
            page_size: "3",
            radius: "500",
            f"{regions.split('.')[0]}.brands": ["Alko", "K-Market"],
            regions: "FI",
            mask: "name,displayName",
        },
    )
    assert stub.requests == [REQUEST]
    assert answer.status_code == 200


async def test_a_post_reaches_the_service_as_the_same_request(edge: Edge, stub: Stub) -> None:
    answer = await edge.http.post(FIND, json=as_json(REQUEST))
    assert stub.requests == [REQUEST]
    assert answer.status_code == 200


async def test_text_in_a_query_may_have_spaces_and_accents(edge: Edge, stub: Stub) -> None:
    await edge.http.get(f"{FIND}?origin.place=Rue+de+l%27%C3%89glise%2C%20Lyon")
    [request] = stub.requests
    assert isinstance(request, pb.FindNearestStoresRequest)
    assert request.origin.place == "Rue de l'Église, Lyon"


async def test_what_is_no_number_is_left_to_the_service_to_refuse(edge: Edge, stub: Stub) -> None:
    refusal = status(code_pb2.INVALID_ARGUMENT)
    stub.errors = [refusal, refusal]
    by_get = await edge.http.get(
        FIND, params={"origin.point.latitude": "NaN", "origin.point.longitude": "-Infinity"}
    )
    by_post = await edge.http.post(
        FIND, json={"origin": {"point": {"latitude": "NaN", "longitude": "-Infinity"}}}
    )
    for request in stub.requests:
        assert isinstance(request, pb.FindNearestStoresRequest)
        assert math.isnan(request.origin.point.latitude)
        assert -math.inf == request.origin.point.longitude
    assert [by_get.status_code, by_post.status_code] == [400, 400]


async def test_the_answer_is_the_json_of_protobuf(edge: Edge, stub: Stub) -> None:
    answer = await edge.http.get(FIND)
    assert as_json(NEAREST) == answer.json()
    assert answer.headers["content-type"] == "application/json"


async def test_an_answer_may_be_long(edge: Edge, stub: Stub) -> None:
    hit = pb.NearestStore(store=pb.Store(name="stores/osm-1", urls=["https://example.org/"] * 20))
    stub.nearest = pb.FindNearestStoresResponse(stores=[hit] * 1000)

    response = await edge.http.post(FIND, json=as_json(REQUEST))

    assert as_json(stub.nearest) == response.json()


async def test_a_name_in_the_path_is_part_of_the_request(edge: Edge, stub: Stub) -> None:
    await edge.http.get("/v1/stores/osm-1")
    await edge.http.delete("/v1/stores/osm-2?etag=x")
    await edge.http.patch("/v1/stores/osm-3?updateMask=brand", json={"brand": "Alko"})
    assert [
        pb.GetStoreRequest(name="stores/osm-1"),
        pb.DeleteStoreRequest(name="stores/osm-2", etag="x"),
        pb.UpdateStoreRequest(
            store=pb.Store(name="stores/osm-3", brand="Alko"),
            update_mask=field_mask_pb2.FieldMask(paths=["brand"]),
        ),
    ] == stub.requests


async def test_a_name_in_the_path_and_another_in_the_body_is_refused(
    edge: Edge, stub: Stub
) -> None:
    same = await edge.http.patch("/v1/stores/osm-3", json={"name": "stores/osm-3"})
    other = await edge.http.patch("/v1/stores/osm-3", json={"name": "stores/osm-4"})
    assert [same.status_code, other.status_code] == [200, 400]
    assert "stores/osm-4" in other.json()["message"]


async def test_a_slash_in_a_name_does_not_make_another_path(edge: Edge, stub: Stub) -> None:
    await edge.http.get("/v1/stores/a%2Fb%20c%40d")
    assert [pb.GetStoreRequest(name="stores/a%2Fb c@d")] == stub.requests


async def test_a_stream_of_requests_is_an_array(edge: Edge, stub: Stub) -> None:
    answer = await edge.http.post(
        "/v1/stores:upsert", json=[{"stores": [as_json(KAMPPI)] * 2}, {"stores": [{}]}]
    )
    assert answer.json() == {"createdCount": 3}
    assert pb.UpsertStoresRequest(stores=[KAMPPI, KAMPPI]) == stub.requests[0]


async def test_a_stream_of_answers_is_a_line_each_as_they_come(edge: Edge, stub: Stub) -> None:
    async with edge.http.stream("GET", "/v1/stores:watch") as answer:
        lines = answer.aiter_lines()
        assert json.loads(await anext(lines)) == {"resumeToken": "1"}
        stub.proceed.set()  # the second is sent only once the first has been received
        assert {"resumeToken": "2", "store": as_json(KAMPPI)} == json.loads(await anext(lines))


@pytest.mark.parametrize(
    ("code", "http_status"),
    [
        (code_pb2.INVALID_ARGUMENT, 400),
        (code_pb2.UNAUTHENTICATED, 401),
        (code_pb2.PERMISSION_DENIED, 403),
        (code_pb2.NOT_FOUND, 404),
        (code_pb2.ABORTED, 409),
        (code_pb2.RESOURCE_EXHAUSTED, 429),
        (code_pb2.INTERNAL, 500),
        (code_pb2.UNIMPLEMENTED, 501),
        (code_pb2.DEADLINE_EXCEEDED, 504),
    ],
)
@pytest.mark.parametrize("path", [FIND, "/v1/stores:watch"])
async def test_an_error_keeps_its_details(
    path: str, code: int, http_status: int, edge: Edge, stub: Stub
) -> None:
    bad_field = error_details_pb2.BadRequest.FieldViolation(field="origin.place", description="?")
    error = status(
        code,
        error_details_pb2.ErrorInfo(reason="PLACE_NOT_FOUND", domain="stores.enrayon"),
        error_details_pb2.BadRequest(field_violations=[bad_field]),
        error_details_pb2.RetryInfo(),
    )
    stub.errors = [error]
    answer = await edge.http.get(path)
    assert http_status == answer.status_code
    assert as_json(error) == answer.json()


async def test_grpc_passes_through(edge: Edge, stub: Stub) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{edge.port}") as channel:
        stores = stores_pb2_grpc.StoresServiceStub(channel)
        assert await stores.FindNearestStores(REQUEST, timeout=5) == NEAREST
        assert stub.requests == [REQUEST]
        assert stub.deadline_s is not None
        assert stub.deadline_s < 6  # rounded up on its way

        stub.errors = [status(code_pb2.NOT_FOUND)]
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await stores.FindNearestStores(REQUEST)
        assert (
            error.value.code(),
            error.value.details(),
        ) == (grpc.StatusCode.NOT_FOUND, "no such place: Kampi")


async def test_a_grpc_stream_may_be_of_any_length(edge: Edge, stub: Stub) -> None:
    async def requests() -> AsyncIterator[pb.UpsertStoresRequest]:
        for _ in range(40):
            yield pb.UpsertStoresRequest(stores=[pb.Store(display_name="x" * 50_000)])

    async with grpc.aio.insecure_channel(f"127.0.0.1:{edge.port}") as channel:
        stores = stores_pb2_grpc.StoresServiceStub(channel)
        assert pb.UpsertStoresResponse(created_count=40) == await stores.UpsertStores(requests())


async def test_health_and_reflection_answer_on_the_same_port(edge: Edge) -> None:
    listing = reflection_pb2.ServerReflectionRequest(list_services="")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{edge.port}") as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            health_pb2.HealthCheckRequest.SerializeToString,
            health_pb2.HealthCheckResponse.FromString,
        )
        reflect = channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            reflection_pb2.ServerReflectionRequest.SerializeToString,
            reflection_pb2.ServerReflectionResponse.FromString,
        )
        health = await check(health_pb2.HealthCheckRequest())
        listings = [answer async for answer in reflect(iter([listing]))]
    assert health.status == health_pb2.HealthCheckResponse.SERVING
    assert "enrayon.stores.v1.StoresService" in {
        service.name for service in listings[0].list_services_response.service
    }


async def test_grpc_web_asks_and_is_answered(edge: Edge, stub: Stub) -> None:
    body = grpc_web.framed(REQUEST.SerializeToString())
    answer = await edge.http.post(FIND_GRPC, content=body, headers=grpc_web.HEADERS)
    (data_flags, data), (trailer_flags, trailers) = grpc_web.frames(answer.content)
    assert stub.requests == [REQUEST]
    assert (data_flags, pb.FindNearestStoresResponse.FromString(data)) == (0, NEAREST)
    assert trailer_flags == grpc_web.TRAILERS
    assert b"grpc-status:0\r\n" in trailers


async def test_grpc_web_gets_errors_as_a_grpc_status(edge: Edge, stub: Stub) -> None:
    stub.errors = [status(code_pb2.NOT_FOUND)]
    answer = await edge.http.post(FIND_GRPC, content=grpc_web.framed(b""), headers=grpc_web.HEADERS)
    assert (
        answer.headers["grpc-status"],
        answer.headers["grpc-message"],
    ) == ("5", "no such place: Kampi")


@pytest.mark.parametrize("path", [FIND, FIND_GRPC, "/v1/stores/osm-1"])
async def test_a_page_of_this_machine_may_call_and_any_other_may_not(path: str, edge: Edge) -> None:
    allowed = {}
    for origin in ("http://localhost:3000", "https://shop.example", "http://localhost.example"):
        asked = {"origin": origin, "access-control-request-method": "POST"}
        preflight = await edge.http.options(path, headers=asked)
        allowed[origin] = preflight.headers.get("access-control-allow-origin")
    assert allowed == {
        "http://localhost:3000": "http://localhost:3000",
        "https://shop.example": None,
        "http://localhost.example": None,
    }


@pytest.mark.parametrize(("accepts", "encoding"), [("gzip", "gzip"), ("br, gzip", "br")])
async def test_long_json_is_compressed_and_short_is_not(
    accepts: str, encoding: str, edge: Edge, stub: Stub
) -> None:
    stub.nearest = pb.FindNearestStoresResponse(stores=list(NEAREST.stores) * 20)
    async with edge.http.stream("GET", FIND, headers={"accept-encoding": accepts}) as long:
        body = b"".join([chunk async for chunk in long.aiter_raw()])
    short = await edge.http.get("/v1/stores/osm-1", headers={"accept-encoding": accepts})
    assert encoding == long.headers["content-encoding"]
    assert len(body) < 1000 < len(json.dumps(as_json(stub.nearest)))
    assert "content-encoding" not in short.headers


async def test_the_service_never_sees_the_path_as_it_came(edge: Edge, stub: Stub) -> None:
    await edge.http.get(FIND, params={"origin.point.latitude": "60.1699"})
    assert not [key for key, value in stub.metadata.items() if "60.1699" in value]


async def test_ready_means_that_the_services_answer(edge: Edge) -> None:
    assert (await edge.http.get("/readyz")).status_code == 200
