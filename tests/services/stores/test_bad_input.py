"""Invalid requests are refused with the name of the field, and the server still answers."""

import math

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc import error_details_pb2

from enrayon.stores.v1 import stores_pb2
from enrayon.type.v1 import geometry_pb2
from tests.support.error_details import detail, violated_fields
from tests.support.stores import near

BOW_TIE = [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]


def polygon(corners: list[tuple[float, float]]) -> geometry_pb2.Polygon:
    points = [{"latitude": latitude, "longitude": longitude} for latitude, longitude in corners]
    return geometry_pb2.Polygon(rings=[geometry_pb2.Ring(points=points)])


REFUSED = {
    "NaN latitude": ("FindNearestStores", near(math.nan, 24.0), "origin.point"),
    "infinite longitude": ("FindNearestStores", near(60.0, math.inf), "origin.point"),
    "latitude 91": ("FindNearestStores", near(91.0, 24.0), "origin.point"),
    "longitude -181": ("FindNearestStores", near(60.0, -181.0), "origin.point"),
    "no origin": ("FindNearestStores", stores_pb2.FindNearestStoresRequest(), "origin"),
    "negative radius": ("FindNearestStores", near(60.0, 24.0, radius_m=-1.0), "radius_m"),
    "radius over the cap": ("FindNearestStores", near(60.0, 24.0, radius_m=1e6 + 1), "radius_m"),
    "NaN radius": ("FindNearestStores", near(60.0, 24.0, radius_m=math.nan), "radius_m"),
    "negative page": ("FindNearestStores", near(60.0, 24.0, page_size=-1), "page_size"),
    "forged page token": ("FindNearestStores", near(60.0, 24.0, page_token="AAAA"), "page_token"),
    "unknown region": (
        "FindNearestStores",
        near(60.0, 24.0, store_filter=stores_pb2.StoreFilter(region_codes=["finland"])),
        "store_filter.region_codes[0]",
    ),
    "unknown mask path": (
        "FindNearestStores",
        near(60.0, 24.0, read_mask=FieldMask(paths=["colour"])),
        "read_mask",
    ),
    "no such cell": (
        "FindNearestStores",
        stores_pb2.FindNearestStoresRequest(origin={"h3_cell": "f" * 15}),
        "origin.h3_cell",
    ),
    "10,000 ids": (
        "BatchGetStores",
        stores_pb2.BatchGetStoresRequest(names=[f"stores/x-{n}" for n in range(2000)]),
        "names",
    ),
    "a name that is none": ("GetStore", stores_pb2.GetStoreRequest(name="shops/1"), "name"),
    "1,001 origins": (
        "BatchFindNearestStores",
        stores_pb2.BatchFindNearestStoresRequest(points=[{"latitude": 1, "longitude": 1}] * 1001),
        "points",
    ),
    "bow-tie": (
        "SearchStores",
        stores_pb2.SearchStoresRequest(polygon=polygon(BOW_TIE)),
        "polygon",
    ),
    "route of one point": (
        "SearchStores",
        stores_pb2.SearchStoresRequest(
            route={"path": {"points": [{"latitude": 1, "longitude": 1}]}, "max_distance_m": 10}
        ),
        "route.path.points",
    ),
    "viewport upside down": (
        "CountStores",
        stores_pb2.CountStoresRequest(
            viewport={
                "low": {"latitude": 2, "longitude": 1},
                "high": {"latitude": 1, "longitude": 2},
            }
        ),
        "viewport",
    ),
    "resolution 13": (
        "CountStores", stores_pb2.CountStoresRequest(h3_resolution=13), "h3_resolution"
    ),
    "blank suggestion": ("SuggestPlaces", stores_pb2.SuggestPlacesRequest(query=""), "query"),
    "resume token that is none": (
        "WatchStores", stores_pb2.WatchStoresRequest(resume_token="?"), "resume_token"
    ),
    "update without a store": ("UpdateStore", stores_pb2.UpdateStoreRequest(), ""),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_an_invalid_request_is_refused_with_its_field(shops, case):
    method, request, field = REFUSED[case]

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        answer = getattr(shops, method)(request)
        if method == "WatchStores":
            await answer.read()
        await answer

    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code()
    assert field in violated_fields(failure.value)
    assert "forum" in [
        hit.store.name[9:] for hit in (await shops.FindNearestStores(near(60, 24))).stores
    ]


async def test_a_page_token_is_bound_to_its_arguments(shops):
    page = await shops.FindNearestStores(near(60.0, 24.0, page_size=2))

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await shops.FindNearestStores(near(60.1, 24.0, page_token=page.next_page_token))

    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code()
    assert ["page_token"] == violated_fields(failure.value)


async def test_an_unknown_place_is_not_found_with_suggestions(shops):
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await shops.FindNearestStores(
            stores_pb2.FindNearestStoresRequest(origin={"place": "Kamppii"})
        )

    assert grpc.StatusCode.NOT_FOUND == failure.value.code()
    info = detail(failure.value, error_details_pb2.ErrorInfo())
    assert ("PLACE_NOT_FOUND", "enrayon") == (info.reason, info.domain)
    assert "Kamppi, FI" in info.metadata["suggestions"]


async def test_an_unknown_store_is_not_found_by_its_name(shops):
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await shops.GetStore(stores_pb2.GetStoreRequest(name="stores/none"))

    info = detail(failure.value, error_details_pb2.ErrorInfo())
    assert ("STORE_NOT_FOUND", "stores/none") == (info.reason, info.metadata["name"])
