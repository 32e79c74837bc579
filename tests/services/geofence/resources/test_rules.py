"""Rules: caps over all stores, quiet hours of each store, audiences, closed stores."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.stock import bootstrap as stock_bootstrap
from tests.support.clocks import Later
from tests.support.devices import fire, with_parts, written
from tests.support.geofence import T0, circle, create, fix, north_of, report
from tests.support.stock import BREAD, FORUM, MILK, PRODUCTS, SHEARS, STOCKMANN, state
from tests.support.stores import SHOPS, upsert

HELSINKI, THE_FORUM, SOKOS = (60.1687, 24.9418), (60.1694, 24.9380), (60.1708, 24.9400)
SUVA = (-18.1416, 178.4230)
NOWHERE = north_of(HELSINKI, 50_000)
MESSAGE = pb.EVENT_TYPE_RULE_MESSAGE
NIGHT = {"expression": "22:00-07:00"}


@pytest.fixture
def clock() -> Later:
    return Later()


@pytest.fixture
async def shops(parts, channel, clock) -> AsyncIterator[Any]:
    """The service with a clock, and a fence of 100 m around each shop."""
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    async with with_parts(parts, clock) as stub:
        brands = sorted({shop.brand for shop in SHOPS})
        around = {"brands": brands, "radius_m": 100}
        await create(stub, "shops", pb.Fence(around_stores=around))
        yield stub


async def rule(stub: Any, id: str = "spring", **fields: Any) -> Any:
    fields = {"fences": ["fences/shops"], "lifetime": {"seconds": 3600}} | fields
    return await stub.CreateRule(pb.CreateRuleRequest(rule=pb.Rule(**fields), rule_id=id))


async def register(stub: Any, device: str = "anna", **fields: Any) -> None:
    await stub.UpdateDevice(
        pb.UpdateDeviceRequest(
            device_id=device, consent=True, device={"reference": device}, **fields
        )
    )


async def go(
    stub: Any, clock: Later, place: tuple[float, float], device: str = "anna"
) -> list[pb.FenceEvent]:
    """The messages that a fix at a place causes, at the time of the clock."""
    clock.by += dt.timedelta(seconds=1)
    [result] = await report(stub, fix(device, place, (clock() - T0).total_seconds()))
    return [event for event in result.events if event.event_type == MESSAGE]


def mutes(events: list[pb.FenceEvent]) -> list[str]:
    return [pb.Mute.Name(event.mute).removeprefix("MUTE_") for event in events]


async def visit(stub: Any, clock: Later, *places: tuple[float, float], **more: Any) -> list[str]:
    """The mutes of the messages of visits, one after the other."""
    found = []
    for place in places:
        found += mutes(await go(stub, clock, place, **more))
        await go(stub, clock, NOWHERE, **more)
    return found


def at(hour: int, minute: int, zone: str) -> dt.datetime:
    """The next day at a time of a zone."""
    day = dt.datetime.now(ZoneInfo(zone)) + dt.timedelta(days=1)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


async def test_a_message_names_rule_store_and_reference_and_ends(shops, clock):
    await rule(shops, labels={"campaign": "spring"}, event_types=[pb.EVENT_TYPE_ENTER])
    await register(shops)
    [event] = await go(shops, clock, HELSINKI)

    assert ("rules/spring", "stores/t-stockmann", "fences/shops", "anna") == (
        event.rule,
        event.store,
        event.fence,
        event.reference,
    )
    assert {"campaign": "spring"} == dict(event.labels)
    lasts = event.expire_time.ToDatetime() - event.device_time.ToDatetime()
    assert dt.timedelta(hours=1) == lasts
    assert [] == await go(shops, clock, NOWHERE)
    assert [] == await go(shops, clock, HELSINKI, device="not registered")


async def test_a_cap_counts_over_all_fences_and_stores_until_its_period_ends(shops, clock):
    week = {"messages": 2, "period": {"seconds": 7 * 86_400}}
    await rule(shops, cap=week)
    await register(shops)

    assert ["UNSPECIFIED", "UNSPECIFIED", "FREQUENCY", "FREQUENCY"] == await visit(
        shops, clock, HELSINKI, THE_FORUM, SOKOS, SUVA
    )
    clock.by += dt.timedelta(days=6)  # the position is forgotten, the count is not
    assert ["FREQUENCY"] == await visit(shops, clock, SUVA)
    clock.by += dt.timedelta(days=1)
    assert ["UNSPECIFIED"] == await visit(shops, clock, HELSINKI)


async def test_quiet_hours_are_those_of_each_stores_own_zone(shops, clock):
    await rule(shops, quiet_hours=NIGHT)
    await rule(shops, "day", active_hours={"expression": "08:00-20:00"})
    await register(shops)

    clock.go_to(at(13, 0, "Europe/Helsinki"))  # 23:00 in Suva, at +12:00; 22:00 in summer
    noon = await visit(shops, clock, HELSINKI, SUVA)
    clock.go_to(at(12, 0, "Pacific/Fiji") + dt.timedelta(days=2))  # 02:00 or 03:00 in Helsinki
    night = await visit(shops, clock, HELSINKI, SUVA)

    assert ["UNSPECIFIED", "UNSPECIFIED", "INACTIVE", "QUIET_HOURS"] == noon
    assert ["INACTIVE", "QUIET_HOURS", "UNSPECIFIED", "UNSPECIFIED"] == night


async def test_a_fence_may_have_quiet_hours_of_each_stores_own_zone(shops, clock):
    around = {"stores": ["stores/t-stockmann", "stores/t-suva"], "radius_m": 100}
    hours = {"expression": "22:00-07:00", "store_time_zone": True}
    await create(shops, "own", pb.Fence(around_stores=around, quiet_hours=hours))
    clock.go_to(at(13, 0, "Europe/Helsinki"))
    found = []
    for place in (HELSINKI, SUVA):
        clock.by += dt.timedelta(seconds=1)
        seconds = (clock() - T0).total_seconds()
        [result] = await report(shops, fix("anna", place, seconds))
        found += [
            (event.store, event.mute)
            for event in result.events
            if (event.fence, event.event_type) == ("fences/own", pb.EVENT_TYPE_ENTER)
        ]
    assert [
        ("stores/t-stockmann", pb.MUTE_UNSPECIFIED),
        ("stores/t-suva", pb.MUTE_QUIET_HOURS),
    ] == found


async def test_an_audience_has_labels_and_products_looked_at(shops, clock):
    soap = {"viewed_products": ["products/soap", "products/milk"]}
    await rule(shops, "gold", audience={"labels": {"club": "gold"}})
    await rule(shops, "soap", audience=soap)
    await rule(shops, "any", audience={"viewed_any_product": True})
    await register(shops, "bare")
    await register(shops, "looked", add_viewed_products=["products/soap"])
    await register(shops, "other", add_viewed_products=["products/bread"])
    gold = {"reference": "gold", "labels": {"club": "gold", "x": "y"}}
    await shops.UpdateDevice(pb.UpdateDeviceRequest(device_id="gold", consent=True, device=gold))

    found = {}
    for device in ("bare", "looked", "other", "gold"):
        found[device] = [each.rule for each in await go(shops, clock, HELSINKI, device=device)]

    assert {
        "bare": [],
        "looked": ["rules/any", "rules/soap"],
        "other": ["rules/any"],
        "gold": ["rules/gold"],
    } == found


async def test_a_rule_is_for_fences_labels_brands_and_stores(shops, clock):
    await create(
        shops,
        "mall",
        pb.Fence(
            circle={"center": {"latitude": 61, "longitude": 25}, "radius_m": 9},
            labels={"kind": "mall", "x": "y"},
        ),
    )
    await rule(shops, "fence", fences=["fences/shops"])
    await rule(shops, "labels", fences=[], fence_labels={"kind": "mall"})
    await rule(shops, "brand", fences=[], brands=["stockmann"])
    await rule(shops, "store", fences=[], stores=["stores/t-forum"])
    await rule(shops, "off", disabled=True)
    await register(shops)

    found = [
        [event.rule.removeprefix("rules/") for event in await go(shops, clock, place)]
        for place in (HELSINKI, THE_FORUM, SOKOS, (61, 25))
    ]

    assert [["brand", "fence"], ["fence", "store"], ["fence"], ["labels"]] == found


@pytest.fixture
async def opens_at_8(channel) -> None:
    stub = hours_pb2_grpc.HoursServiceStub(channel)
    for store, expression in (("t-stockmann", "Mo-Su 08:00-20:00"), ("t-forum", "24/7")):
        hours = hours_pb2.StoreHours(name=f"stores/{store}/hours", expression=expression)
        await stub.UpdateStoreHours(hours_pb2.UpdateStoreHoursRequest(store_hours=hours))


async def test_while_its_store_is_closed_a_message_is_sent_dropped_or_kept(
    shops, parts, clock, opens_at_8
):
    closed = pb.Rule.ClosedStore
    cap = {"messages": 1, "period": {"seconds": 86_400}}
    for name, choice in (("drop", "DROP"), ("keep", "KEEP"), ("send", "SEND")):
        await rule(shops, name, closed_store=closed.Value(f"CLOSED_STORE_{choice}"), cap=cap)
    short = {"seconds": 60}
    await rule(shops, "short", closed_store=closed.CLOSED_STORE_KEEP, lifetime=short)
    await register(shops)

    clock.go_to(at(7, 30, "Europe/Helsinki"))
    first = await go(shops, clock, HELSINKI)
    await go(shops, clock, NOWHERE)
    again = await go(shops, clock, HELSINKI)
    unknown = await go(shops, clock, SOKOS)
    assert {
        "rules/drop": "STORE_CLOSED",
        "rules/keep": "KEPT",
        "rules/send": "UNSPECIFIED",
        "rules/short": "STORE_CLOSED",
    } == dict(zip([event.rule for event in first], mutes(first), strict=True))
    assert ["STORE_CLOSED", "STORE_CLOSED", "FREQUENCY", "STORE_CLOSED"] == mutes(again)
    assert ["HOURS_UNKNOWN", "HOURS_UNKNOWN", "FREQUENCY", "HOURS_UNKNOWN"] == mutes(unknown)

    before = len(await written(parts))
    assert not await fire(parts, clock)
    clock.go_to(at(8, 0, "Europe/Helsinki") + dt.timedelta(seconds=1))
    assert await fire(parts, clock)
    assert not await fire(parts, clock)
    [event] = (await written(parts))[before:]
    assert (MESSAGE, "rules/keep", pb.MUTE_UNSPECIFIED, "stores/t-stockmann") == (
        event.event_type,
        event.rule,
        event.mute,
        event.store,
    )
    assert event.event_id not in {each.event_id for each in first}
    numbers = [each.number for each in await written(parts)]
    assert [*range(1, len(numbers) + 1)] == numbers


@pytest.mark.parametrize("end", ["erased", "rule deleted", "late"])
async def test_a_kept_message_ends_with_consent_rule_and_its_lifetime(
    shops, parts, clock, opens_at_8, end
):
    await rule(shops, closed_store=pb.Rule.CLOSED_STORE_KEEP)
    await register(shops)
    clock.go_to(at(7, 30, "Europe/Helsinki"))
    assert ["KEPT"] == mutes(await go(shops, clock, HELSINKI))
    before = len(await written(parts))

    clock.go_to(at(8, 0, "Europe/Helsinki") + dt.timedelta(seconds=1))
    if end == "erased":
        await shops.UpdateDevice(pb.UpdateDeviceRequest(device_id="anna"))
    elif end == "rule deleted":
        await shops.DeleteRule(pb.DeleteRuleRequest(name="rules/spring"))
    else:
        clock.by += dt.timedelta(minutes=40)
    await fire(parts, clock)

    assert before == len(await written(parts))


async def test_a_message_needs_the_stock_of_its_store_and_waits_for_it_if_asked(
    shops, parts, channel, clock
):
    parts = replace(
        parts, ask_shelf=stock_bootstrap.shelf_questions(replace(parts, clock=clock)).ask
    )
    stock = stock_pb2_grpc.StockServiceStub(channel)
    await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
    await state(stock, STOCKMANN, milk=0, bread=0)
    await state(stock, FORUM, milk=5, bread=0, shears=0)
    cap = {"messages": 1, "period": {"seconds": 86_400}}
    milk = {"products": [MILK, BREAD]}
    await rule(shops, "named", stock=milk, cap=cap)
    keep = {"viewed_products": True, "lacking": pb.StockCondition.LACKING_KEEP}
    await rule(shops, "viewed", stock=keep)
    await create(shops, "mall", circle((61, 25), 9))
    await rule(shops, "mall", fences=["fences/mall"], stock=milk)
    await register(shops, add_viewed_products=[SHEARS, BREAD])
    await register(shops, "bare")

    async def messages() -> list[pb.FenceEvent]:
        return [event for event in await written(parts) if event.event_type == MESSAGE]

    async def told(
        place: tuple[float, float], *at_once: str, device: str = "anna"
    ) -> dict[str, str]:
        """By rule, what became of the messages of a visit, some of it at once."""
        before = await messages()
        assert [*at_once] == mutes(await go(shops, clock, place, device))
        await fire(parts, clock)
        await go(shops, clock, NOWHERE, device)
        events = [e for e in await messages() if e not in before]
        return {
            e.rule.removeprefix("rules/"): m for e, m in zip(events, mutes(events), strict=True)
        }

    # Of the shears nobody has stated a level at Stockmann; Forum has none, as it has no bread.
    assert {"named": "OUT_OF_STOCK", "viewed": "KEPT"} == await told(HELSINKI)
    assert {"named": "STOCK_UNKNOWN"} == await told(SOKOS, device="bare")
    assert {"mall": "STOCK_UNKNOWN"} == await told((61, 25), "STOCK_UNKNOWN")
    assert {"named": "UNSPECIFIED", "viewed": "KEPT"} == await told(THE_FORUM)
    again = await told(THE_FORUM, "FREQUENCY")  # no message used the cap before
    assert {"named": "FREQUENCY", "viewed": "KEPT"} == again
    [sent] = [each for each in await messages() if not each.mute]
    assert ([MILK], False) == ([*sent.available_products], sent.viewed_available)

    before = await messages()
    clock.by += dt.timedelta(minutes=7)  # both are looked at again, and told once more of neither
    await fire(parts, clock)
    assert before == await messages()
    await state(stock, FORUM, 2, shears=2)
    clock.by += dt.timedelta(minutes=7)
    await fire(parts, clock)
    clock.by += dt.timedelta(minutes=45)
    await fire(parts, clock)
    viewed, last = [each for each in await messages() if each not in before]
    assert (FORUM, pb.MUTE_UNSPECIFIED, [], True) == (
        viewed.store,
        viewed.mute,
        [*viewed.available_products],
        viewed.viewed_available,
    )
    assert (STOCKMANN, pb.MUTE_STOCK_UNKNOWN) == (last.store, last.mute)


async def test_a_rule_says_what_matches_nothing_and_refuses_what_cannot_be_used(shops):
    made = await rule(
        shops,
        fences=["fences/none"],
        fence_labels={"a": "b"},
        brands=["Nowhere & Sons"],
        stores=["stores/none"],
        stock={"products": ["products/none"]},
    )
    assert [
        "fences[0]: there is no fences/none",
        "fence_labels: no fence has them all",
        "brands[0]: no store has the brand 'Nowhere & Sons'",
        "stores[0]: there is no stores/none",
        "stock.products[0]: there is no products/none",
        "brands, stores: no fence is around any of the stores",
    ] == list(made.warnings)
    name = pb.GetRuleRequest(name="rules/spring")
    assert [] == list((await shops.GetRule(name)).warnings)
    assert ["rules/spring"] == [
        each.name for each in (await shops.ListRules(pb.ListRulesRequest())).rules
    ]
    bad: list[dict[str, Any]] = [
        {"fences": []},
        {"stock": {"lacking": pb.StockCondition.LACKING_KEEP}},
        {"quiet_hours": {"expression": "25 o'clock"}},
        {"active_hours": {"expression": "24/7", "time_zone": "Mars/Base"}},
        {"lifetime": {"seconds": 86_400}},
        {"cap": {"messages": 1, "period": {"seconds": 91 * 86_400}}},
        {"event_types": [pb.EVENT_TYPE_TRIP_STARTED]},
    ]
    for fields in bad:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await rule(shops, "bad", **fields)
        assert grpc.StatusCode.INVALID_ARGUMENT == refused.value.code()
        assert "rule" in (refused.value.details() or "")
    changed = await shops.UpdateRule(
        pb.UpdateRuleRequest(rule={"name": "rules/spring", "display_name": "Spring"})
    )
    assert "Spring" == changed.display_name


async def test_a_cap_holds_however_many_calls_come_at_once(shops, parts, clock):
    await rule(shops, cap={"messages": 3, "period": {"seconds": 86_400}})
    await register(shops)
    start = (clock() - T0).total_seconds()

    async def call(number: int) -> None:
        await report(shops, fix("anna", HELSINKI, start + number))
        await report(shops, fix("anna", NOWHERE, start + number + 0.5))

    await asyncio.gather(*map(call, range(20)))
    for number in range(20, 25):  # of those at once, late ones change nothing
        await call(number)

    messages = [event for event in await written(parts) if event.event_type == MESSAGE]
    assert 3 == mutes(messages).count("UNSPECIFIED")
    assert {"UNSPECIFIED", "FREQUENCY"} == set(mutes(messages))
    assert len(messages) == len({event.event_id for event in messages})
