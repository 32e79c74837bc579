"""What one address may hold with the publishable key of a page, which anybody can read there."""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import pytest

from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from services.chassis.access.policy import Role
from services.chassis.clock import utc_now
from services.stock.model.partitions import StoreKeys
from tests.support.gated import Callers, gated
from tests.support.refusals import refusal
from tests.support.stock import FORUM, STOCKMANN, available, basket, state

ALL = 368
HELSINKI = ZoneInfo("Europe/Helsinki")
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
OTHER = "192.0.2.2"


def last_saturday() -> dt.datetime:
    """18:30 of the last Saturday in Helsinki: the shops below have closed until Monday."""
    now = utc_now().astimezone(HELSINKI)
    day = now.date() - dt.timedelta(days=(now.weekday() - 5) % 7 or 7)
    return dt.datetime.combine(day, dt.time(18, 30), HELSINKI).astimezone(dt.UTC)


@pytest.fixture
async def callers(parts, monkeypatch) -> AsyncIterator[Callers]:
    """Callers on a Saturday evening; Stockmann has 368 units of milk."""
    monkeypatch.setenv("ENRAYON_STOCK_FRESHNESS_S", "31536000")
    parts = dataclasses.replace(parts, clock=last_saturday)
    async with gated(parts, limit_page_holds_per_hour=100_000) as callers:
        admin = callers.by(Role.ADMIN)
        hours = hours_pb2.StoreHours(name=f"{STOCKMANN}/hours", expression="Mo-Sa 10:00-18:00")
        await admin.hours.UpdateStoreHours(hours_pb2.UpdateStoreHoursRequest(store_hours=hours))
        await state(admin.stock, STOCKMANN, milk=ALL, bread=1)
        await state(admin.stock, FORUM, milk=ALL)
        yield callers


async def held(caller: Any, store: str = STOCKMANN, ttl_s: int = 0, **units: int) -> Any:
    request = stock_pb2.CreateReservationRequest(parent=store, items=basket(**units))
    if ttl_s:
        request.ttl.FromSeconds(ttl_s)
    return await caller.stock.CreateReservation(request)


async def answered(call: Any) -> Any:
    """The answer; None when a quota is full."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        if error.code() != EXHAUSTED:
            raise
        return None


async def limit(callers: Callers, store: str = STOCKMANN, **limits: int) -> None:
    policy = stock_pb2.StockPolicy(name=f"{store}/stockPolicy", page_hold_limits=limits)
    request = stock_pb2.UpdateStockPolicyRequest(stock_policy=policy)
    await callers.by(Role.ADMIN).stock.UpdateStockPolicy(request)


async def test_row_51_one_address_leaves_the_shop_its_stock(callers, figure):
    thief, other = callers.by(Role.PAGE), callers.by(Role.PAGE, OTHER)
    code, reason, _ = await refusal(held(thief, milk=ALL))
    calls = [held(thief, milk=units) for units in (64, 32, 16, 8, 4, 2, 1, 1, 1)]
    answers = [await answered(call) for call in calls]
    taken = sum(answer.items[0].held_quantity for answer in answers if answer)
    left = await available(callers.by(Role.ADMIN).stock, STOCKMANN)
    week = await refusal(held(other, ttl_s=7 * 86_400, milk=1))
    monday = await held(other, ttl_s=47 * 3600, milk=1)
    seconds = monday.expire_time.seconds - monday.create_time.seconds

    figure(
        51,
        f"one address with the key of a page: {ALL} units at once {reason}, in nine calls {taken},"
        f" {left} left to others; a week from Saturday 18:30 {week[1] or week[2]}, to Monday"
        f" {seconds / 3600:.0f} h",
    )
    assert (EXHAUSTED, "QUOTA_EXCEEDED") == (code, reason)
    assert (20, ALL - 20) == (taken, left)
    assert (grpc.StatusCode.INVALID_ARGUMENT, ["ttl"]) == (week[0], week[2])
    assert 47 * 3600 == seconds


@pytest.mark.parametrize(
    ("limits", "calls", "quota"),
    [
        ({"max_hold_count": 2}, [{"milk": 1}] * 3, "address_holds"),
        ({"max_line_count": 2}, [{"milk": 1}, {"milk": 1, "bread": 1}], "address_lines"),
        ({"max_quantity": 7}, [{"milk": 5}, {"milk": 3}], "address_units"),
        ({"max_quantity": 400}, [{"milk": 184}, {"milk": 1}], "address_share_percent"),
        ({"max_quantity": 400, "max_share_percent": 100}, [{"milk": 368}, {"milk": 1}], ""),
    ],
)
async def test_each_bound_of_a_shop_counts_the_live_holds_of_an_address(
    callers, limits, calls, quota
):
    await limit(callers, **limits)
    page = callers.by(Role.PAGE)
    first = [await held(page, **units) for units in calls[:-1]]

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await held(page, **calls[-1])
    elsewhere = await held(page, FORUM, milk=1)
    neighbour = None if not quota else await held(callers.by(Role.PAGE, OTHER), milk=1)
    for hold in first:
        await page.stock.CancelReservation(stock_pb2.CancelReservationRequest(name=hold.name))
    again = await held(page, **calls[-1])

    assert quota in (failure.value.details() or "")
    assert elsewhere.items
    assert neighbour is None or neighbour.items
    assert again.items


@pytest.mark.parametrize("address", ["", OTHER])
async def test_a_change_passes_no_bound_from_no_address(callers, address):
    page = callers.by(Role.PAGE)
    changer = callers.by(Role.PAGE, address) if address else page
    made = [await held(page, milk=1) for _ in range(5)]

    for hold in made:
        items = [stock_pb2.ReservedItem(product="products/milk", requested_quantity=20)]
        change = stock_pb2.Reservation(name=hold.name, items=items)
        request = stock_pb2.UpdateReservationRequest(reservation=change)
        code, reason, _ = await refusal(changer.stock.UpdateReservation(request))
        assert (EXHAUSTED, "QUOTA_EXCEEDED") == (code, reason)
    assert ALL - 5 == await available(callers.by(Role.ADMIN).stock, STOCKMANN)


async def test_many_calls_at_once_pass_no_bound(callers):
    page = callers.by(Role.PAGE)
    answers = await asyncio.gather(*(held(page, milk=3) for _ in range(40)), return_exceptions=True)
    assert 5 == sum(not isinstance(answer, BaseException) for answer in answers)


async def test_the_last_unit_may_be_held_and_a_part_stops_at_the_share(callers):
    page = callers.by(Role.PAGE)
    last = await held(page, bread=1)
    await limit(callers, max_quantity=1000)
    part = await page.stock.CreateReservation(
        stock_pb2.CreateReservationRequest(
            parent=STOCKMANN, items=basket(milk=300), allow_partial=True
        )
    )
    assert (1, ALL // 2) == (last.items[0].held_quantity, part.items[0].held_quantity)


async def test_a_part_of_nothing_names_the_bound_and_not_the_stock(callers):
    await limit(callers, max_quantity=1000)
    page = callers.by(Role.PAGE)
    await held(page, milk=ALL // 2)
    request = stock_pb2.CreateReservationRequest(
        parent=STOCKMANN, items=basket(milk=5), allow_partial=True
    )
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await page.stock.CreateReservation(request)
    assert EXHAUSTED == failure.value.code()
    assert "address_share_percent" in (failure.value.details() or "")


async def test_a_channel_is_bound_by_its_own_numbers_alone(callers):
    hold = await held(callers.by(Role.CHANNEL), ttl_s=7 * 86_400, milk=ALL)
    assert ALL == hold.items[0].held_quantity


async def test_the_address_is_a_keyed_hash_and_goes_with_the_hold(callers, database):
    page = callers.by(Role.PAGE)
    hold = await held(page, milk=1)
    of = StoreKeys.of("t-stockmann")
    during = (await database.hvals(of.holds))[0]
    [(hashed, ids)] = (await database.hgetall(of.addresses)).items()
    await page.stock.CancelReservation(stock_pb2.CancelReservationRequest(name=hold.name))
    after = (await database.hvals(of.holds))[0]

    assert hold.name.rpartition("/")[2].encode() == ids
    assert hashed in during
    assert b"192.0.2" not in during
    assert hashed not in after
    assert {} == await database.hgetall(of.addresses)


async def test_without_known_hours_a_hold_ends_after_the_default_life(callers):
    page = callers.by(Role.PAGE)
    code, _, fields = await refusal(held(page, FORUM, ttl_s=7261, milk=1))
    hold = await held(page, FORUM, milk=1)
    assert (grpc.StatusCode.INVALID_ARGUMENT, ["ttl"]) == (code, fields)
    assert 7200 == hold.expire_time.seconds - hold.create_time.seconds


async def test_a_life_computed_up_to_the_end_of_the_window_is_taken_also_by_a_retry(
    parts, monkeypatch
):
    monkeypatch.setenv("ENRAYON_STOCK_FRESHNESS_S", "31536000")
    late = dt.timedelta()
    parts = dataclasses.replace(parts, clock=lambda: last_saturday() + late)
    async with gated(parts) as callers:
        await state(callers.by(Role.ADMIN).stock, FORUM, milk=1)
        request = stock_pb2.CreateReservationRequest(
            parent=FORUM, items=basket(milk=1), request_id="request-1"
        )
        page = callers.by(Role.PAGE).stock
        hours = hours_pb2.StoreHours(name=f"{FORUM}/hours", expression="Mo-Sa 10:00-18:00")
        update = hours_pb2.UpdateStoreHoursRequest(store_hours=hours)
        await callers.by(Role.ADMIN).hours.UpdateStoreHours(update)
        request.ttl.FromSeconds(47 * 3600 + 1800)  # to Monday 18:00
        hold = await page.CreateReservation(request)
        late = dt.timedelta(seconds=20)
        assert hold.name == (await page.CreateReservation(request)).name


async def test_all_holds_of_an_address_at_all_shops_have_a_quota(parts, monkeypatch):
    monkeypatch.setenv("ENRAYON_HOLDS_PER_ADDRESS", "3")
    async with gated(parts, limit_page_holds_per_hour=100_000) as callers:
        for store in (STOCKMANN, FORUM):
            await state(callers.by(Role.ADMIN).stock, store, milk=50)
        page = callers.by(Role.PAGE)
        made = [await held(page, s, milk=1) for s in (STOCKMANN, STOCKMANN, FORUM)]
        code, reason, _ = await refusal(held(page, FORUM, milk=1))
        neighbour = await held(callers.by(Role.PAGE, OTHER), milk=1)
        await page.stock.CancelReservation(stock_pb2.CancelReservationRequest(name=made[0].name))
        again = await held(page, FORUM, milk=1)

    assert (EXHAUSTED, "QUOTA_EXCEEDED") == (code, reason)
    assert neighbour.items
    assert again.items
