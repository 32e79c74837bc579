"""Availability: whole baskets, near, open, in two round trips at most."""

import datetime as dt
from typing import Any

import grpc
import pytest

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.database.cluster import Cluster
from services.stock.model.partitions import partition_of
from services.stock.state.levels import Levels, LevelsUnreachable
from tests.support.refusals import refusal
from tests.support.stock import (
    BREAD,
    FORUM,
    ITIS,
    KAMPPI,
    MILK,
    SELLO,
    SOKOS,
    STOCKMANN,
    basket,
    hold,
    state,
)
from tests.support.stores import SHOPS, upsert

CODE = grpc.StatusCode
Reason = stock_pb2.LeftOutStore.Reason


async def found(stock: Any, units: dict[str, int], **options: object) -> Any:
    options.setdefault("radius_m", 20_000)
    return await stock.FindNearestAvailability(
        stock_pb2.FindNearestAvailabilityRequest(items=basket(**units), origin=KAMPPI, **options)
    )


def names(answer: Any) -> list[str]:
    return [store.store for store in answer.stores]


async def test_the_nearest_with_the_whole_basket_come_first_and_others_are_left_out_with_a_reason(
    stock,
):
    await state(stock, FORUM, milk=1, bread=9)
    await state(stock, STOCKMANN, milk=5, bread=9)
    await state(stock, SOKOS, milk=9)
    await state(stock, ITIS, milk=50, bread=50)

    answer = await found(stock, {"milk": 2, "bread": 1})

    assert [STOCKMANN, ITIS] == names(answer)
    assert [(2, 2, 5), (1, 1, 9)] == [
        (line.requested_quantity, line.offered_quantity, line.level.available)
        for line in answer.stores[0].lines
    ]
    left_out = {entry.store: (entry.reason, entry.product) for entry in answer.left_out}
    assert (Reason.REASON_NOT_ENOUGH, MILK) == left_out[FORUM]
    assert (Reason.REASON_STOCK_UNKNOWN, BREAD) == left_out[SOKOS]


async def test_units_on_hold_are_not_available(stock):
    await state(stock, FORUM, milk=2)
    await state(stock, STOCKMANN, milk=2)
    await hold(stock, FORUM, milk=1)

    assert [STOCKMANN] == names(await found(stock, {"milk": 2}))


async def test_partial_stores_come_after_complete_ones_by_their_units(stock):
    await state(stock, FORUM, milk=1)
    await state(stock, STOCKMANN, milk=2, bread=1)
    await state(stock, ITIS, milk=4, bread=2)

    without = await found(stock, {"milk": 4, "bread": 2})
    partial = await found(stock, {"milk": 4, "bread": 2}, allow_partial=True)

    assert [ITIS] == names(without)
    assert [ITIS, STOCKMANN, FORUM] == names(partial)
    assert [1, 3 / 6, 1 / 6] == [store.coverage for store in partial.stores]
    assert [True, False, False] == [store.complete for store in partial.stores]


async def test_a_split_takes_the_fewest_stores(stock):
    await state(stock, FORUM, milk=3)
    await state(stock, STOCKMANN, bread=1)
    await state(stock, SOKOS, bread=1, milk=2)
    await state(stock, SELLO, bread=2)

    answer = await found(stock, {"milk": 3, "bread": 2}, allow_split=True)

    assert [FORUM, SELLO] == [store.store for store in answer.split.stores]
    assert answer.split.fewest
    assert [3, 2] == [
        sum(line.offered_quantity for line in store.lines) for store in answer.split.stores
    ]


async def test_services_and_opening_hours_narrow_the_search(stock, channel):
    shops = {shop.name: shop for shop in SHOPS}
    shops[FORUM].opening_hours_text = "Mo-Su 10:00-18:00"
    shops[STOCKMANN].opening_hours_text = "24/7"
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), [shops[FORUM], shops[STOCKMANN]])
    for store in (FORUM, STOCKMANN, SOKOS):
        await state(stock, store, milk=5)
    night = dt.datetime(2026, 11, 23, 22, 0, tzinfo=dt.UTC)
    noon = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)

    at_night = await found(stock, {"milk": 1}, open_at=night)
    at_noon = await found(stock, {"milk": 1}, open_at=noon)
    with_wifi = await found(stock, {"milk": 1}, services=["dev.ucp.amenity.wifi"])

    assert [STOCKMANN] == names(at_night)
    assert {FORUM, STOCKMANN} == set(names(at_noon))
    assert {FORUM, SOKOS} == set(names(with_wifi))
    reasons = {entry.store: entry.reason for entry in at_night.left_out}
    assert (Reason.REASON_NOT_OPEN, Reason.REASON_NOT_OPEN) == (reasons[FORUM], reasons[SOKOS])
    shops[FORUM].opening_hours_text = shops[STOCKMANN].opening_hours_text = ""


async def test_a_search_makes_two_round_trips_at_the_most(stock, channel, database):
    crowd = [
        stores_pb2.Store(
            name=f"stores/t-crowd{n:03}",
            display_name=f"Crowd {n}",
            location={"latitude": 60.0 + n / 1000, "longitude": 24.9},
        )
        for n in range(150)
    ]
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), crowd)
    for n, shop in enumerate(crowd):  # all have some units, only the farthest have enough
        await state(stock, shop.name, milk=1 if n > 20 else 9)
    commands = await counted(database)
    asked: list[int] = []
    for options in ({}, {"allow_partial": True}, {"allow_split": True}):
        answer = await found(stock, {"milk": 5}, radius_m=100_000, **options)
        now = await counted(database)
        asked.append(now - commands)
        commands = now
        assert 10 == len(answer.stores)

    # One script reads so few stores on one server, on a cluster those of one partition.
    partitions = {partition_of(shop.name.removeprefix("stores/")) for shop in crowd}
    scripts = len(partitions) if isinstance(database, Cluster) else 1
    assert 1 <= min(asked)
    assert 2 * scripts >= max(asked)


async def counted(database: Any, command: str = "evalsha") -> int:
    """Commands of a kind, scripts if none is named, that the database has run."""
    masters: list[dict[str, Any]] = [{}]
    if isinstance(database, Cluster):
        masters = [{"target_nodes": node} for node in database.get_primaries()]
    told = [await database.info("commandstats", **node) for node in masters]
    return sum(
        facts["calls"]
        for statistics in told
        for name, facts in statistics.items()
        if name.startswith(f"cmdstat_{command}")
    )


async def test_two_round_trips_counted_where_they_are_made(stock, parts, monkeypatch):
    trips: list[int] = []
    read = Levels.read

    async def counting(self: Levels, stores: Any, skus: Any, now_ms: int | None = None) -> Any:
        trips.append(len(list(stores)))
        return await read(self, stores, skus, now_ms)

    for store in (FORUM, STOCKMANN, SOKOS, ITIS, SELLO):
        await state(stock, store, milk=1)
    monkeypatch.setattr(Levels, "read", counting)
    await found(stock, {"milk": 2}, allow_partial=True, allow_split=True)

    assert 1 <= len(trips) <= 2


async def test_without_the_database_the_answer_names_stock_as_unreachable(stock, monkeypatch):
    await state(stock, FORUM, milk=5)

    async def unreachable(*_: object) -> None:
        raise LevelsUnreachable

    monkeypatch.setattr(Levels, "read", unreachable)
    answer = await found(stock, {"milk": 1})

    assert ["stock"] == list(answer.unreachable)
    assert [] == names(answer)


async def test_a_new_source_that_states_a_level_as_it_is_is_named(stock):
    await state(stock, FORUM, source="erp", milk=5)
    await state(stock, FORUM, source="wms", milk=5)  # no movement, so the ledger has no entry of it

    [store] = (await found(stock, {"milk": 1})).stores

    assert ["wms"] == [line.level.source for line in store.lines]


@pytest.mark.parametrize("units", [{"unheard": 1}, {"milk": 0}, {}])
async def test_a_basket_of_nothing_or_of_an_unknown_product_is_refused(stock, units):
    code, _, _ = await refusal(found(stock, units))

    expected = CODE.NOT_FOUND if "unheard" in units else CODE.INVALID_ARGUMENT
    assert expected == code
