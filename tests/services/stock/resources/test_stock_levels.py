"""Stock levels as callers read them: of stores, of groups, and without the database."""

import grpc

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.stock.state.levels import Levels, LevelsUnreachable
from tests.support.refusals import refusal
from tests.support.stock import BREAD, FORUM, MILK, SOKOS, STOCKMANN, state


async def test_stores_with_a_product_are_listed_with_their_levels(stock):
    await state(stock, FORUM, milk=1)
    await state(stock, STOCKMANN, milk=4, bread=2)
    await state(stock, SOKOS, milk=0)

    listed = await stock.ListStoresWithStock(stock_pb2.ListStoresWithStockRequest(product=MILK))
    several = await stock.ListStoresWithStock(
        stock_pb2.ListStoresWithStockRequest(product=MILK, min_quantity=2)
    )
    with_bread = await stock.ListStoresWithStock(
        stock_pb2.ListStoresWithStockRequest(product=MILK, other_products=[BREAD])
    )

    assert [(STOCKMANN, MILK)] == [(lv.store, lv.product) for lv in with_bread.levels]
    assert [(FORUM, 1), (STOCKMANN, 4)] == [(lv.store, lv.available) for lv in listed.levels]
    assert [(STOCKMANN, 4)] == [(lv.store, lv.available) for lv in several.levels]


async def test_without_the_database_levels_are_unknown_and_a_list_of_them_is_unavailable(
    stock, channel, monkeypatch
):
    await state(stock, FORUM, milk=5)

    async def unreachable(*_: object) -> None:
        raise LevelsUnreachable

    monkeypatch.setattr(Levels, "read", unreachable)
    levels = await stock.GetStockLevels(
        stock_pb2.GetStockLevelsRequest(store=FORUM, products=[MILK])
    )
    stores = await stores_pb2_grpc.StoresServiceStub(channel).GetStore(
        stores_pb2.GetStoreRequest(name=FORUM)
    )
    code, reason, _ = await refusal(
        stock.ListStockLevels(stock_pb2.ListStockLevelsRequest(parent=FORUM))
    )

    assert (["stock"], FORUM) == (list(levels.unreachable), stores.name)
    assert stock_pb2.STOCK_BAND_UNKNOWN == levels.levels[0].band
    assert (grpc.StatusCode.UNAVAILABLE, "DATABASE_UNAVAILABLE") == (code, reason)


async def test_a_new_source_that_states_a_level_as_it_is_is_named(stock):
    await state(stock, FORUM, source="erp", milk=5)
    await state(stock, FORUM, source="wms", milk=5)  # no movement, so the ledger has no entry of it

    levels = await stock.GetStockLevels(
        stock_pb2.GetStockLevelsRequest(store=FORUM, products=[MILK])
    )

    assert ["wms"] == [level.source for level in levels.levels]
