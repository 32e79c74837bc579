"""Exported movements: all of them, each with its change and its cause."""

import datetime as dt
from typing import Any

from enrayon.stock.v1 import stock_pb2
from tests.support.stock import BREAD, FORUM, MILK, STOCKMANN, basket, hold, state

Kind = stock_pb2.StockMovement


async def exported(stock: Any, **options: object) -> list[stock_pb2.StockMovement]:
    request = stock_pb2.ExportStockMovementsRequest(**options)
    return [m async for page in stock.ExportStockMovements(request) for m in page.movements]


async def test_movements_add_up_to_the_levels(stock):
    await state(stock, STOCKMANN, milk=5, bread=3)
    made = await hold(stock, STOCKMANN, milk=3)
    await stock.CollectReservation(
        stock_pb2.CollectReservationRequest(name=made.name, items=basket(milk=2), release_rest=True)
    )
    sale = stock_pb2.StockDelta(product=BREAD, delta=-1)
    await stock.AdjustStock(
        stock_pb2.AdjustStockRequest(store=STOCKMANN, source="till-1", sequence=1, deltas=[sale])
    )

    movements = await exported(stock)

    assert [
        (MILK, Kind.KIND_STATED, "erp", "", 5, 0, 5, 0),
        (MILK, Kind.KIND_HELD, "", made.name, 0, 3, 5, 3),
        (MILK, Kind.KIND_HANDED_OVER, "", made.name, -2, -2, 3, 1),
        (MILK, Kind.KIND_RELEASED, "", made.name, 0, -1, 3, 0),
    ] == [
        (
            m.product,
            m.kind,
            m.source,
            m.reservation,
            m.on_hand_change,
            m.reserved_change,
            m.on_hand,
            m.reserved,
        )
        for m in movements
        if m.product == MILK
    ]
    assert [("erp", 3), ("till-1", 2)] == [
        (m.source, m.on_hand) for m in movements if m.product == BREAD
    ]
    assert [1, 2, 3, 4] == [m.level_version for m in movements if m.product == MILK]


async def test_an_export_can_be_of_one_store_and_from_an_instant_on(stock):
    await state(stock, STOCKMANN, milk=5)
    await state(stock, FORUM, milk=1)
    [first] = await exported(stock, store=FORUM)
    later = first.create_time.ToDatetime(dt.UTC) + dt.timedelta(seconds=1)

    assert {STOCKMANN, FORUM} == {m.store for m in await exported(stock)}
    assert [first] == await exported(stock, store=FORUM, start_time=first.create_time)
    assert [] == await exported(stock, start_time=later)
