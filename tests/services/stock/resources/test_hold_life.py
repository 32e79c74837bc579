"""A hold lasts by the shop's day: to the end of pick-up, or two opening hours after it is ready."""

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import pytest

from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.database.cluster import Cluster
from services.stock.state.policies import Policies
from tests.services.stock.resources.test_availability import counted
from tests.support.hosting import hosted
from tests.support.stock import FORUM, KAMPPI, PRODUCTS, STOCKMANN, basket, state
from tests.support.stores import SHOPS, upsert

HELSINKI = ZoneInfo("Europe/Helsinki")
Kind = stock_pb2.Notice.Kind
NIGHT = dt.datetime(2026, 11, 30, 2, 45, tzinfo=HELSINKI)
"""A Monday, a quarter to three."""
HOUR = 3600


class Shop:
    """The stock service at a fixed time, and acts at Stockmann in few words."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.stock: Any = stock_pb2_grpc.StockServiceStub(channel)

    async def open(self, expression: str, store: str = STOCKMANN) -> None:
        hours = hours_pb2.StoreHours(name=f"{store}/hours", expression=expression)
        update = hours_pb2.UpdateStoreHoursRequest(store_hours=hours)
        await hours_pb2_grpc.HoursServiceStub(self.channel).UpdateStoreHours(update)

    async def rule(self, store: str = STOCKMANN, **fields: Any) -> None:
        policy = stock_pb2.StockPolicy(name=f"{store}/stockPolicy", **fields)
        await self.stock.UpdateStockPolicy(stock_pb2.UpdateStockPolicyRequest(stock_policy=policy))

    async def hold(self, store: str = STOCKMANN, ttl_s: int = 0, **fields: Any) -> Any:
        request = stock_pb2.CreateReservationRequest(parent=store, items=basket(milk=1), **fields)
        if ttl_s:
            request.ttl.FromSeconds(ttl_s)
        return await self.stock.CreateReservation(request)


@pytest.fixture
async def shop(parts: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """Stockmann and Forum with milk, on Monday at 2:45."""
    monkeypatch.setenv("ENRAYON_STOCK_FRESHNESS_S", "31536000")
    now = NIGHT.astimezone(dt.UTC)
    async with hosted(dataclasses.replace(parts, clock=lambda: now)) as channel:
        made = Shop(channel)
        await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
        await made.stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
        for store in (STOCKMANN, FORUM):
            await state(made.stock, store, milk=500)
        yield made


def life_s(hold: Any) -> int:
    ms: int = hold.expire_time.ToMilliseconds() - hold.create_time.ToMilliseconds()
    return round(ms / 1000)


def after_night_s(moment: Any) -> float:
    since: dt.timedelta = moment.ToDatetime(dt.UTC) - NIGHT
    return since.total_seconds()


def kinds(hold: Any) -> list[str]:
    return [Kind.Name(notice.kind).removeprefix("KIND_") for notice in hold.notices]


async def test_a_hold_of_the_night_can_be_fetched_the_next_day(shop):
    await shop.open("Mo-Sa 07:00-21:00")
    hold = await shop.hold()
    found = await shop.stock.FindPickupOptions(
        stock_pb2.FindPickupOptionsRequest(items=basket(milk=1), origin=KAMPPI)
    )
    [option] = [option for option in found.options if option.store == STOCKMANN]

    # It opens at 7:00, needs an hour, and keeps the goods for a day.
    assert 5.25 * HOUR == after_night_s(hold.ready_by)
    assert 29.25 * HOUR == after_night_s(hold.pickup_by)
    assert (option.ready_by, option.pickup_by) == (hold.ready_by, hold.pickup_by)
    assert 29.25 * HOUR == life_s(hold)
    assert [] == kinds(hold)
    assert hold == await shop.stock.GetReservation(stock_pb2.GetReservationRequest(name=hold.name))


@pytest.mark.parametrize(
    ("rules", "life_h"),
    [
        # Ready at 8:00 and kept for a minute: two opening hours later it is 10:00.
        ({"keep_time": {"seconds": 60}}, 7.25),
        ({"keep_time": {"seconds": 60}, "hold_open_time": {"seconds": 4 * HOUR}}, 9.25),
        ({"keep_time": {"seconds": 60}, "hold_open_time": {"seconds": 0}}, 5.25 + 1 / 60),
        # Ready at 20:30: half an hour of Monday is left, and an hour and a half of Tuesday.
        (
            {"keep_time": {"seconds": 60}, "preparation_time": {"seconds": int(13.5 * HOUR)}},
            29.75,
        ),
    ],
)
async def test_it_lasts_two_opening_hours_after_it_is_ready_or_as_the_policy_says(
    shop, rules, life_h
):
    await shop.open("Mo-Sa 07:00-21:00")
    await shop.rule(**rules)
    assert life_h * HOUR == life_s(await shop.hold())


@pytest.mark.parametrize("expression", ["", "off", '"by appointment"', "2027 Jan-Dec 07:00-21:00"])
async def test_without_a_known_opening_it_lasts_for_the_default(shop, expression):
    if expression:
        await shop.open(expression)
    hold = await shop.hold()
    assert 2 * HOUR == life_s(hold)
    assert (["ENDS_BEFORE_READY", "SHORTENED"][:1] if "2027" in expression else []) == kinds(hold)
    assert hold.HasField("ready_by") is ("2027" in expression)


async def test_a_given_life_that_ends_before_the_goods_are_ready_is_told_and_extending_ends_that(
    shop,
):
    await shop.open("Mo-Sa 07:00-21:00")
    short = await shop.hold(ttl_s=2 * HOUR)
    extend = stock_pb2.ExtendReservationRequest(name=short.name)
    extend.ttl.FromSeconds(3 * HOUR)
    still = await shop.stock.ExtendReservation(extend)
    extend.ttl.FromSeconds(9 * HOUR)
    enough = await shop.stock.ExtendReservation(extend)

    assert 2 * HOUR == life_s(short)
    assert ["ENDS_BEFORE_READY"] == kinds(short) == kinds(still)
    assert [] == kinds(enough)
    assert short.notices[0].text
    assert short.notices[0].create_time == short.create_time


async def test_it_lasts_no_longer_than_the_caller_may_hold_and_says_so(parts, monkeypatch):
    monkeypatch.setenv("ENRAYON_STOCK_FRESHNESS_S", "31536000")
    monkeypatch.setenv("ENRAYON_HOLD_MAX_TTL_S", str(4 * HOUR))
    now = NIGHT.astimezone(dt.UTC)
    async with hosted(dataclasses.replace(parts, clock=lambda: now)) as channel:
        shop = Shop(channel)
        await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
        await shop.stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
        await state(shop.stock, STOCKMANN, milk=5)
        await shop.open("Mo-Sa 07:00-21:00")
        hold = await shop.hold()
    assert 4 * HOUR == life_s(hold)
    assert ["ENDS_BEFORE_READY", "SHORTENED"] == kinds(hold)


async def test_a_transfer_makes_the_goods_ready_by_the_other_store(shop):
    await shop.open("Mo-Sa 07:00-21:00")
    await shop.open("Mo-Sa 10:00-18:00", FORUM)
    moved = []
    for ttl_s in (0, 5 * HOUR):
        hold = await shop.hold(ttl_s=ttl_s)
        moved.append(
            await shop.stock.TransferReservation(
                stock_pb2.TransferReservationRequest(
                    name=hold.name, destination_store=FORUM, request_id=f"move-{ttl_s}"
                )
            )
        )
    by_day, given = moved

    assert [8.25 * HOUR] * 2 == [after_night_s(each.ready_by) for each in moved]
    assert 32.25 * HOUR == life_s(by_day)
    assert 5 * HOUR == pytest.approx(life_s(given), abs=60)
    assert ([], ["ENDS_BEFORE_READY"]) == (kinds(by_day), kinds(given))


async def test_a_policy_that_another_process_changed_counts_for_the_next_hold(shop, database):
    await shop.open("Mo-Sa 07:00-21:00")
    before = await shop.hold()
    other = Policies(database)
    await other.change(
        "t-stockmann", lambda kept: dataclasses.replace(kept, preparation_s=2 * HOUR)
    )
    after = await shop.hold()
    assert [5.25 * HOUR, 6.25 * HOUR] == [after_night_s(h.ready_by) for h in (before, after)]


async def test_a_hold_runs_one_script_and_on_a_cluster_one_more_for_its_quota(shop, database):
    scripts = 2 if isinstance(database, Cluster) else 1
    await shop.open("Mo-Sa 07:00-21:00")
    await shop.rule(preparation_time={"seconds": 60})
    await shop.hold()  # the first one at a store reads its policy
    before = await counted(database)
    reads = await counted(database, "hget")
    for _ in range(10):
        await shop.hold()
    assert 10 * scripts == await counted(database) - before
    # Those of the scripts: the policy, and the level of the line.
    assert 20 == await counted(database, "hget") - reads
