"""The nearest shops of real cities, against pyproj over all of them."""

import h3
import pyproj
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.stores.v1 import stores_pb2
from enrayon.type.v1 import geometry_pb2
from tests.support.stores import KAMPPI, PARKING, SHOPS, WIFI, near, shop, upsert

GEOD = pyproj.Geod(ellps="WGS84")
PARIS = (48.8566, 2.3522)
DATE_LINE = (-16.0, 180.0)
NORTH_POLE = (90.0, 0.0)


def distance_m(origin: tuple[float, float], store: stores_pb2.Store) -> float:
    to = store.location
    distance: float = GEOD.inv(origin[1], origin[0], to.longitude, to.latitude)[2]
    return distance


def ids(response: stores_pb2.FindNearestStoresResponse) -> list[str]:
    return [hit.store.name.removeprefix("stores/t-") for hit in response.stores]


@pytest.mark.parametrize("origin", [KAMPPI, PARIS, DATE_LINE, NORTH_POLE, (-90.0, 12.0)])
async def test_order_and_distances_are_those_of_the_geodesics(shops, origin):
    ranked = sorted((distance_m(origin, store), store.name) for store in SHOPS)

    response = await shops.FindNearestStores(near(*origin, page_size=100))

    assert [name for _, name in ranked] == [hit.store.name for hit in response.stores]
    assert [distance for distance, _ in ranked] == pytest.approx(
        [hit.distance_m for hit in response.stores], abs=1e-6
    )


async def test_forum_is_the_nearest_to_kamppi_and_the_answer_has_the_whole_store(shops):
    response = await shops.FindNearestStores(near(*KAMPPI, page_size=1))

    [hit] = response.stores
    assert hit.store.display_name == "Forum"
    assert hit.store.time_zone == "Europe/Helsinki"
    assert hit.store.status == stores_pb2.STORE_STATUS_OPEN
    assert hit.store == await shops.GetStore(stores_pb2.GetStoreRequest(name="stores/t-forum"))


async def test_a_radius_includes_a_store_exactly_on_it(shops):
    to_sokos = distance_m(KAMPPI, SHOPS[2])

    exactly = await shops.FindNearestStores(near(*KAMPPI, radius_m=to_sokos))
    just_less = await shops.FindNearestStores(near(*KAMPPI, radius_m=to_sokos - 1e-6))

    assert ["forum", "sokos"] == ids(exactly)[:2]
    assert "sokos" not in ids(just_less)


async def test_shops_at_one_place_rank_by_name(stores):
    twins = [
        shop((f"t-{id}", "Twin", "", *KAMPPI, "FI", "Helsinki", "osm.twin"))
        for id in ("c", "a", "b")
    ]
    await upsert(stores, twins)

    assert ["a", "b", "c"] == ids(await stores.FindNearestStores(near(*KAMPPI)))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"brands": ["stockmann"]}, ["stockmann", "turku"]),
        ({"brands": ["LA ANONIMA"]}, ["ushuaia"]),
        ({"brands": ["Sokos", "Forum"]}, ["forum", "sokos"]),
        ({"region_codes": ["FR", "EE"]}, ["tallinn", "lafayette", "printemps"]),
        ({"attributes": [WIFI], "region_codes": ["FI"]}, ["forum", "sokos", "turku"]),
        ({"administrative_areas": ["uusimaa"]}, []),
        ({"names": ["stores/t-suva", "stores/t-none"]}, ["suva"]),
        ({"brands": ["Stockmann"], "region_codes": ["FR"]}, []),
    ],
)  # fmt: skip
async def test_a_store_must_meet_all_parts_of_a_filter(shops, wanted, expected):
    request = near(*KAMPPI, page_size=50, store_filter=stores_pb2.StoreFilter(**wanted))

    assert expected == ids(await shops.FindNearestStores(request))


async def test_the_pages_together_are_the_whole_answer(shops):
    whole = await shops.FindNearestStores(near(*PARIS, page_size=100))
    request, pages = near(*PARIS, page_size=4), []
    while True:
        page = await shops.FindNearestStores(request)
        pages.extend(page.stores)
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert list(whole.stores) == pages


async def test_a_search_from_a_place_text_starts_at_the_place(shops):
    request = stores_pb2.FindNearestStoresRequest(origin={"place": "Kamppi"}, page_size=2)

    response = await shops.FindNearestStores(request)

    assert "Kamppi" == response.origin_place.display_name
    centre = response.origin_place.location
    assert GEOD.inv(centre.longitude, centre.latitude, KAMPPI[1], KAMPPI[0])[2] < 1000
    assert ["forum", "sokos"] == ids(response)


async def test_an_h3_cell_stands_for_its_centre_with_an_uncertainty(shops):
    cell = h3.latlng_to_cell(*KAMPPI, 8)
    centre = h3.cell_to_latlng(cell)
    farthest = max(
        GEOD.inv(centre[1], centre[0], longitude, latitude)[2]
        for latitude, longitude in h3.cell_to_boundary(cell)
    )

    by_cell = await shops.FindNearestStores(
        stores_pb2.FindNearestStoresRequest(origin={"h3_cell": cell})
    )
    by_point = await shops.FindNearestStores(near(*centre))

    assert farthest == pytest.approx(by_cell.origin_uncertainty_m)
    assert list(by_point.stores) == list(by_cell.stores)


async def test_a_read_mask_leaves_only_its_fields(shops):
    mask = FieldMask(paths=["name", "address.locality"])

    response = await shops.FindNearestStores(near(*KAMPPI, page_size=1, read_mask=mask))

    [hit] = response.stores
    assert stores_pb2.Store(name="stores/t-forum", address={"locality": "Helsinki"}) == hit.store
    assert hit.distance_m > 0


async def test_closed_shops_are_found_only_by_status_and_private_ones_never(stores):
    kept = [stores_pb2.Store() for _ in range(4)]
    for copy, original in zip(kept, SHOPS, strict=False):
        copy.CopyFrom(original)
    kept[0].status = stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD
    kept[1].status = stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED
    kept[2].private = True
    await upsert(stores, kept)
    gone = stores_pb2.StoreFilter(statuses=[stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD])
    hidden = stores_pb2.StoreFilter(names=["stores/t-sokos"])

    assert ["forum", "itis"] == ids(await stores.FindNearestStores(near(*KAMPPI)))
    assert ["stockmann"] == ids(await stores.FindNearestStores(near(*KAMPPI, store_filter=gone)))
    assert [] == ids(await stores.FindNearestStores(near(*KAMPPI, store_filter=hidden)))


async def test_a_shop_without_a_position_matches_no_search_by_distance(stores):
    nowhere = stores_pb2.Store(name="stores/t-nowhere", display_name="Nowhere")
    await upsert(stores, [nowhere, SHOPS[0]])

    assert ["stockmann"] == ids(await stores.FindNearestStores(near(*KAMPPI)))
    listed = await stores.ListStores(stores_pb2.ListStoresRequest())
    assert ["stores/t-nowhere", "stores/t-stockmann"] == [store.name for store in listed.stores]


async def test_serving_a_place_is_independent_of_being_near(stores):
    far, nearby = stores_pb2.Store(), stores_pb2.Store()
    far.CopyFrom(SHOPS[7])  # in Paris
    far.service_area.postal_codes.append("00100")
    nearby.CopyFrom(SHOPS[1])
    nearby.service_area.radius_m = 10.0
    await upsert(stores, [far, nearby])

    by_postcode = stores_pb2.StoreFilter(serves={"postal_code": "001 00"})
    by_point = stores_pb2.StoreFilter(serves={"point": {"latitude": 60.1694, "longitude": 24.9381}})
    assert ["lafayette"] == ids(
        await stores.FindNearestStores(near(*KAMPPI, store_filter=by_postcode))
    )
    assert ["forum"] == ids(await stores.FindNearestStores(near(*KAMPPI, store_filter=by_point)))


async def test_many_origins_in_one_call_get_the_answers_of_each_alone(shops):
    origins = [KAMPPI, PARIS, DATE_LINE, NORTH_POLE]
    points = [{"latitude": latitude, "longitude": longitude} for latitude, longitude in origins]

    batch = await shops.BatchFindNearestStores(
        stores_pb2.BatchFindNearestStoresRequest(points=points, limit=5)
    )

    for origin, result in zip(origins, batch.results, strict=True):
        alone = await shops.FindNearestStores(near(*origin, page_size=5))
        named = [batch.stores[index] for index in result.store_indexes]
        assert [hit.store for hit in alone.stores] == named
        assert [hit.distance_m for hit in alone.stores] == pytest.approx(list(result.distances_m))


async def test_words_and_distance_are_asked_together_page_by_page(shops):
    words = ("Haussmann", "Stockmann")
    for query in words:
        named = [store for store in SHOPS if query in store.display_name]
        expected = [
            store.name for store in sorted(named, key=lambda store: distance_m(KAMPPI, store))
        ]
        found, token = [], ""
        while True:
            request = near(*KAMPPI, query=query, page_size=1, page_token=token)
            answer = await shops.FindNearestStores(request)
            found += [hit.store.name for hit in answer.stores]
            token = answer.next_page_token
            if not token:
                break
        assert expected == found


async def test_words_with_travel_find_the_same(shops):
    walk = {"mode": "TRAVEL_MODE_WALK", "ranking": "RANKING_DISTANCE"}
    answer = await shops.FindNearestStores(near(*KAMPPI, query="Stockmann", travel=walk))
    assert ["Stockmann", "Stockmann Turku"] == [hit.store.display_name for hit in answer.stores]


async def test_a_search_from_an_origin_ranks_by_distance_and_ends_with_stores_without_a_place(
    shops,
):
    nowhere = [
        stores_pb2.Store(name=f"stores/t-no-{number}", display_name=f"Stockmann Online {number}")
        for number in (1, 2)
    ]
    await upsert(shops, nowhere)
    origin = geometry_pb2.Origin(point={"latitude": 60.45, "longitude": 22.27})
    found, token, totals = [], "", set()
    while True:
        request = stores_pb2.SearchStoresRequest(
            query="stockmann", origin=origin, page_size=1, page_token=token
        )
        answer = await shops.SearchStores(request)
        found += [(match.store.name, match.HasField("distance_m")) for match in answer.matches]
        totals.add(answer.total_size)
        token = answer.next_page_token
        if not token:
            break
    located = [("stores/t-turku", True), ("stores/t-stockmann", True)]
    assert [*located, ("stores/t-no-1", False), ("stores/t-no-2", False)] == found
    assert {4} == totals


async def test_any_of_some_attributes_is_enough(shops):
    wanted = stores_pb2.StoreFilter(any_attributes=[PARKING, "osm.shop.none"])
    answer = await shops.FindNearestStores(near(*KAMPPI, store_filter=wanted, page_size=100))
    assert {store.name for store in SHOPS if PARKING in store.attributes} == {
        hit.store.name for hit in answer.stores
    }
