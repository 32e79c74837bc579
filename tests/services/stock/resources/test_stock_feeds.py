"""Rows of feeds: checked as the contract says, wrong ones named, the others applied."""

from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrayon.stock.v1 import stock_pb2
from services.chassis.serving.requests import violations_of
from services.stock.resources.stock_feeds import violation
from tests.support.stock import MILK, STOCKMANN, available, hold, state

AROUND_LIMITS = st.sampled_from(
    [-(2**31), -1_000_001, -1_000_000, -1, 0, 1, 65_535, 65_536, 1_000_000, 1_000_001]
)
DAYS = st.sampled_from([(2026, 12, 24), (2020, 1, 1), (2199, 6, 6)])


@given(
    product=st.sampled_from(["products/milk", "milk", ""]),
    on_hand=AROUND_LIMITS,
    safety=AROUND_LIMITS,
    sell=st.integers(0, 5),
    futures=st.integers(0, 22),
    units=AROUND_LIMITS,
    day=DAYS,
)
def test_a_row_is_taken_when_the_contract_allows_it(
    product, on_hand, safety, sell, futures, units, day
):
    year, month, of_month = day
    row = stock_pb2.StockLevelInput(
        product=product,
        on_hand=on_hand,
        safety_stock=safety,
        futures=[
            stock_pb2.FutureStock(
                date={"year": year, "month": month, "day": of_month}, quantity=units
            )
            for _ in range(futures)
        ],
    )
    row.sell_policy = sell

    assert (not violations_of(row)) == (violation(row) is None)


async def test_wrong_rows_are_named_and_the_others_are_applied(stock):
    row = stock_pb2.StockLevelInput
    rows = [
        row(product="products/milk", on_hand=5),
        row(product="products/bread", on_hand=-1_000_001),
        row(product="milk", on_hand=5),
        row(product="products/unheard", on_hand=5),
        row(product="products/milk", on_hand=6),
        row(
            product="products/shears",
            on_hand=1,
            futures=[stock_pb2.FutureStock(date={"year": 2026, "month": 2, "day": 30})],
        ),
    ]
    request = stock_pb2.SetStockLevelsRequest(
        store=STOCKMANN, source="erp", sequence=1, levels=rows
    )

    answer = await stock.SetStockLevels(iter([request]))

    assert (1, 5) == (answer.applied_count, answer.rejected_count)
    assert [
        (1, "on_hand"),
        (2, "product"),
        (3, "product"),
        (4, "product"),
        (5, "futures.date"),
    ] == [(item.index, item.field) for item in answer.rejected]
    assert 5 == await available(stock, STOCKMANN)


async def test_a_row_whose_level_has_too_many_sources_is_named_by_its_index(stock):
    for number in range(16):
        await state(stock, STOCKMANN, source=f"till-{number}", milk=1)
    levels = [
        [stock_pb2.StockLevelInput(product="products/bread", on_hand=1)],
        [
            stock_pb2.StockLevelInput(product="products/shears", on_hand=1),
            stock_pb2.StockLevelInput(product="products/milk", on_hand=1),
        ],
    ]
    requests = [
        stock_pb2.SetStockLevelsRequest(store=STOCKMANN, source="till-x", sequence=1, levels=some)
        for some in levels
    ]

    answer = await stock.SetStockLevels(iter(requests))

    assert (2, 1) == (answer.applied_count, answer.rejected_count)
    assert [(2, "products/milk", "source")] == [
        (item.index, item.name, item.field) for item in answer.rejected
    ]


async def level_of(stock: Any, product: str = MILK) -> Any:
    answer = await stock.GetStockLevels(
        stock_pb2.GetStockLevelsRequest(store=STOCKMANN, products=[product])
    )
    return answer.levels[0]


async def set_level(stock: Any, sequence: int, **level: Any) -> Any:
    row = stock_pb2.StockLevelInput(product=MILK, **level)
    request = stock_pb2.SetStockLevelsRequest(
        store=STOCKMANN, source="erp", sequence=sequence, levels=[row]
    )
    return await stock.SetStockLevels(iter([request]))


async def test_a_negative_level_is_kept_and_nothing_is_available(stock):
    await state(stock, STOCKMANN, milk=12)
    answer = await set_level(stock, 2, on_hand=-3)

    assert (1, 0) == (answer.applied_count, answer.rejected_count)
    level = await level_of(stock)
    assert (-3, 0, stock_pb2.STOCK_BAND_OUT_OF_STOCK) == (
        level.on_hand,
        level.available,
        level.band,
    )
    with pytest.raises(grpc.aio.AioRpcError, match="has fewer units of products/milk"):
        await hold(stock, STOCKMANN, milk=1)
    movements = await moves(stock)
    assert [(12, 12), (-15, -3)] == [(move.on_hand_change, move.on_hand) for move in movements]
    assert 0 == (await stock.ReconcileStock(stock_pb2.ReconcileStockRequest())).drift_count


async def test_a_level_that_its_source_does_not_know_is_unknown_until_it_does(stock):
    await state(stock, STOCKMANN, milk=12)
    answer = await set_level(stock, 2, unknown=True)

    assert (1, 0) == (answer.applied_count, answer.rejected_count)
    level = await level_of(stock)
    assert stock_pb2.STOCK_BAND_UNKNOWN == level.band
    assert not level.HasField("available")
    with pytest.raises(grpc.aio.AioRpcError, match="is unknown or too old"):
        await hold(stock, STOCKMANN, milk=1)
    # A sale by a till does not tell how many were there.
    delta = stock_pb2.StockDelta(product=MILK, delta=-1)
    await stock.AdjustStock(
        stock_pb2.AdjustStockRequest(store=STOCKMANN, source="till-1", sequence=1, deltas=[delta])
    )
    assert stock_pb2.STOCK_BAND_UNKNOWN == (await level_of(stock)).band
    await set_level(stock, 3, on_hand=11)
    assert 11 == await available(stock, STOCKMANN)
    assert 0 == (await stock.ReconcileStock(stock_pb2.ReconcileStockRequest())).drift_count


async def test_a_level_that_was_never_stated_may_be_unknown_too(stock):
    await set_level(stock, 1, unknown=True)
    assert stock_pb2.STOCK_BAND_UNKNOWN == (await level_of(stock)).band


async def moves(stock: Any) -> Any:
    pages = stock.ExportStockMovements(stock_pb2.ExportStockMovementsRequest(store=STOCKMANN))
    return [move async for page in pages for move in page.movements]
