"""Unmet demand is counted by coarse cell, never by place, and is bounded."""

import asyncio
import datetime as dt
import math
import random

from enrayon.stock.v1 import stock_pb2
from geodata.points import Point
from services.stock.state.demand import Demand, key_of
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


async def test_row_54_searches_from_all_over_the_world_keep_nothing(stock, database, figure):
    spread = random.Random(54)
    searched = 0
    for _ in range(20):
        calls = []
        for _ in range(50):
            latitude = math.degrees(math.asin(spread.uniform(-1, 1)))
            origin = {"point": {"latitude": latitude, "longitude": spread.uniform(-180, 180)}}
            request = stock_pb2.FindNearestAvailabilityRequest(
                items=basket(shears=1, milk=1, bread=1), origin=origin
            )
            calls.append(stock.FindNearestAvailability(request))
        searched += len(await asyncio.gather(*calls))
    answer = await stock.ListUnmetDemand(stock_pb2.ListUnmetDemandRequest(page_size=1000))
    size = sum([await database.memory_usage(key) async for key in database.scan_iter("{demand}*")])

    figure(
        54,
        f"{searched} searches from random places of the world: {len(answer.demands)} pairs kept,"
        f" {size} bytes of the database",
    )
    assert 1000 == searched
    assert 15 > len(answer.demands), "of the places within 50 km of a shop alone"
    assert 20_000 > size


async def test_a_day_keeps_so_many_pairs_and_the_sums_of_all_others(database):
    demand = Demand(database, most=3)
    day = dt.date(2026, 11, 30)
    for _ in range(2):
        for number in range(10):
            demand.note(day, f"sku-{number}", Point(60.0, 25.0), 2)
        await demand.flush()

    found = {unmet.sku: (unmet.searches, unmet.units) for unmet in await demand.of_day(day)}
    assert dict.fromkeys(["sku-0", "sku-1", "sku-2"], (2, 4)) | {"": (14, 28)} == found
    assert 8 == await database.hlen(key_of(day))
    assert 0 < await database.ttl(key_of(day)) <= 100 * 86_400


async def test_pages_go_on_by_day_product_and_cell(stock, database):
    demand = Demand(database)
    today = dt.datetime.now(dt.UTC).date()
    days = [today - dt.timedelta(days=number) for number in range(3)]
    for day in days:
        for number in range(4):
            demand.note(day, f"sku-{number}", Point(60.0, 25.0), 1)
    await demand.flush()
    first = {"year": days[-1].year, "month": days[-1].month, "day": days[-1].day}
    last = {"year": today.year, "month": today.month, "day": today.day}
    request = stock_pb2.ListUnmetDemandRequest(first_date=first, last_date=last, page_size=5)
    told = []
    while True:
        page = await stock.ListUnmetDemand(request)
        told += [(each.date.day, each.product) for each in page.demands]
        request.page_token = page.next_page_token
        if not request.page_token:
            break
    wanted = [(day.day, f"products/sku-{number}") for day in days[::-1] for number in range(4)]
    assert wanted == told
