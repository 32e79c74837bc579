"""Stock policies: changed in part by a mask, and by several callers at once."""

import asyncio
from typing import Any

import grpc

from enrayon.stock.v1 import stock_pb2
from tests.support.refusals import refusal
from tests.support.stock import FORUM, KAMPPI, STOCKMANN, basket, state

NAME = f"{STOCKMANN}/stockPolicy"


async def changed(stock: Any, *paths: str, **fields: Any) -> Any:
    policy = stock_pb2.StockPolicy(name=fields.pop("name", NAME), **fields)
    request = stock_pb2.UpdateStockPolicyRequest(stock_policy=policy)
    request.update_mask.paths.extend(paths)
    return await stock.UpdateStockPolicy(request)


async def kept(stock: Any) -> Any:
    return await stock.GetStockPolicy(stock_pb2.GetStockPolicyRequest(name=NAME))


async def test_a_mask_changes_the_fields_it_names_and_no_mask_those_that_are_set(stock):
    await changed(stock, min_quantity=2, max_quantity=10, limited_up_to=5)
    await changed(stock, "max_quantity", min_quantity=9, max_quantity=20)
    by_mask = await kept(stock)
    await changed(stock, "*", limited_up_to=1)
    replaced = await kept(stock)

    assert (2, 20, 5) == (by_mask.min_quantity, by_mask.max_quantity, by_mask.limited_up_to)
    assert (1, 0, 1) == (replaced.min_quantity, replaced.max_quantity, replaced.limited_up_to)


async def test_a_mask_with_an_unknown_field_is_refused_and_changes_nothing(stock):
    before = await kept(stock)

    code, _, fields = await refusal(changed(stock, "price", min_quantity=2))

    assert (grpc.StatusCode.INVALID_ARGUMENT, ["update_mask"]) == (code, fields)
    assert before == await kept(stock)


async def test_concurrent_changes_are_all_kept(stock):
    await asyncio.gather(
        changed(stock, "min_quantity", min_quantity=2),
        changed(stock, "max_quantity", max_quantity=30),
        changed(stock, "limited_up_to", limited_up_to=7),
        changed(stock, "cutoff_minute", cutoff_minute=960),
    )
    policy = await kept(stock)

    assert (2, 30, 7, 960) == (
        policy.min_quantity,
        policy.max_quantity,
        policy.limited_up_to,
        policy.cutoff_minute,
    )


async def test_a_store_with_curbside_pick_up_is_found_behind_a_nearer_one_without(stock):
    await state(stock, FORUM, milk=5)
    await state(stock, STOCKMANN, milk=5)
    await changed(stock, pickup_methods=[stock_pb2.PICKUP_METHOD_CURBSIDE])

    answer = await stock.FindPickupOptions(
        stock_pb2.FindPickupOptionsRequest(
            items=basket(milk=1),
            origin=KAMPPI,
            method=stock_pb2.PICKUP_METHOD_CURBSIDE,
            max_results=1,
        )
    )

    assert [STOCKMANN] == [option.store for option in answer.options]
