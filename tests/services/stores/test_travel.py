"""Stores by travel time, against a sort of all stores by times of plain Dijkstra."""

import datetime as dt
import math

import grpc
import h3
import pytest
import shapely
from google.protobuf import json_format
from shapely import MultiPolygon
from shapely.geometry import shape

from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata.distance import GEOD, distance_m
from geodata.points import Point
from geodata.roads import FALLBACK_SPEEDS, Mode
from services.directory.journeys import MODES
from services.directory.road_network import EmbeddedRouter
from tests.support.stores import SHOPS, near, upsert
from tests.support.toy_roads import (
    AT_SEA,
    EAST_SHORE,
    INLAND,
    WEST_SHORE,
    brute,
    point_of,
    scattered,
    store,
    toy,
)

DRIVE, WALK, BIKE = sorted(MODES)


@pytest.fixture
def router() -> EmbeddedRouter:
    """The router of all directories here."""
    return toy().router


def told(response: stores_pb2.FindNearestStoresResponse) -> list[tuple[float, bool, str]]:
    return [
        (
            hit.journey.travel_time.ToNanoseconds() / 1e9,
            hit.journey.is_estimate,
            hit.store.name,
        )
        for hit in response.stores
    ]


def approximately(ranked: list[tuple[float, bool, str]]) -> list[tuple[object, bool, str]]:
    return [(pytest.approx(seconds, abs=1e-6), *rest) for seconds, *rest in ranked]  # type: ignore[misc]


@pytest.mark.parametrize("mode", [DRIVE, WALK, BIKE])
@pytest.mark.parametrize("origin", [WEST_SHORE, INLAND, AT_SEA])
async def test_stores_rank_by_time_as_a_sort_of_all_does(stores, origin, mode):
    everywhere = [*scattered(120), *SHOPS]
    await upsert(stores, everywhere)

    response = await stores.FindNearestStores(near(*origin, page_size=200, travel={"mode": mode}))

    assert approximately(brute(origin, everywhere, MODES[mode])) == told(response)
    assert (toy().network.attribution if origin != AT_SEA else "") == response.road_attribution
    for hit in response.stores:
        assert hit.journey.HasField("road_distance_m") is not hit.journey.is_estimate
        assert hit.distance_m == pytest.approx(distance_m(Point(*origin), point_of(hit.store)))


async def pages(
    stores: "stores_pb2_grpc.StoresServiceAsyncStub", request: stores_pb2.FindNearestStoresRequest
) -> list[tuple[float, bool, str]]:
    found = []
    while True:
        response = await stores.FindNearestStores(request)
        assert len(response.stores) <= request.page_size
        found += told(response)
        if not response.next_page_token:
            return found
        request.page_token = response.next_page_token


@pytest.mark.parametrize("ranking", ["RANKING_TIME", "RANKING_DISTANCE"])
async def test_the_pages_together_are_the_whole_answer(stores, ranking):
    await upsert(stores, [*scattered(60), *SHOPS])
    travel = {"mode": WALK, "ranking": ranking}

    whole = await stores.FindNearestStores(near(*WEST_SHORE, page_size=200, travel=travel))

    assert 73 == len(whole.stores)
    assert told(whole) == await pages(stores, near(*WEST_SHORE, page_size=7, travel=travel))


async def test_by_distance_the_order_is_that_of_a_search_without_travel(stores):
    await upsert(stores, scattered(60))
    travel = {"mode": WALK, "ranking": "RANKING_DISTANCE"}

    plain = await stores.FindNearestStores(near(*WEST_SHORE, page_size=60))
    timed = await stores.FindNearestStores(near(*WEST_SHORE, page_size=60, travel=travel))

    assert [hit.store.name for hit in plain.stores] == [hit.store.name for hit in timed.stores]
    assert not any(hit.HasField("journey") for hit in plain.stores)
    assert approximately(brute(WEST_SHORE, scattered(60), Mode.WALK)) == sorted(told(timed))


@pytest.mark.parametrize("ranking", ["RANKING_TIME", "RANKING_DISTANCE"])
@pytest.mark.parametrize("limit_s", [700, 2000])
async def test_a_limit_of_time_and_a_filter_and_a_radius_hold_together(stores, ranking, limit_s):
    everywhere = scattered(120)
    await upsert(stores, everywhere)
    origin = Point(*WEST_SHORE)
    distances = sorted(distance_m(origin, point_of(each)) for each in everywhere)
    radius_m = distances[90]
    wanted = [
        each
        for each in everywhere
        if each.brand == "Odd" and distance_m(origin, point_of(each)) <= radius_m
    ]
    travel = {"mode": WALK, "ranking": ranking, "max_travel_time": {"seconds": limit_s}}

    response = await stores.FindNearestStores(
        near(
            *WEST_SHORE,
            page_size=200,
            radius_m=radius_m,
            store_filter={"brands": ["odd"]},
            travel=travel,
        )
    )

    expected = [row for row in brute(WEST_SHORE, wanted, Mode.WALK) if row[0] <= limit_s]
    assert approximately(expected) == sorted(told(response))
    assert 0 < len(expected) < len(wanted)


async def test_the_limit_of_time_is_inclusive(stores):
    await upsert(stores, [store("m-one", *INLAND)])
    seconds = toy().seconds(Mode.WALK, WEST_SHORE, INLAND)
    nanos = math.ceil(seconds * 1e9)

    async def found(nanos: int) -> int:
        limit = {"seconds": nanos // 10**9, "nanos": nanos % 10**9}
        travel = {"mode": WALK, "max_travel_time": limit}
        return len((await stores.FindNearestStores(near(*WEST_SHORE, travel=travel))).stores)

    assert [1, 0] == [await found(nanos + 1), await found(nanos - 2)]


async def test_stores_that_come_move_and_go_are_timed_as_they_are_now(stores):
    everywhere = scattered(260)
    await upsert(stores, everywhere)
    request = near(*INLAND, page_size=1000, travel={"mode": BIKE})
    await stores.FindNearestStores(request)

    few = [store(each.name[7:], *EAST_SHORE) for each in everywhere[:5]]
    await upsert(stores, few)
    await stores.DeleteStore(stores_pb2.DeleteStoreRequest(name=everywhere[9].name))
    now = [*few, *everywhere[5:9], *everywhere[10:]]
    assert approximately(brute(INLAND, now, Mode.BIKE)) == told(
        await stores.FindNearestStores(request)
    )

    many = [store(f"n-{number}", *EAST_SHORE) for number in range(210)]
    await upsert(stores, many)
    assert approximately(brute(INLAND, [*now, *many], Mode.BIKE)) == told(
        await stores.FindNearestStores(request)
    )


async def test_across_the_bay_the_nearest_shop_is_not_the_first(stores):
    await upsert(stores, [store("a-across", *EAST_SHORE), store("b-here", 60.1600, 24.9200)])

    plain = await stores.FindNearestStores(near(*WEST_SHORE))
    timed = await stores.FindNearestStores(near(*WEST_SHORE, travel={"mode": WALK}))

    assert ["stores/a-across", "stores/b-here"] == [hit.store.name for hit in plain.stores]
    assert ["stores/b-here", "stores/a-across"] == [hit.store.name for hit in timed.stores]


async def open_from(
    channel: grpc.aio.Channel, hours: dict[str, str]
) -> "stores_pb2_grpc.StoresServiceAsyncStub":
    """A client, with a store at `EAST_SHORE` for each text of hours."""
    stores = stores_pb2_grpc.StoresServiceStub(channel)
    await upsert(stores, [store(id, *EAST_SHORE) for id in hours])
    service = hours_pb2_grpc.HoursServiceStub(channel)
    for id, text in hours.items():
        await service.UpdateStoreHours(
            hours_pb2.UpdateStoreHoursRequest(
                store_hours={"name": f"stores/{id}/hours", "expression": text}
            )
        )
    return stores


@pytest.mark.parametrize("ranking", ["RANKING_TIME", "RANKING_DISTANCE"])
@pytest.mark.parametrize("origin", [WEST_SHORE, AT_SEA], ids=["by road", "estimate"])
async def test_only_what_is_open_on_arrival(channel, ranking, origin):
    [(seconds, _, _)] = brute(origin, [store("x", *EAST_SHORE)], Mode.WALK)
    departs = dt.datetime(2026, 11, 30, 6, 0, tzinfo=dt.UTC)  # 8:00 in Helsinki
    minute = math.ceil(seconds / 60)
    opens = (dt.datetime(2026, 11, 30, 8) + dt.timedelta(minutes=minute)).strftime("%H:%M")
    stores = await open_from(
        channel,
        {
            "m-closes-before": f"Mo 08:00-{opens[:2]}:00" if minute > 60 else "Mo 08:00-08:05",
            "m-opens-after": f"Mo {opens}-22:00",
            "m-open": "Mo 08:00-22:00",
            "m-unknown": 'Mo 08:00-22:00 unknown "ask"',
        },
    )
    travel = {
        "mode": WALK,
        "ranking": ranking,
        "open_on_arrival": True,
        "departure_time": {"seconds": int(departs.timestamp())},
    }

    response = await stores.FindNearestStores(near(*origin, travel=travel))
    travel["departure_time"] = {"seconds": int(departs.timestamp()) + 60}
    later = await stores.FindNearestStores(near(*origin, travel=travel))

    assert ["stores/m-open"] == [hit.store.name for hit in response.stores]
    assert ["stores/m-open", "stores/m-opens-after"] == [hit.store.name for hit in later.stores]


async def test_a_departure_at_the_end_of_time_finds_nothing_open(channel):
    stores = await open_from(channel, {"m-open": "24/7"})
    last = int(dt.datetime(9999, 12, 29, 23, 59, 59, tzinfo=dt.UTC).timestamp())
    travel = {"mode": WALK, "departure_time": {"seconds": last}}

    async def found(**fields: object) -> int:
        request = near(*WEST_SHORE, travel={**travel, **fields})
        return len((await stores.FindNearestStores(request)).stores)

    assert [1, 0] == [await found(), await found(open_on_arrival=True)]


@pytest.mark.parametrize(
    ("travel", "field"),
    [
        ({}, "travel.mode"),
        ({"mode": 7}, "travel.mode"),
        ({"mode": 1, "ranking": 9}, "travel.ranking"),
        ({"mode": 1, "max_travel_time": {}}, "travel.max_travel_time"),
        ({"mode": 1, "max_travel_time": {"seconds": 86401}}, "travel.max_travel_time"),
        ({"mode": 1, "max_travel_time": {"seconds": -5}}, "travel.max_travel_time"),
        ({"mode": 1, "departure_time": {"seconds": 253402128000}}, "travel.departure_time"),
        ({"mode": 1, "departure_time": {"nanos": -1}}, "travel.departure_time"),
    ],
)
async def test_a_travel_that_is_none_is_refused_by_name(shops, travel, field):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await shops.FindNearestStores(near(*INLAND, travel=travel))

    assert grpc.StatusCode.INVALID_ARGUMENT == caught.value.code()
    assert field in (caught.value.details() or "")


def waypoints(*points: tuple[float, float]) -> list[dict[str, object]]:
    return [
        {"point": {"latitude": latitude, "longitude": longitude}} for latitude, longitude in points
    ]


async def test_a_matrix_has_the_journeys_from_each_to_each(stores):
    everywhere = scattered(20)
    await upsert(stores, everywhere)
    origins = [WEST_SHORE, AT_SEA, EAST_SHORE]

    response = await stores.ComputeTravelTimes(
        stores_pb2.ComputeTravelTimesRequest(
            origins=waypoints(*origins),
            destinations=[stores_pb2.Waypoint(store=each.name) for each in everywhere],
            mode=DRIVE,
        )
    )

    for origin, row in zip(origins, response.origins, strict=True):
        expected = {name: rest for *rest, name in brute(origin, everywhere, Mode.DRIVE)}
        for each, journey in zip(everywhere, row.journeys, strict=True):
            seconds, is_estimate = expected[each.name]
            assert journey.travel_time.ToNanoseconds() / 1e9 == pytest.approx(seconds, abs=1e-6)
            assert is_estimate == journey.is_estimate
    assert toy().network.attribution == response.road_attribution


async def test_a_matrix_is_bounded_and_its_stores_exist(shops):
    many = stores_pb2.ComputeTravelTimesRequest(
        origins=waypoints(*[INLAND] * 100), destinations=waypoints(*[INLAND] * 101), mode=DRIVE
    )
    with pytest.raises(grpc.aio.AioRpcError, match="at most 10,000 pairs"):
        await shops.ComputeTravelTimes(many)
    unknown = stores_pb2.ComputeTravelTimesRequest(
        origins=waypoints(INLAND),
        destinations=[stores_pb2.Waypoint(store="stores/t-none")],
        mode=DRIVE,
    )
    with pytest.raises(grpc.aio.AioRpcError, match="t-none") as caught:
        await shops.ComputeTravelTimes(unknown)
    assert grpc.StatusCode.NOT_FOUND == caught.value.code()


def isochrone(origin: tuple[float, float], seconds: int, **fields: object) -> object:
    [center] = waypoints(origin)
    return stores_pb2.ComputeIsochroneRequest(
        center=center, mode=WALK, max_travel_time={"seconds": seconds}, **fields
    )


async def test_an_isochrone_has_the_cells_whose_centres_are_within_the_time(shops):
    response = await shops.ComputeIsochrone(isochrone(INLAND, 600, h3_resolution=9))

    around = h3.grid_disk(h3.latlng_to_cell(*INLAND, 9), 8)
    within = {
        cell for cell in around if toy().seconds(Mode.WALK, INLAND, h3.cell_to_latlng(cell)) <= 600
    }
    assert within
    assert sorted(within) == list(response.h3_cells)
    drawn = shape(json_format.MessageToDict(response.geo_json["geometry"]))
    assert isinstance(drawn, MultiPolygon)
    assert all(part.exterior.is_ccw for part in drawn.geoms)
    assert drawn.contains(shapely.Point(INLAND[::-1]))
    assert toy().network.attribution == response.geo_json["properties"]["attribution"]
    assert (False, toy().network.version) == (response.is_estimate, response.network_version)


async def test_without_roads_an_isochrone_is_a_circle_and_says_so(shops):
    response = await shops.ComputeIsochrone(isochrone(AT_SEA, 600, h3_resolution=9))

    radius_m = 600 * FALLBACK_SPEEDS[Mode.WALK]
    around = h3.grid_disk(h3.latlng_to_cell(*AT_SEA, 9), 12)
    off_m = {c: distance_m(Point(*AT_SEA), Point(*h3.cell_to_latlng(c))) for c in around}
    assert sorted(c for c in around if off_m[c] <= radius_m) == list(response.h3_cells)
    geometry = json_format.MessageToDict(response.geo_json["geometry"])
    assert shape(geometry).is_valid
    [[ring]] = geometry["coordinates"]
    for longitude, latitude in ring:
        assert radius_m == pytest.approx(
            distance_m(Point(*AT_SEA), Point(latitude, longitude)), abs=0.05
        )
    assert (True, "", "") == (
        response.is_estimate, response.network_version, response.road_attribution
    )  # fmt: skip


@pytest.mark.parametrize("origin", [AT_SEA, INLAND], ids=["a circle", "on the roads"])
@pytest.mark.parametrize("resolution", [6, 12])
async def test_cells_are_told_at_each_resolution_or_refused_as_too_many(shops, origin, resolution):
    request = isochrone(origin, 3600, h3_resolution=resolution)
    if resolution == 6:
        response = await shops.ComputeIsochrone(request)
        assert response.h3_cells or response.border_h3_cells
        return
    with pytest.raises(grpc.aio.AioRpcError, match="coarser") as caught:
        await shops.ComputeIsochrone(request)
    assert grpc.StatusCode.INVALID_ARGUMENT == caught.value.code()


@pytest.mark.parametrize("fields", [{"h3_resolution": 5}, {"h3_resolution": 13}, {"mode": 0}])
async def test_an_isochrone_is_bounded(shops, fields):
    request = isochrone(INLAND, 600)
    for name, value in fields.items():
        setattr(request, name, value)
    with pytest.raises(grpc.aio.AioRpcError, match=next(iter(fields))) as caught:
        await shops.ComputeIsochrone(request)
    assert grpc.StatusCode.INVALID_ARGUMENT == caught.value.code()


@pytest.mark.parametrize("seconds", [59, 3601])
async def test_the_time_of_an_isochrone_is_bounded(shops, seconds):
    with pytest.raises(grpc.aio.AioRpcError, match="max_travel_time") as caught:
        await shops.ComputeIsochrone(isochrone(INLAND, seconds))
    assert grpc.StatusCode.INVALID_ARGUMENT == caught.value.code()


async def test_along_a_route_stores_rank_by_the_way_there_and_back(stores):
    everywhere = scattered(80)
    await upsert(stores, everywhere)
    ends = [{"latitude": each[0], "longitude": each[1]} for each in (WEST_SHORE, INLAND)]
    route = {"path": {"points": ends}, "max_distance_m": 1500}

    plain = await stores.SearchStores(stores_pb2.SearchStoresRequest(route=route, page_size=100))
    request = stores_pb2.SearchStoresRequest(route={**route, "mode": BIKE}, page_size=7)
    found = []
    while True:
        page = await stores.SearchStores(request)
        found += page.matches
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    azimuth, _, _ = GEOD.inv(WEST_SHORE[1], WEST_SHORE[0], INLAND[1], INLAND[0])
    expected = []
    for match in plain.matches:
        longitude, latitude, _ = GEOD.fwd(
            WEST_SHORE[1], WEST_SHORE[0], azimuth, match.route_position_m
        )
        at = point_of(match.store)
        leave, there = (latitude, longitude), (at.latitude, at.longitude)
        seconds = toy().seconds(Mode.BIKE, leave, there) + toy().seconds(Mode.BIKE, there, leave)
        is_estimate = math.isinf(seconds)
        if is_estimate:
            seconds = 2 * match.distance_m / FALLBACK_SPEEDS[Mode.BIKE]
        expected.append((pytest.approx(seconds, abs=0.01), is_estimate, match.store.name))
    ranked = [
        (match.detour_time.ToNanoseconds() / 1e9, match.detour_is_estimate, match.store.name)
        for match in found
    ]
    assert len(ranked) > 20
    assert sorted(ranked) == ranked
    by_name = {name: rest for *rest, name in expected}
    assert by_name == {name: rest for *rest, name in ranked}
    assert [match.store.name for match in plain.matches] != [name for *_, name in ranked]


async def test_a_service_area_by_travel_time_is_decided_at_each_point(stores):
    limit_s = 420
    area = {"travel_area": {"mode": BIKE, "max_travel_time": {"seconds": limit_s}}}
    everywhere = [store(each.name[7:], *at(each), service_area=area) for each in scattered(24)]
    nowhere = store("z-nowhere", *AT_SEA, service_area=area)
    await upsert(stores, [*everywhere, nowhere, store("z-none", *INLAND)])
    served = 0

    for number in range(40):
        point = (60.152 + 0.0008 * number, 24.905 + 0.06 * math.modf(number * 0.618)[0])
        serves = {"point": {"latitude": point[0], "longitude": point[1]}}
        request = near(*point, page_size=50, store_filter={"serves": serves})
        found = {hit.store.name for hit in (await stores.FindNearestStores(request)).stores}
        assert found == {
            each.name for each in everywhere if toy().seconds(Mode.BIKE, at(each), point) <= limit_s
        }
        served += len(found)
    assert 40 < served < 40 * len(everywhere)


@pytest.mark.parametrize(
    ("mode", "seconds", "field"),
    [
        (BIKE, 59, "max_travel_time"),
        (BIKE, 3601, "max_travel_time"),
        (0, 60, "mode"),
        (9, 60, "mode"),
    ],
)
async def test_a_service_area_by_travel_time_is_checked(stores, mode, seconds, field):
    area = {"travel_area": {"mode": mode, "max_travel_time": {"seconds": seconds}}}

    answer = await upsert(stores, [store("a-one", *INLAND, service_area=area)])

    [rejected] = answer.rejected
    assert f"service_area.travel_area.{field}" in str(rejected)


def at(message: stores_pb2.Store) -> tuple[float, float]:
    return message.location.latitude, message.location.longitude
