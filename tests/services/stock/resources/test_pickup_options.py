"""Pick-up options: ready within opening hours, or brought from another store."""

import datetime as dt

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2_grpc
from tests.support.stock import FORUM, KAMPPI, STOCKMANN, basket, state
from tests.support.stores import SHOPS, upsert


async def test_pick_up_is_ready_within_opening_hours_or_comes_from_another_store(stock, channel):
    shops = {shop.name: shop for shop in SHOPS}
    shops[STOCKMANN].opening_hours_text = "24/7"
    shops[FORUM].opening_hours_text = "24/7"
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), [shops[STOCKMANN], shops[FORUM]])
    await state(stock, STOCKMANN, milk=5)
    await state(stock, FORUM, milk=1)
    for store, transfer_s in ((STOCKMANN, None), (FORUM, 7200)):
        policy = stock_pb2.StockPolicy(
            name=f"{store}/stockPolicy",
            preparation_time={"seconds": 1800},
            pickup_methods=[stock_pb2.PICKUP_METHOD_IN_STORE, stock_pb2.PICKUP_METHOD_LOCKER],
            transfer_time={"seconds": transfer_s} if transfer_s else None,
        )
        await stock.UpdateStockPolicy(stock_pb2.UpdateStockPolicyRequest(stock_policy=policy))
    began = dt.datetime.now(dt.UTC)

    answer = await stock.FindPickupOptions(
        stock_pb2.FindPickupOptionsRequest(items=basket(milk=2), origin=KAMPPI)
    )

    options = {option.store: option for option in answer.options}
    ready = options[STOCKMANN].ready_by.ToDatetime(dt.UTC) - began
    brought = options[FORUM].ready_by.ToDatetime(dt.UTC) - began
    assert dt.timedelta(minutes=29) < ready < dt.timedelta(minutes=32)
    assert dt.timedelta(minutes=149) < brought < dt.timedelta(minutes=152)
    assert ("", STOCKMANN) == (options[STOCKMANN].transfer_from, options[FORUM].transfer_from)
    assert [1, 3] == list(options[STOCKMANN].methods)
    shops[FORUM].opening_hours_text = shops[STOCKMANN].opening_hours_text = ""
