"""Stock groups: stores counted once, summed, deleted when they are empty."""

from typing import Any

import grpc

from enrayon.stock.v1 import stock_pb2
from tests.support.refusals import refusal
from tests.support.stock import FORUM, MILK, STOCKMANN, state

CENTRE = "stockGroups/centre"


async def put(stock: Any, *stores: str) -> Any:
    group = stock_pb2.StockGroup(name=CENTRE, stores=stores)
    return await stock.UpdateStockGroup(stock_pb2.UpdateStockGroupRequest(stock_group=group))


def kept(stock: Any) -> Any:
    return stock.GetStockGroup(stock_pb2.GetStockGroupRequest(name=CENTRE))


async def test_a_group_has_each_store_once_and_reads_as_the_sum_of_their_levels(stock):
    await state(stock, FORUM, milk=1)
    await state(stock, STOCKMANN, milk=4)

    made = await put(stock, STOCKMANN, FORUM, STOCKMANN)
    summed = await stock.BatchGetStockLevels(
        stock_pb2.BatchGetStockLevelsRequest(group=CENTRE, products=[MILK])
    )

    assert [FORUM, STOCKMANN] == list(made.stores)
    assert made == await kept(stock)
    assert [(CENTRE, 5)] == [(level.store, level.on_hand) for level in summed.levels]


async def test_a_group_is_replaced_and_an_empty_one_is_deleted(stock):
    await put(stock, FORUM)
    await put(stock, STOCKMANN)
    replaced = await kept(stock)
    await put(stock)
    await put(stock)  # once more: it is gone already

    assert [STOCKMANN] == list(replaced.stores)
    assert (grpc.StatusCode.NOT_FOUND, "GROUP_NOT_FOUND", []) == await refusal(kept(stock))


async def test_a_group_of_a_store_that_does_not_exist_is_refused_and_changes_nothing(stock):
    await put(stock, FORUM)

    code, reason, _ = await refusal(put(stock, FORUM, "stores/t-nowhere"))

    assert (grpc.StatusCode.NOT_FOUND, "STORE_NOT_FOUND") == (code, reason)
    assert [FORUM] == list((await kept(stock)).stores)
