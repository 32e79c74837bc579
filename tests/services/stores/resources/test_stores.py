"""Stores are created, changed and deleted, one by one and in bulk."""

from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.stores.v1 import stores_pb2
from tests.support.stores import SHOPS, upsert

NAME = "stores/t-stockmann"


def copy_of(store: stores_pb2.Store, **changes: object) -> stores_pb2.Store:
    result = stores_pb2.Store()
    result.CopyFrom(store)
    result.MergeFrom(stores_pb2.Store(**changes))
    return result


async def get(stores: Any, name: str = NAME) -> Any:
    return await stores.GetStore(stores_pb2.GetStoreRequest(name=name))


async def test_importing_twice_creates_once(stores):
    first = await upsert(stores, SHOPS)
    kept = await get(stores)
    second = await upsert(stores, SHOPS)

    assert (len(SHOPS), 0) == (first.created_count, first.unchanged_count)
    assert (0, 0, len(SHOPS)) == (
        second.created_count,
        second.changed_count,
        second.unchanged_count,
    )
    assert kept == await get(stores)


async def test_a_change_of_one_shop_is_counted_and_changes_its_etag(stores):
    await upsert(stores, SHOPS)
    before = await get(stores)

    answer = await upsert(stores, [copy_of(SHOPS[0], phones=["+358 9 1211"]), *SHOPS[1:]])

    after = await get(stores)
    assert (1, len(SHOPS) - 1) == (answer.changed_count, answer.unchanged_count)
    assert ["+358 9 1211"] == list(after.phones)
    assert before.etag != after.etag
    assert before.update_time.ToDatetime() <= after.update_time.ToDatetime()


async def test_bad_shops_are_rejected_and_the_others_stored(stores):
    off_the_earth = copy_of(SHOPS[1])
    off_the_earth.location.latitude = 91
    nowhere = copy_of(SHOPS[2], time_zone="Europe/Atlantis")
    nameless = stores_pb2.Store(name="stores/t-nameless")

    answer = await upsert(stores, [SHOPS[0], off_the_earth, nowhere, nameless, SHOPS[0]])

    assert (1, 4) == (answer.created_count, answer.rejected_count)
    assert [
        (1, "stores/t-forum", "location"),
        (2, "stores/t-sokos", "time_zone"),
        (3, "stores/t-nameless", "display_name"),
        (4, NAME, "name"),
    ] == [(r.index, r.name, r.field) for r in answer.rejected]
    assert [NAME] == [
        s.name for s in (await stores.ListStores(stores_pb2.ListStoresRequest())).stores
    ]


async def test_replacing_removes_only_missing_stores_of_the_source(stores):
    other = copy_of(SHOPS[3])
    other.name = "stores/other-1"
    await upsert(stores, [*SHOPS[:3], other])

    answer = await upsert(stores, SHOPS[:2], source="t", replace=True)

    listed = await stores.ListStores(stores_pb2.ListStoresRequest())
    assert 1 == answer.removed_count
    assert ["stores/other-1", "stores/t-forum", NAME] == [store.name for store in listed.stores]


async def test_replacing_keeps_a_shop_whose_row_is_rejected(stores):
    await upsert(stores, SHOPS[:2])
    broken = copy_of(SHOPS[1])
    broken.location.longitude = 500

    answer = await upsert(stores, [SHOPS[0], broken], source="t", replace=True)

    assert (1, 0) == (answer.rejected_count, answer.removed_count)
    assert SHOPS[1].location == (await get(stores, "stores/t-forum")).location


async def test_a_dry_run_counts_and_changes_nothing(stores):
    await upsert(stores, SHOPS[:2])

    answer = await upsert(
        stores,
        [copy_of(SHOPS[1], brand="X"), SHOPS[2]],
        source="t",
        replace=True,
        validate_only=True,
    )

    assert (1, 1, 1) == (answer.created_count, answer.changed_count, answer.removed_count)
    listed = await stores.ListStores(stores_pb2.ListStoresRequest())
    assert ["stores/t-forum", NAME] == [store.name for store in listed.stores]
    assert "Forum" == listed.stores[0].brand


async def test_an_update_changes_only_the_fields_of_its_mask(shops):
    change = stores_pb2.Store(name=NAME, display_name="Stocka", brand="ignored")

    answer = await shops.UpdateStore(
        stores_pb2.UpdateStoreRequest(store=change, update_mask=FieldMask(paths=["display_name"]))
    )

    assert ("Stocka", "Stockmann") == (answer.display_name, answer.brand)
    assert answer == await get(shops)


async def test_an_update_can_clear_a_field_and_replace_a_list(shops):
    change = stores_pb2.Store(name=NAME, attributes=["osm.b", "osm.a"])
    mask = FieldMask(paths=["brand", "attributes"])

    answer = await shops.UpdateStore(stores_pb2.UpdateStoreRequest(store=change, update_mask=mask))

    assert ("", ["osm.a", "osm.b"]) == (answer.brand, list(answer.attributes))
    assert "Stockmann" == answer.display_name


async def test_an_update_moves_the_shop_in_the_index(shops):
    change = stores_pb2.Store(name=NAME, location={"latitude": 48.8736, "longitude": 2.3300})
    await shops.UpdateStore(stores_pb2.UpdateStoreRequest(store=change))

    near_opera = {"point": {"latitude": 48.8736, "longitude": 2.3300}}
    response = await shops.FindNearestStores(
        stores_pb2.FindNearestStoresRequest(origin=near_opera, page_size=1)
    )

    assert NAME == response.stores[0].store.name
    assert 0 == response.stores[0].distance_m


async def test_an_old_etag_is_aborted_and_changes_nothing(shops):
    old = await get(shops)
    await shops.UpdateStore(
        stores_pb2.UpdateStoreRequest(store=stores_pb2.Store(name=NAME, brand="New"))
    )

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await shops.UpdateStore(
            stores_pb2.UpdateStoreRequest(
                store=stores_pb2.Store(name=NAME, brand="Late", etag=old.etag)
            )
        )
    with pytest.raises(grpc.aio.AioRpcError) as deletion:
        await shops.DeleteStore(stores_pb2.DeleteStoreRequest(name=NAME, etag=old.etag))

    assert grpc.StatusCode.ABORTED == failure.value.code() == deletion.value.code()
    assert "New" == (await get(shops)).brand


async def test_an_update_of_a_missing_store_creates_it_only_with_allow_missing(shops):
    new = stores_pb2.Store(name="stores/t-new", display_name="New")

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await shops.UpdateStore(stores_pb2.UpdateStoreRequest(store=new))
    answer = await shops.UpdateStore(stores_pb2.UpdateStoreRequest(store=new, allow_missing=True))

    assert grpc.StatusCode.NOT_FOUND == failure.value.code()
    assert answer == await get(shops, "stores/t-new")


async def test_validate_only_gives_the_answer_and_changes_nothing(shops):
    change = stores_pb2.Store(name=NAME, brand="Perhaps")

    answer = await shops.UpdateStore(
        stores_pb2.UpdateStoreRequest(store=change, validate_only=True)
    )

    assert "Perhaps" == answer.brand
    assert "Stockmann" == (await get(shops)).brand


async def test_a_deleted_shop_is_gone_everywhere(shops):
    await shops.DeleteStore(stores_pb2.DeleteStoreRequest(name=NAME))

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await get(shops)
    with pytest.raises(grpc.aio.AioRpcError) as again:
        await shops.DeleteStore(stores_pb2.DeleteStoreRequest(name=NAME))
    await shops.DeleteStore(stores_pb2.DeleteStoreRequest(name=NAME, allow_missing=True))
    batch = await shops.BatchGetStores(
        stores_pb2.BatchGetStoresRequest(names=["stores/t-forum", NAME, "stores/t-forum"])
    )

    assert grpc.StatusCode.NOT_FOUND == failure.value.code() == again.value.code()
    assert ["stores/t-forum"] == [store.name for store in batch.stores]
    assert [NAME] == list(batch.not_found)


async def test_a_private_store_is_in_no_public_answer(stores):
    await upsert(stores, [copy_of(SHOPS[0], private=True)])

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await get(stores)
    listed = await stores.ListStores(stores_pb2.ListStoresRequest())
    batch = await stores.BatchGetStores(stores_pb2.BatchGetStoresRequest(names=[NAME]))
    found = await stores.SearchStores(stores_pb2.SearchStoresRequest(query="stockmann"))

    assert grpc.StatusCode.NOT_FOUND == failure.value.code()
    assert ([], [NAME], []) == (list(listed.stores), list(batch.not_found), list(found.matches))


async def test_lists_come_in_pages_by_name_with_a_filter(shops):
    request = stores_pb2.ListStoresRequest(
        page_size=2, store_filter=stores_pb2.StoreFilter(region_codes=["FI"])
    )
    names: list[str] = []
    while True:
        page = await shops.ListStores(request)
        names.extend(store.name for store in page.stores)
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    expected = sorted(store.name for store in SHOPS if store.address.region_code == "FI")
    assert expected == names
    assert len(expected) == page.total_size


async def test_a_store_is_found_by_its_ids_in_other_systems_also_when_closed(stores):
    ids = {"gln": "6414890000016", "osm": "node/60", "place_id": "ChIJ:x"}
    closed = stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD
    there = copy_of(SHOPS[0], external_ids=ids, status=closed)
    unplaced = copy_of(SHOPS[1], external_ids={"gln": "6414890000023"})
    unplaced.ClearField("location")
    await upsert(stores, [there, unplaced, *SHOPS[2:]])

    async def names(*wanted: str) -> list[str]:
        request = stores_pb2.ListStoresRequest(store_filter={"external_ids": wanted}, page_size=1)
        found: list[str] = []
        while not found or request.page_token:
            page = await stores.ListStores(request)
            found += [store.name for store in page.stores]
            request.page_token = page.next_page_token
            if not page.stores:
                break
        return found

    for scheme, id in ids.items():
        assert [there.name] == await names(f"{scheme}:{id}")
    assert sorted([there.name, unplaced.name]) == await names(
        "gln:6414890000016", "gln:6414890000023"
    )
    assert [] == await names("gln:node/60", "osm:6414890000016")
    with pytest.raises(grpc.aio.AioRpcError, match="external_ids"):
        await names("6414890000016")


async def test_dates_of_opening_and_closing_exist_and_follow_each_other(stores):
    opening, closing = {"year": 2027, "month": 3, "day": 1}, {"year": 2027, "month": 2, "day": 28}
    faults = {
        "closing_date": [{"closing_date": {"year": 2027, "month": 2, "day": 30}}],
        "opening_date": [{"opening_date": {"year": 2027}}],
        "must not be before": [{"opening_date": opening, "closing_date": closing}],
    }
    for text, cases in faults.items():
        for fields in cases:
            answer = await upsert(stores, [copy_of(SHOPS[0], **fields)])
            assert text in f"{answer.rejected[0].field} {answer.rejected[0].description}"
    good = await upsert(stores, [copy_of(SHOPS[0], closing_date=opening)])
    assert 1 == good.created_count
