"""What a caller can create is bounded by a quota that the error names."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from enrayon.events.v1 import events_pb2
from enrayon.geofence.v1 import geofence_pb2
from enrayon.stock.v1 import stock_pb2
from services.chassis.access.policy import Role
from services.directory import records
from services.geofence.resources.trips import Trips
from services.policy import POLICY
from services.stock.model.alerts import Alert
from services.stock.state.alerts import Alerts, wishes_key
from tests.support.gated import Callers, gated
from tests.support.paths import ROOT
from tests.support.refusals import refusal
from tests.support.stock import FORUM, MILK, STOCKMANN, basket, state

SCALING = ROOT / "deploy" / "scaling.md"
CREATES = re.compile(
    r"(Batch)?(Create|Start|Submit|Report|Stream|Upsert|Set|Adjust|Publish|Update)"
)
MOST = 5
TRIED = 12

Create = Callable[[Any, int], Awaitable[Any]]


async def hold(caller: Any, _number: int) -> Any:
    request = stock_pb2.CreateReservationRequest(parent=STOCKMANN, items=basket(milk=1))
    return await caller.stock.CreateReservation(request)


async def shopper_hold(caller: Any, _number: int) -> Any:
    request = stock_pb2.CreateReservationRequest(
        parent=FORUM, items=basket(milk=1), shopper="somebody"
    )
    return await caller.stock.CreateReservation(request)


async def alert(caller: Any, _number: int) -> Any:
    wanted = stock_pb2.StockAlert(products=[MILK], store=STOCKMANN)
    request = stock_pb2.CreateStockAlertRequest(stock_alert=wanted)
    return await caller.stock.CreateStockAlert(request)


async def trip(caller: Any, number: int) -> Any:
    return await caller.geofence.StartTrip(
        geofence_pb2.StartTripRequest(
            parent=STOCKMANN, device_id=f"phone-{number}", order=f"order-{number}", consent=True
        )
    )


async def product(caller: Any, number: int) -> Any:
    sent = stock_pb2.Product(name=f"products/new-{number}", display_name="New")
    return await caller.stock.UpsertProducts(
        iter([stock_pb2.UpsertProductsRequest(products=[sent])])
    )


async def group(caller: Any, number: int) -> Any:
    sent = stock_pb2.StockGroup(name=f"stockGroups/g{number}", stores=[STOCKMANN])
    return await caller.stock.UpdateStockGroup(stock_pb2.UpdateStockGroupRequest(stock_group=sent))


async def fence(caller: Any, number: int) -> Any:
    circle = {"center": {"latitude": 60.17, "longitude": 24.94}, "radius_m": 100}
    request = geofence_pb2.CreateFenceRequest(
        fence=geofence_pb2.Fence(circle=circle), fence_id=f"f{number}"
    )
    return await caller.geofence.CreateFence(request)


async def subscription(caller: Any, number: int) -> Any:
    request = events_pb2.CreateSubscriptionRequest(
        subscription=events_pb2.Subscription(), subscription_id=f"s{number}"
    )
    return await caller.events.CreateSubscription(request)


QUOTAS: dict[str, tuple[Role, Create, int]] = {
    "caller_holds": (Role.CHANNEL, hold, 0),
    "shopper_holds": (Role.CHANNEL, shopper_hold, 0),
    "address_holds": (Role.PAGE, hold, 0),
    "caller_alerts": (Role.CHANNEL, alert, 0),
    "caller_trips": (Role.CHANNEL, trip, 0),
    "products": (Role.ADMIN, product, 3),
    "groups": (Role.ADMIN, group, 0),
    "fences": (Role.ADMIN, fence, 0),
    "subscriptions": (Role.ADMIN, subscription, 0),
}
"""By quota: who creates, how, and the number that there is before."""


@pytest.fixture
async def callers(parts, monkeypatch, request):
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    names = ["ALERTS_PER_CALLER", "TRIPS_PER_CALLER", "HOLDS_PER_SHOPPER"]
    if "caller_holds" in request.node.name:
        names.append("HOLDS_PER_CALLER")
    for name in names:
        monkeypatch.setenv(f"ENRAYON_{name}", str(MOST))
    for kind in ("products", "groups", "fences", "subscriptions"):
        monkeypatch.setitem(records.MOST, kind, MOST)
    async with gated(parts, limit_page_holds_per_hour=100_000) as callers:
        for store in (STOCKMANN, FORUM):
            await state(callers.by(Role.ADMIN).stock, store, milk=1000)
        yield callers


def quota_of(error: grpc.aio.AioRpcError) -> tuple[str, str]:
    """The quota and the limit that an error names."""
    info = error_details_pb2.ErrorInfo()
    status: Any = rpc_status.from_call(error)
    for detail in status.details:
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
    return info.metadata["quota"], info.metadata["limit"]


@pytest.mark.parametrize("quota", QUOTAS)
async def test_row_53_no_more_is_made_than_a_quota_allows(callers: Callers, figure, quota):
    role, create, before = QUOTAS[quota]
    caller = callers.by(role)
    answers = await asyncio.gather(
        *(create(caller, number) for number in range(TRIED)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    made = TRIED - len(refused)

    figure(53, f"{quota}: {made} of {TRIED} at once made, {before} before, the limit is {MOST}")
    assert MOST - before == made
    assert {grpc.StatusCode.RESOURCE_EXHAUSTED} == {error.code() for error in refused}
    assert {(quota, str(MOST))} == set(map(quota_of, refused))


async def test_a_deleted_alert_and_an_ended_trip_make_room_and_leave_nothing(callers, database):
    channel = callers.by(Role.CHANNEL)
    for number in range(3 * MOST):
        made = await alert(channel, number)
        request = stock_pb2.DeleteStockAlertRequest(name=made.name)
        await channel.stock.DeleteStockAlert(request)
        started = await trip(channel, 0)
        await channel.geofence.CancelTrip(geofence_pb2.CancelTripRequest(name=started.name))
    assert 0 == await database.exists(wishes_key("t-stockmann", "milk"))
    assert 0 == sum([await database.zcard(key) async for key in database.scan_iter("*:trips")])


async def test_a_request_id_that_is_used_again_frees_no_place(callers: Callers):
    channel = callers.by(Role.CHANNEL).stock
    made = 0
    for number in range(TRIED):
        for units in (1, 2):
            request = stock_pb2.CreateReservationRequest(
                parent=STOCKMANN,
                items=basket(milk=units),
                shopper="somebody",
                request_id=f"request-{number}",
            )
            with suppress(grpc.aio.AioRpcError):
                await channel.CreateReservation(request)
                made += 1
    assert MOST == made


async def test_a_hold_that_has_ended_takes_no_place_when_it_is_extended(callers: Callers):
    channel = callers.by(Role.CHANNEL)
    for number in range(MOST + 1):
        made = await shopper_hold(channel, number)
        await channel.stock.CancelReservation(stock_pb2.CancelReservationRequest(name=made.name))
        request = stock_pb2.ExtendReservationRequest(name=made.name)
        request.ttl.FromSeconds(86_400)
        code, reason, _ = await refusal(channel.stock.ExtendReservation(request))
        assert (grpc.StatusCode.FAILED_PRECONDITION, "RESERVATION_STATE") == (code, reason)


async def test_a_retry_that_comes_between_frees_no_place(callers, database, monkeypatch):
    channel, write = callers.by(Role.CHANNEL), Trips._write
    await trip(channel, 1)  # the device is known
    request = geofence_pb2.StartTripRequest(
        parent=STOCKMANN, device_id="phone-1", order="order-2", consent=True, request_id="request-2"
    )
    names = []

    async def after_another(*args: Any) -> bool:
        monkeypatch.setattr(Trips, "_write", write)
        names.append((await channel.geofence.StartTrip(request)).name)
        return await write(*args)

    monkeypatch.setattr(Trips, "_write", after_another)
    names.append((await channel.geofence.StartTrip(request)).name)
    assert names[0] == names[1]
    assert [2] == [await database.zcard(key) async for key in database.scan_iter("*:trips")]


async def test_a_partition_keeps_so_many_devices(parts, monkeypatch):
    monkeypatch.setenv("ENRAYON_GEOFENCE_DEVICES", "1")
    async with gated(parts) as callers:
        channel = callers.by(Role.CHANNEL)
        answers = await asyncio.gather(
            *(trip(channel, number) for number in range(200)), return_exceptions=True
        )
        kept = [
            await parts.client.hlen(key) async for key in parts.client.scan_iter("{f*}:devices")
        ]
    refused = {quota_of(each) for each in answers if isinstance(each, grpc.aio.AioRpcError)}
    assert {("partition_devices", "1")} == refused
    assert {1} == set(kept)


async def test_a_retry_of_an_alert_passes_a_full_quota(database):
    alerts = Alerts(database, most=1)
    one = Alert("one", ("milk",), ("t-forum",), 1, 2**42)
    await alerts.create("owner", one)
    await alerts.create("owner", one)
    assert [one] == await alerts.all("owner")


def test_the_table_names_each_method_that_creates_something():
    text = SCALING.read_text("utf-8").partition("## What a caller can create")[2]
    named = set(re.findall(r"[A-Z][A-Za-z]+(?=[,| ])", text.partition("\n## ")[0]))
    methods = {path.rpartition("/")[2] for path in POLICY}
    creating = {name for name in methods if CREATES.match(name) and not name.startswith("StreamE")}
    assert set() == creating - named
