"""Answers that a list can show: address, position, hours, what is missing and when it comes."""

import datetime as dt
import itertools
from typing import Any

import grpc
import pytest

from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
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
    state,
)
from tests.support.stores import SHOPS, WIFI, upsert

Reason = stock_pb2.LeftOutStore.Reason
OpenState = stock_pb2.OpenState
NOON = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
"""A Monday, 12:00 in Helsinki."""
NIGHT = dt.datetime(2026, 11, 23, 22, 0, tzinfo=dt.UTC)
FACTS = ("address", "location", "phone", "open_state")
SEQUENCE = itertools.count(100)


@pytest.fixture
async def shops(stock: Any, channel: grpc.aio.Channel) -> list[stores_pb2.Store]:
    """Forum with hours, Stockmann always open, Sokos without hours; all have milk."""
    by_name = {shop.name: stores_pb2.Store() for shop in SHOPS}
    for shop in SHOPS:
        by_name[shop.name].CopyFrom(shop)
    forum, stockmann, sokos = by_name[FORUM], by_name[STOCKMANN], by_name[SOKOS]
    forum.opening_hours_text, stockmann.opening_hours_text = "Mo-Su 10:00-18:00", "24/7"
    forum.phones.extend(["+358 9 1", "+358 9 2"])
    forum.address.address_lines.append("Mannerheimintie 14-20")
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), [forum, stockmann, sokos])
    for shop in (forum, stockmann, sokos):
        await state(stock, shop.name, milk=5)
    return [forum, stockmann, sokos]


async def available(stock: Any, **fields: Any) -> Any:
    fields.setdefault("items", basket(milk=1))
    request = stock_pb2.FindNearestAvailabilityRequest(origin=KAMPPI, radius_m=20_000, **fields)
    return await stock.FindNearestAvailability(request)


async def options(stock: Any, **fields: Any) -> Any:
    fields.setdefault("items", basket(milk=1))
    request = stock_pb2.FindPickupOptionsRequest(origin=KAMPPI, radius_m=20_000, **fields)
    return await stock.FindPickupOptions(request)


def listed(answer: Any) -> dict[str, Any]:
    """The stores or options of an answer, by store."""
    found = answer.options if hasattr(answer, "options") else answer.stores
    return {each.store: each for each in found}


SEARCHES = pytest.mark.parametrize("search", [available, options])


@SEARCHES
async def test_by_its_read_mask_an_answer_has_all_that_a_list_shows(stock, channel, shops, search):
    forum = listed(await search(stock, read_mask={"paths": ["*"]}, open_at=NOON))[FORUM]
    hours = hours_pb2_grpc.HoursServiceStub(channel)
    checked = await hours.CheckOpenState(
        hours_pb2.CheckOpenStateRequest(name=f"{FORUM}/hours", at_time=NOON)
    )

    [kept, _, _] = shops
    assert ("Forum", "+358 9 1") == (forum.display_name, forum.phone)
    assert (kept.address, kept.location) == (forum.address, forum.location)
    expected = checked.open_state
    assert (
        OpenState(
            state=OpenState.STATE_OPEN,
            until_time=expected.until_time,
            next_open_time=expected.next_open_time,
            time_zone="Europe/Helsinki",
        )
        == forum.open_state
    )
    assert NOON.replace(hour=16) == forum.open_state.until_time.ToDatetime(dt.UTC)
    assert [5] == [line.level.available for line in forum.lines]


@SEARCHES
async def test_the_open_state_is_that_of_now_unless_another_time_is_asked_for(
    stock, channel, shops, search
):
    found = listed(await search(stock, read_mask={"paths": ["store", "open_state"]}))
    stockmann, sokos = found[STOCKMANN], found[SOKOS]

    assert (
        OpenState(state=OpenState.STATE_OPEN, time_zone="Europe/Helsinki") == stockmann.open_state
    )
    assert OpenState.STATE_UNKNOWN == sokos.open_state.state


@SEARCHES
async def test_what_costs_more_comes_only_if_it_is_asked_for(stock, shops, search):
    default = listed(await search(stock))[FORUM]
    whole = listed(await search(stock, read_mask={"paths": ["*"]}))[FORUM]
    named = listed(await search(stock, read_mask={"paths": ["store", "address.locality"]}))

    assert "Forum" == default.display_name
    assert set() == {field.name for field, _ in default.ListFields()} & {*FACTS}
    assert {*FACTS} <= {field.name for field, _ in whole.ListFields()}
    for fact in FACTS:
        whole.ClearField(fact)
    for each in (default, whole):  # each was asked at its own instant
        for moment in ("ready_by", "pickup_by"):
            if moment in each.DESCRIPTOR.fields_by_name:
                each.ClearField(moment)
    assert default == whole
    assert type(default)(store=FORUM, address={"locality": "Helsinki"}) == named[FORUM]


@SEARCHES
async def test_a_mask_that_names_no_field_is_refused(stock, shops, search):
    code, _, fields = await refusal(search(stock, read_mask={"paths": ["opening"]}))

    assert (grpc.StatusCode.INVALID_ARGUMENT, ["read_mask"]) == (code, fields)


@SEARCHES
async def test_hours_and_services_narrow_both_searches(stock, shops, search):
    for store in (FORUM, SOKOS):  # would be brought from Stockmann, were they open
        await stock.UpdateStockPolicy(
            stock_pb2.UpdateStockPolicyRequest(
                stock_policy={"name": f"{store}/stockPolicy", "transfer_time": {"seconds": 60}}
            )
        )
        await state(stock, store, sequence=next(SEQUENCE), milk=1)
    wanted = basket(milk=3)
    at_night = await search(stock, items=wanted, open_at=NIGHT)
    with_wifi = await search(stock, items=basket(milk=1), services=[WIFI])

    assert [STOCKMANN] == list(listed(at_night))
    reasons = {entry.store: entry.reason for entry in at_night.left_out}
    assert (Reason.REASON_NOT_OPEN, Reason.REASON_NOT_OPEN) == (reasons[FORUM], reasons[SOKOS])
    assert {FORUM, SOKOS} == listed(with_wifi).keys()
    [stockmann] = [entry for entry in with_wifi.left_out if entry.store == STOCKMANN]
    assert (Reason.REASON_LACKS_SERVICE, []) == (stockmann.reason, list(stockmann.items))


async def test_goods_are_brought_only_to_stores_that_the_search_admits(stock, shops):
    policy = {"name": f"{FORUM}/stockPolicy", "transfer_time": {"seconds": 60}}
    await stock.UpdateStockPolicy(stock_pb2.UpdateStockPolicyRequest(stock_policy=policy))
    wanted = basket(milk=5, bread=1)
    await state(stock, STOCKMANN, sequence=next(SEQUENCE), milk=5, bread=1)

    by_day = await options(stock, items=wanted, open_at=NOON)
    by_night = await options(stock, items=wanted, open_at=NIGHT)

    assert [FORUM, STOCKMANN] == list(listed(by_day))
    assert STOCKMANN == listed(by_day)[FORUM].transfer_from
    assert FORUM not in {entry.store for entry in by_day.left_out}
    assert [STOCKMANN] == list(listed(by_night))
    assert FORUM in {entry.store for entry in by_night.left_out}


@pytest.mark.parametrize("units", [None, 1])
async def test_goods_are_not_brought_to_a_closed_store(stock, channel, shops, units):
    policy = {"name": f"{SELLO}/stockPolicy", "transfer_time": {"seconds": 60}}
    await stock.UpdateStockPolicy(stock_pb2.UpdateStockPolicyRequest(stock_policy=policy))
    if units:
        await state(stock, SELLO, milk=units)
    [sello] = [shop for shop in SHOPS if shop.name == SELLO]
    closed = stores_pb2.Store(status=stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED)
    closed.MergeFrom(sello)
    stores = stores_pb2_grpc.StoresServiceStub(channel)

    brought = await options(stock, items=basket(milk=3))
    await upsert(stores, [closed])
    then = await options(stock, items=basket(milk=3))
    await upsert(stores, [sello])

    assert SELLO in listed(brought)
    assert SELLO not in listed(then)
    why = [(entry.reason, list(entry.items)) for entry in then.left_out if entry.store == SELLO]
    assert [(Reason.REASON_STORE_CLOSED, [])] * bool(units) == why


async def test_a_store_without_the_wanted_method_is_left_out_with_that_reason(stock, shops):
    answer = await options(stock, method=stock_pb2.PICKUP_METHOD_LOCKER)

    assert [] == list(answer.options)
    assert {Reason.REASON_LACKS_SERVICE} == {entry.reason for entry in answer.left_out}


@SEARCHES
async def test_a_store_that_is_left_out_says_what_is_missing_and_when_it_comes(
    stock, shops, search
):
    today = dt.date.today()
    level = stock_pb2.StockLevelInput(product=MILK, on_hand=2)
    for days, units in ((-3, 50), (2, 3), (5, 4)):  # 50 are late, so nobody knows when they come
        day = today + dt.timedelta(days)
        level.futures.add(
            date={"year": day.year, "month": day.month, "day": day.day}, quantity=units
        )
    feed = stock_pb2.SetStockLevelsRequest(
        store=FORUM, source="erp", sequence=next(SEQUENCE), levels=[level]
    )
    await stock.SetStockLevels(iter([feed]))
    await state(stock, STOCKMANN, sequence=next(SEQUENCE), milk=1, bread=9)

    answer = await search(stock, items=basket(milk=8, bread=2))

    left_out = {entry.store: entry for entry in answer.left_out}
    milk, bread = left_out[FORUM].items
    due = today + dt.timedelta(5)
    assert "Forum" == left_out[FORUM].display_name
    assert (MILK, 6) == (milk.product, milk.missing_quantity)
    assert (due.year, due.month, due.day) == (
        milk.expected_date.year,
        milk.expected_date.month,
        milk.expected_date.day,
    )
    assert stock_pb2.MissingItem(product=BREAD) == bread, "nobody stated its level"
    assert [stock_pb2.MissingItem(product=MILK, missing_quantity=7)] == list(
        left_out[STOCKMANN].items
    )


@SEARCHES
async def test_of_a_store_with_bands_nothing_depends_on_its_level(stock, shops, search):
    policy = {"name": f"{FORUM}/stockPolicy", "bands_only": True}
    await stock.UpdateStockPolicy(stock_pb2.UpdateStockPolicyRequest(stock_policy=policy))
    day = dt.date.today() + dt.timedelta(2)
    told = []
    for on_hand, coming in ((1, 1), (7, 1), (7, 900)):
        level = stock_pb2.StockLevelInput(product=MILK, on_hand=on_hand)
        level.futures.add(
            date={"year": day.year, "month": day.month, "day": day.day}, quantity=coming
        )
        feed = stock_pb2.SetStockLevelsRequest(
            store=FORUM, source="erp", sequence=next(SEQUENCE), levels=[level]
        )
        await stock.SetStockLevels(iter([feed]))
        answer = await search(stock, items=basket(milk=8))
        [entry] = [entry for entry in answer.left_out if entry.store == FORUM]
        told.append(entry)

    assert 8 == told[0].items[0].missing_quantity
    assert day.day == told[0].items[0].expected_date.day
    assert told[0] == told[1] == told[2]


@SEARCHES
async def test_a_store_that_becomes_private_is_in_no_part_of_an_answer(
    stock, channel, shops, search
):
    await state(stock, ITIS, milk=1)
    hidden = [stores_pb2.Store(), stores_pb2.Store()]
    for store, private in zip(shops, hidden, strict=False):
        private.CopyFrom(store)
        private.private = True
    stores = stores_pb2_grpc.StoresServiceStub(channel)
    try:
        await upsert(stores, hidden)
        for units in (1, 4, 9):
            answer = await search(stock, items=basket(milk=units), read_mask={"paths": ["*"]})
            assert not {FORUM, STOCKMANN} & listed(answer).keys()
            assert not {FORUM, STOCKMANN} & {entry.store for entry in answer.left_out}
            assert {SOKOS, ITIS} & (
                listed(answer).keys() | {entry.store for entry in answer.left_out}
            )
    finally:
        await upsert(stores, shops)


async def test_pick_up_options_say_what_the_origin_and_their_stores_are_worth(stock, shops):
    cell = await stock.FindPickupOptions(
        stock_pb2.FindPickupOptionsRequest(
            items=basket(milk=1), origin={"h3_cell": "891126d3363ffff"}
        )
    )
    named = await stock.FindPickupOptions(
        stock_pb2.FindPickupOptionsRequest(items=basket(milk=1), origin={"place": "Kamppi, FI"})
    )

    assert cell.origin_uncertainty_m > 100
    assert "Kamppi" in named.origin_display_name
    assert not named.HasField("as_of")
