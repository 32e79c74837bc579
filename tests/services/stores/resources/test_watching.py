"""Watchers see each change, resume after it, and see it through their filter."""

import grpc
import pytest

from enrayon.stores.v1 import stores_pb2
from tests.support.stores import SHOPS, upsert

CREATED, CHANGED, DELETED = 1, 2, 3
NAME = "stores/t-stockmann"


def seen(response: stores_pb2.WatchStoresResponse) -> tuple[int, str, list[str]]:
    return response.change_type, response.store.name, list(response.changed_fields.paths)


async def rename(stores, brand: str) -> None:
    store = stores_pb2.Store(name=NAME, brand=brand)
    await stores.UpdateStore(stores_pb2.UpdateStoreRequest(store=store))


async def test_a_watcher_sees_each_change_and_what_it_changed(stores):
    watch = stores.WatchStores(stores_pb2.WatchStoresRequest())
    start = await watch.read()
    await upsert(stores, SHOPS[:1])
    await rename(stores, "Stocka")
    await stores.DeleteStore(stores_pb2.DeleteStoreRequest(name=NAME))

    assert (0, "", []) == seen(start)
    assert (CREATED, NAME, []) == seen(await watch.read())
    assert (CHANGED, NAME, ["brand"]) == seen(await watch.read())
    assert (DELETED, NAME, []) == seen(await watch.read())
    watch.cancel()


async def test_a_watcher_resumes_where_it_stopped(stores):
    first = stores.WatchStores(stores_pb2.WatchStoresRequest())
    await first.read()
    await upsert(stores, SHOPS[:1])
    token = (await first.read()).resume_token
    first.cancel()
    await rename(stores, "Stocka")
    await stores.DeleteStore(stores_pb2.DeleteStoreRequest(name="stores/t-x", allow_missing=True))
    await upsert(stores, SHOPS[1:2])

    second = stores.WatchStores(stores_pb2.WatchStoresRequest(resume_token=token))
    await second.read()
    assert [(CHANGED, NAME), (CREATED, "stores/t-forum")] == [
        seen(await second.read())[:2],
        seen(await second.read())[:2],
    ]
    await rename(stores, "Stockmann")
    assert (CHANGED, NAME, ["brand"]) == seen(await second.read())
    second.cancel()


async def test_a_store_that_leaves_the_filter_is_deleted_for_its_watcher(shops):
    wanted = stores_pb2.StoreFilter(brands=["Stockmann"])
    watch = shops.WatchStores(stores_pb2.WatchStoresRequest(store_filter=wanted))
    await watch.read()
    await upsert(shops, SHOPS[:2])
    await rename(shops, "Forum")
    await rename(shops, "Stockmann")

    assert (DELETED, NAME) == seen(await watch.read())[:2]
    assert (CREATED, NAME) == seen(await watch.read())[:2]
    watch.cancel()


async def test_a_token_older_than_the_kept_changes_is_out_of_range(stores, database):
    watch = stores.WatchStores(stores_pb2.WatchStoresRequest())
    old = (await watch.read()).resume_token
    watch.cancel()
    await upsert(stores, SHOPS)
    await database.xtrim("{stores}:changes", maxlen=2, approximate=False)

    late = stores.WatchStores(stores_pb2.WatchStoresRequest(resume_token=old))
    await late.read()
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await late.read()
    assert grpc.StatusCode.OUT_OF_RANGE == failure.value.code()
