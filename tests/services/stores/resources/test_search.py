"""Stores are found by text, in an area and along a route, and counted by cell."""

import grpc
import h3
import pyproj
import pytest

from enrayon.stores.v1 import stores_pb2
from tests.support.stores import KAMPPI, ROWS, SHOPS, shop, upsert

GEOD = pyproj.Geod(ellps="WGS84")


def latlngs(*corners: tuple[float, float]) -> list[dict[str, float]]:
    return [{"latitude": latitude, "longitude": longitude} for latitude, longitude in corners]


def viewport(south: float, west: float, north: float, east: float) -> dict[str, object]:
    low, high = latlngs((south, west), (north, east))
    return {"low": low, "high": high}


def ids(response: stores_pb2.SearchStoresResponse) -> list[str]:
    return [match.store.name.removeprefix("stores/t-") for match in response.matches]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("stockmann", {"stockmann", "turku"}),
        ("STOCK turku", {"turku"}),
        ("la anonima", {"ushuaia"}),
        ("haussmann", {"lafayette", "printemps"}),
        ("helsinki", {"stockmann", "forum", "sokos", "itis"}),
        ("nothing of that name", set()),
    ],
)
async def test_each_word_begins_a_word_of_the_store(shops, query, expected):
    response = await shops.SearchStores(stores_pb2.SearchStoresRequest(query=query))

    assert expected == set(ids(response))
    assert len(expected) == response.total_size


async def test_a_match_in_the_name_ranks_before_one_in_the_address(stores):
    named = shop(("t-name", "Turku Books", "", *KAMPPI, "FI", "Helsinki", "osm.x"))
    placed = shop(("t-address", "Aaa Books", "", *KAMPPI, "FI", "Turku", "osm.x"))
    await upsert(stores, [placed, named])

    response = await stores.SearchStores(stores_pb2.SearchStoresRequest(query="turku"))

    assert ["name", "address"] == ids(response)


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        (viewport(60.16, 24.9, 60.18, 24.95), ["forum", "sokos", "stockmann"]),
        (viewport(-20, 170, -10, -170), ["apia", "suva"]),  # over the antimeridian
        (viewport(-90, -180, 90, 180), sorted(row[0][2:] for row in ROWS)),
        (viewport(0, 0, 1, 1), []),
    ],
)
async def test_a_viewport_finds_the_stores_on_the_screen(shops, area, expected):
    request = stores_pb2.SearchStoresRequest(viewport=area)

    assert expected == ids(await shops.SearchStores(request))


async def test_a_polygon_finds_no_store_in_its_hole(shops):
    outer = latlngs((60.1, 24.7), (60.1, 25.2), (60.3, 25.2), (60.3, 24.7))
    centre = latlngs((60.16, 24.9), (60.16, 24.96), (60.18, 24.96), (60.18, 24.9))
    request = stores_pb2.SearchStoresRequest(
        polygon={"rings": [{"points": outer}, {"points": centre}]}
    )

    assert ["itis", "sello"] == ids(await shops.SearchStores(request))


async def test_a_store_must_meet_query_area_and_filter(shops):
    request = stores_pb2.SearchStoresRequest(
        query="helsinki",
        viewport=viewport(60.16, 24.9, 60.18, 24.95),
        store_filter=stores_pb2.StoreFilter(brands=["Forum", "Itis"]),
    )

    assert ["forum"] == ids(await shops.SearchStores(request))


async def test_stores_along_a_route_are_in_its_order(shops):
    start, middle, end = (60.2180, 24.8000), (60.1699, 24.9384), (60.2108, 25.0900)
    request = stores_pb2.SearchStoresRequest(
        route={"path": {"points": latlngs(start, middle, end)}, "max_distance_m": 1500}
    )

    response = await shops.SearchStores(request)

    path = sampled(start, middle) + sampled(middle, end)
    expected = []
    for store in SHOPS:
        to = store.location
        off_m = [GEOD.inv(lng, lat, to.longitude, to.latitude)[2] for lat, lng in path]
        if min(off_m) <= 1500:
            expected.append((off_m.index(min(off_m)), store.name[9:], min(off_m)))
    expected.sort()
    assert [id for _, id, _ in expected] == ids(response)
    assert {"sello", "forum", "itis"} < set(ids(response))
    for match, (_, _, off_m) in zip(response.matches, expected, strict=True):
        assert off_m == pytest.approx(match.distance_m, abs=1.0)
        assert match.detour_m == pytest.approx(2 * match.distance_m)


def circle(latitude: float, longitude: float, radius_m: float) -> dict[str, object]:
    return {"center": {"latitude": latitude, "longitude": longitude}, "radius_m": radius_m}


async def test_a_circle_has_the_stores_within_the_geodesic_nearest_first(shops):
    latitude, longitude = KAMPPI
    distances = {
        row[0][2:]: GEOD.inv(longitude, latitude, row[4], row[3])[2]
        for row in ROWS
        if GEOD.inv(longitude, latitude, row[4], row[3])[2] < 1_000_000
    }
    for radius_m in [0, *distances.values(), 1_000_000]:
        request = stores_pb2.SearchStoresRequest(
            circle=circle(*KAMPPI, min(radius_m + 1e-6, 1_000_000))
        )
        answer = await shops.SearchStores(request)
        inside = [id for id, metres in distances.items() if metres <= radius_m]

        assert sorted(inside, key=distances.__getitem__) == ids(answer)
        assert [distances[id] for id in ids(answer)] == pytest.approx(
            [match.distance_m for match in answer.matches]
        )


async def test_a_query_finds_every_store_of_a_circle(shops):
    request = stores_pb2.SearchStoresRequest(query="stockmann", circle=circle(*KAMPPI, 10_000))

    assert ["stockmann"] == ids(await shops.SearchStores(request))


async def test_a_circle_needs_its_radius(shops):
    request = stores_pb2.SearchStoresRequest(circle={"center": {"latitude": 60, "longitude": 24}})

    with pytest.raises(grpc.aio.AioRpcError, match="radius_m"):
        await shops.SearchStores(request)


def sampled(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """Points every few metres of a geodesic."""
    points = GEOD.npts(start[1], start[0], end[1], end[0], 4000)
    return [(lat, lng) for lng, lat in points]


async def test_search_pages_together_are_the_whole(shops):
    await same_pages(
        shops, sorted(row[0][2:] for row in ROWS), viewport=viewport(-90, -180, 90, 180)
    )


async def test_pages_of_a_circle_together_are_the_whole(shops):
    near = {"circle": circle(*KAMPPI, 300_000)}
    whole = ids(await shops.SearchStores(stores_pb2.SearchStoresRequest(**near)))

    assert len(whole) > 5
    await same_pages(shops, whole, **near)


async def same_pages(shops, whole: list[str], **area: object) -> None:
    request = stores_pb2.SearchStoresRequest(page_size=2, **area)
    found: list[str] = []
    while True:
        page = await shops.SearchStores(request)
        found += ids(page)
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert whole == found


async def test_a_better_match_added_between_two_pages_repeats_no_other(stores):
    named = [shop((f"t-{n}", f"{n} Books", "", *KAMPPI, "FI", "Helsinki", "osm.x")) for n in "abcd"]
    await upsert(stores, named)
    request = stores_pb2.SearchStoresRequest(query="books", page_size=2)
    first = await stores.SearchStores(request)
    await upsert(stores, [shop(("t-best", "Books", "", *KAMPPI, "FI", "Helsinki", "osm.x"))])
    request.page_token = first.next_page_token
    second = await stores.SearchStores(request)

    assert ["a", "b", "c", "d"] == sorted(id for page in (first, second) for id in ids(page))


@pytest.mark.parametrize("resolution", [0, 3, 7, 10])
async def test_counts_are_those_of_h3(shops, resolution):
    response = await shops.CountStores(stores_pb2.CountStoresRequest(h3_resolution=resolution))

    counts: dict[str, int] = {}
    for store in SHOPS:
        cell = h3.latlng_to_cell(store.location.latitude, store.location.longitude, resolution)
        counts[cell] = counts.get(cell, 0) + 1
    assert counts == {cell.h3_cell: cell.count for cell in response.cells}
    assert len(SHOPS) == response.total_size
    for cell in response.cells:
        if cell.count == 1:
            assert cell.h3_cell == h3.latlng_to_cell(
                cell.centroid.latitude, cell.centroid.longitude, resolution
            )


async def test_counts_follow_a_shop_that_moves(shops):
    paris = stores_pb2.CountStoresRequest(h3_resolution=5, viewport=viewport(48, 2, 49, 3))
    before = await shops.CountStores(paris)
    await shops.UpdateStore(
        stores_pb2.UpdateStoreRequest(
            store=stores_pb2.Store(name="stores/t-itis", location=latlngs((48.87, 2.33))[0])
        )
    )

    assert (2, 3) == (before.total_size, (await shops.CountStores(paris)).total_size)


async def test_the_beginning_of_a_name_suggests_places_and_shops(shops):
    response = await shops.SuggestPlaces(stores_pb2.SuggestPlacesRequest(query="kampp", limit=4))
    by_name = await shops.SuggestPlaces(stores_pb2.SuggestPlacesRequest(query="Stockm", limit=4))

    assert "Kamppi" in [suggestion.place.display_name for suggestion in response.suggestions]
    assert "Stockmann" in [suggestion.store.display_name for suggestion in by_name.suggestions]
    assert len(response.suggestions) <= 4


async def test_a_service_area_that_crosses_itself_is_refused(stores):
    bow_tie = latlngs((60.0, 24.0), (61.0, 25.0), (61.0, 24.0), (60.0, 25.0))
    store = stores_pb2.Store()
    store.CopyFrom(SHOPS[0])
    store.service_area.polygons.add(rings=[{"points": bow_tie}])

    answer = await upsert(stores, [store])

    assert ["service_area.polygons"] == [rejected.field for rejected in answer.rejected]
