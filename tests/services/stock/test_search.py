"""Where a basket is to be had: in its quantities, near, open, in two round trips at most."""

import datetime as dt
from typing import Any

import grpc
import pytest

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.chassis.database.cluster import Cluster
from services.stock.model.partitions import partition_of
from tests.services.stock.goods import (
    BREAD,
    FORUM,
    ITIS,
    KAMPPI,
    MILK,
    SELLO,
    SHEARS,
    SOKOS,
    STOCKMANN,
    basket,
    hold,
    refusal,
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


async def test_the_nearest_with_the_whole_basket_come_first_and_short_ones_are_explained(stock):
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


async def test_what_is_on_hold_is_not_there(stock):
    await state(stock, FORUM, milk=2)
    await state(stock, STOCKMANN, milk=2)
    await hold(stock, FORUM, milk=1)

    assert [STOCKMANN] == names(await found(stock, {"milk": 2}))


async def test_partial_stores_come_after_whole_ones_by_how_much_they_have(stock):
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
    for n, shop in enumerate(crowd):  # all have some; only the farthest ones enough
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


async def counted(database: Any) -> int:
    """How many scripts the store has run."""
    masters: list[dict[str, Any]] = [{}]
    if isinstance(database, Cluster):
        masters = [{"target_nodes": node} for node in database.get_primaries()]
    told = [await database.info("commandstats", **node) for node in masters]
    return sum(
        facts["calls"]
        for statistics in told
        for name, facts in statistics.items()
        if name.startswith("cmdstat_evalsha")
    )


async def test_two_round_trips_counted_where_they_are_made(stock, parts, monkeypatch):
    from services.stock.state.levels import Levels

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


async def test_without_redis_every_level_is_unknown_and_stores_still_answer(
    stock, channel, monkeypatch
):
    from services.stock.state.levels import Levels, LevelsUnreachable

    await state(stock, FORUM, milk=5)

    async def unreachable(*_: object) -> None:
        raise LevelsUnreachable

    monkeypatch.setattr(Levels, "read", unreachable)
    answer = await found(stock, {"milk": 1})
    levels = await stock.GetStockLevels(
        stock_pb2.GetStockLevelsRequest(store=FORUM, products=[MILK])
    )
    stores = await stores_pb2_grpc.StoresServiceStub(channel).GetStore(
        stores_pb2.GetStoreRequest(name=FORUM)
    )

    assert (["stock"], ["stock"], FORUM) == (
        list(answer.unreachable),
        list(levels.unreachable),
        stores.name,
    )
    assert [] == names(answer)
    assert stock_pb2.STOCK_BAND_UNKNOWN == levels.levels[0].band


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


async def test_unmet_demand_is_counted_by_cell_and_never_by_place(stock, database):
    for _ in range(3):
        await found(stock, {"shears": 2})

    answer = await stock.ListUnmetDemand(stock_pb2.ListUnmetDemandRequest())

    assert [(SHEARS, 3, 6)] == [
        (d.product, d.search_count, d.requested_quantity) for d in answer.demands
    ]
    assert "85" == answer.demands[0].h3_cell[:2]  # resolution 5
    for key in await database.keys("{demand}*"):
        assert b"24.93" not in b"".join(await database.hkeys(key))


async def test_products_are_found_by_word_barcode_and_department(stock):
    async def search(**options: object) -> list[str]:
        answer = await stock.SearchProducts(stock_pb2.SearchProductsRequest(**options))
        return [product.name for product in answer.products]

    assert [MILK] == await search(query="maito")
    assert [BREAD] == await search(query="ruisleipa")
    assert [SHEARS] == await search(query="shears green")
    assert [MILK] == await search(gtin="06408430000012")
    assert [SHEARS] == await search(department="garden")
    assert [BREAD, MILK, SHEARS] == await search()


async def test_a_wrong_barcode_is_rejected_and_the_others_are_taken(stock):
    request = stock_pb2.UpsertProductsRequest(
        products=[
            stock_pb2.Product(name="products/a", display_name="A", gtins=["6408430000013"]),
            stock_pb2.Product(name="products/b", display_name="B"),
        ]
    )

    answer = await stock.UpsertProducts(iter([request]))

    assert (1, 1) == (answer.created_count, answer.rejected_count)
    assert (0, "gtins[0]") == (answer.rejected[0].index, answer.rejected[0].field)


async def test_stores_with_a_product_and_groups_are_summed(stock):
    await state(stock, FORUM, milk=1)
    await state(stock, STOCKMANN, milk=4)
    await state(stock, SOKOS, milk=0)
    group = stock_pb2.StockGroup(name="stockGroups/centre", stores=[FORUM, STOCKMANN, FORUM])
    await stock.UpdateStockGroup(stock_pb2.UpdateStockGroupRequest(stock_group=group))

    listed = await stock.ListStoresWithStock(
        stock_pb2.ListStoresWithStockRequest(product=MILK, min_quantity=1)
    )
    summed = await stock.BatchGetStockLevels(
        stock_pb2.BatchGetStockLevelsRequest(group="stockGroups/centre", products=[MILK])
    )

    assert [(FORUM, 1), (STOCKMANN, 4)] == [(lv.store, lv.available) for lv in listed.levels]
    assert [("stockGroups/centre", 5)] == [(lv.store, lv.on_hand) for lv in summed.levels]


@pytest.mark.parametrize("units", [{"unheard": 1}, {"milk": 0}, {}])
async def test_a_basket_that_is_none_is_refused(stock, units):
    code, _, _ = await refusal(found(stock, units))

    expected = CODE.NOT_FOUND if "unheard" in units else CODE.INVALID_ARGUMENT
    assert expected == code
