"""Unmet demand is counted by coarse cell, never by place."""

from enrayon.stock.v1 import stock_pb2
from tests.support.stock import KAMPPI, SHEARS, basket


async def test_unmet_demand_is_counted_by_cell_and_never_by_place(stock, database):
    for _ in range(3):
        await stock.FindNearestAvailability(
            stock_pb2.FindNearestAvailabilityRequest(items=basket(shears=2), origin=KAMPPI)
        )

    answer = await stock.ListUnmetDemand(stock_pb2.ListUnmetDemandRequest())

    assert [(SHEARS, 3, 6)] == [
        (d.product, d.search_count, d.requested_quantity) for d in answer.demands
    ]
    assert "85" == answer.demands[0].h3_cell[:2]  # resolution 5
    for key in await database.keys("{demand}*"):
        assert b"24.93" not in b"".join(await database.hkeys(key))
