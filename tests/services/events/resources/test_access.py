"""Subscriptions belong to their callers, and tell each what it may see."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.events.v1 import events_pb2 as pb
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from services.chassis.access.gate import Gate
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import new_key
from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessSettings
from services.chassis.clock import utc_now
from services.directory.events import Event, stream_key
from services.directory.known import Known
from services.events import bootstrap
from services.policy import POLICY
from tests.support.endpoint import endpoint
from tests.support.events import reading, subscribe, take
from tests.support.gated import LIMITS, Stubs
from tests.support.geofence import running
from tests.support.hosting import serving
from tests.support.stock import FORUM, PRODUCTS, STOCKMANN, hold, state
from tests.support.stores import SHOPS, upsert

CODE = grpc.StatusCode


@pytest.fixture
async def callers(parts, monkeypatch) -> AsyncIterator[dict[str, Any]]:
    """Two applications, the staff of a shop, an admin, and a page."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    monkeypatch.setenv("ENRAYON_EVENTS_SUBSCRIPTIONS_PER_CALLER", "3")
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")
    monkeypatch.setenv("ENRAYON_ACCESS_REFRESH_S", "0.1")
    store, keys = KeyStore(parts.client), {}
    for name, role, stores in (
        ("app", Role.CHANNEL, ()),
        ("chat", Role.CHANNEL, ()),
        ("till", Role.STAFF, (STOCKMANN.removeprefix("stores/"),)),
        ("office", Role.ADMIN, ()),
    ):
        key, keys[name] = new_key(name, role, utc_now(), stores=stores)
        assert await store.create(key)
    access = AccessSettings(access="enforced", **LIMITS)
    async with (
        Gate(access, POLICY, parts.client, utc_now) as gate,
        serving(parts, gate) as address,
    ):
        made = {name: Stubs(address, [("x-api-key", key)]) for name, key in keys.items()}
        made["nobody"] = Stubs(address, [])
        admin = made["office"]
        await upsert(admin.stores, SHOPS)
        await admin.stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
        for shop in (STOCKMANN, FORUM):
            await state(admin.stock, shop, milk=10)
        yield made
        for stubs in made.values():
            await stubs.channel.close()


async def told(caller: Any, id: str, count: int) -> list[str]:
    async with reading(caller.events, id) as events:
        found = [each.event.subject for each in await take(events, count)]
        with pytest.raises(TimeoutError):
            await take(events, 1, timeout_s=0.4)
    return found


async def test_each_is_told_its_own_holds_and_nobody_anothers(callers):
    wanted = {"types": ["reservation.confirmed", "fence.enter"]}
    for name in ("app", "chat", "till", "office"):
        await subscribe(callers[name].events, name, filter=wanted)
    mine = await hold(callers["app"].stock, STOCKMANN, milk=1)
    theirs = await hold(callers["chat"].stock, FORUM, milk=1)

    assert [mine.name] == await told(callers["app"], "app", 1)
    assert [theirs.name] == await told(callers["chat"], "chat", 1)
    assert [mine.name] == await told(callers["till"], "till", 1)
    assert {mine.name, theirs.name} == set(await told(callers["office"], "office", 2))


async def test_alerts_and_trips_are_for_their_owners_and_fences_for_admins(callers, database):
    for name in ("app", "till", "office"):
        await subscribe(callers[name].events, name)
    now_ms = round(utc_now().timestamp() * 1000)
    for type, owner, store in (
        ("alert.fired", "keys/app", "t-forum"),
        ("alert.fired", "keys/chat", "t-forum"),
        ("trip.arrived", "keys/chat", "t-stockmann"),
        ("trip.arrived", "keys/app", "t-forum"),
        ("fence.enter", "", "t-stockmann"),
    ):
        event = Event(type, store, f"{type}-{owner}", now_ms, owner=owner)
        await database.xadd(stream_key("s01"), {"j": event.text})
    assert ["alert.fired-keys/app", "trip.arrived-keys/app"] == await told(callers["app"], "app", 2)
    assert ["trip.arrived-keys/chat"] == await told(callers["till"], "till", 1)
    assert 5 == len(await told(callers["office"], "office", 5))


async def test_staff_is_not_told_what_an_application_keeps_of_a_person(callers, database):
    for name in ("app", "till"):
        await subscribe(callers[name].events, name)
    known = Known("anna", {"tier": "gold"}, ("tea",))
    await database.hset("{f01}:known", "d1", known.text)
    trip = {"trip": f"{STOCKMANN}/trips/1"}
    event = Event("trip.arrived", "t-stockmann", "devices/d1", 1, owner="keys/app", data=trip)
    await database.xadd(stream_key("f01"), {"j": event.text})

    told = {}
    for name in ("app", "till"):
        async with reading(callers[name].events, name) as events:
            [each] = await take(events, 1)
            told[name] = (each.event.reference, set(each.event.data))
    assert {
        "app": ("anna", {"trip", "device_labels", "products"}),
        "till": ("anna", {"trip"}),
    } == told


async def test_nobody_but_an_admin_is_told_that_a_private_store_is_gone(callers):
    wanted = {"types": ["store.created", "store.deleted", "store.updated"], "brands": ["x & sons"]}
    for name in ("app", "office"):
        made = await subscribe(callers[name].events, name, filter=wanted)
        assert ["filter.brands[0]: no store has the brand 'x & sons'"] == made.warnings
    stores = callers["office"].stores
    open_one, hidden, swept = (
        stores_pb2.Store(
            name=f"stores/x-{number}", display_name="X", brand="X & Sons", private=number > 0
        )
        for number in range(3)
    )
    await upsert(stores, [open_one, hidden, swept], source="x")
    for each in (open_one, hidden):
        await stores.DeleteStore(stores_pb2.DeleteStoreRequest(name=each.name))
    await upsert(stores, [], source="x", replace=True)

    told = {}
    for name, count in (("app", 1), ("office", 6)):
        async with reading(callers[name].events, name) as events:
            found = [each.event for each in await take(events, count)]
            with pytest.raises(TimeoutError):
                await take(events, 1, timeout_s=0.4)
        told[name] = sorted((each.subject, each.type) for each in found)
    every = [
        (f"stores/x-{n}", f"store.{type}") for n in range(3) for type in ("created", "deleted")
    ]
    assert {"app": [("stores/x-0", "store.deleted")], "office": every} == told


async def test_a_warning_tells_staff_of_its_own_private_store_and_others_of_none(callers):
    mask = FieldMask(paths=["private"])
    hidden = stores_pb2.Store(name=STOCKMANN, private=True)
    await callers["office"].stores.UpdateStore(
        stores_pb2.UpdateStoreRequest(store=hidden, update_mask=mask)
    )
    told = {}
    for name in ("app", "till", "office"):
        wanted = {"stores": [STOCKMANN, "stores/t-none"], "types": ["store.closed"]}
        made = await subscribe(callers[name].events, name, filter=wanted)
        told[name] = [each for each in made.warnings if "there is no" in each]
    none = "filter.stores[1]: there is no stores/t-none"
    assert {
        "app": [f"filter.stores[0]: there is no {STOCKMANN}", none],
        "till": [none],
        "office": [none],
    } == told


async def test_anothers_subscription_is_not_there(callers):
    await subscribe(callers["app"].events, "mine", webhook={"uri": "https://shop.example/"})
    name = "subscriptions/mine"
    chat, app = callers["chat"].events, callers["app"].events
    calls = [
        chat.GetSubscription(pb.GetSubscriptionRequest(name=name)),
        chat.DeleteSubscription(pb.DeleteSubscriptionRequest(name=name)),
        chat.UpdateSubscription(
            pb.UpdateSubscriptionRequest(subscription=pb.Subscription(name=name, disabled=True))
        ),
        chat.RotateSubscriptionSecret(pb.RotateSubscriptionSecretRequest(name=name)),
        chat.ListDeadLetters(pb.ListDeadLettersRequest(parent=name)),
        chat.ReplayDeadLetters(pb.ReplayDeadLettersRequest(parent=name)),
        chat.AckEvents(pb.AckEventsRequest(subscription=name, ack_tokens=["f01-1-1"])),
        chat.StreamEvents(pb.StreamEventsRequest(subscription=name)).read(),
    ]
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        assert CODE.NOT_FOUND is refused.value.code()
    assert not (await chat.ListSubscriptions(pb.ListSubscriptionsRequest())).subscriptions
    for caller in (app, callers["office"].events):
        [kept] = (await caller.ListSubscriptions(pb.ListSubscriptionsRequest())).subscriptions
        assert (name, "keys/app", pb.Subscription.SCOPE_OWN) == (kept.name, kept.owner, kept.scope)


async def test_a_caller_cannot_give_itself_more(callers):
    """Owner and scope are the server's, whatever a request says."""
    wish = pb.Subscription(owner="keys/office", scope=pb.Subscription.SCOPE_ALL)
    made = await subscribe(
        callers["app"].events, "x", owner=wish.owner, scope=wish.scope, scope_stores=[FORUM]
    )
    wish.name = made.name
    changed = await callers["app"].events.UpdateSubscription(
        pb.UpdateSubscriptionRequest(subscription=wish, update_mask={"paths": ["*"]})
    )
    for each in (made, changed):
        assert ("keys/app", pb.Subscription.SCOPE_OWN, []) == (
            each.owner,
            each.scope,
            list(each.scope_stores),
        )


async def test_a_key_that_is_revoked_or_has_less_is_posted_nothing_until_it_is_back(callers, parts):
    store = KeyStore(parts.client)
    office, app = callers["office"], callers["app"]
    old = await store.get("app")
    assert old
    name = "subscriptions/hook"

    async def suspended(expected: int) -> None:
        """Wait until servers know it, then longer than workers need."""
        asked = pb.GetSubscriptionRequest(name=name)
        async with asyncio.timeout(15):
            while (await office.events.GetSubscription(asked)).suspension != expected:  # noqa: ASYNC110 - told over the network
                await asyncio.sleep(0.1)
        await asyncio.sleep(0.3)

    async def opened(shop: str) -> None:
        for status in (stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED, stores_pb2.STORE_STATUS_OPEN):
            changed = stores_pb2.Store(name=shop, status=status)
            await office.stores.UpdateStore(
                stores_pb2.UpdateStoreRequest(store=changed, update_mask={"paths": ["status"]})
            )

    async with endpoint() as hook, running(bootstrap.build(parts)):
        wanted = {"types": ["store.opened"]}
        await subscribe(app.events, "hook", webhook={"uri": hook.uri}, filter=wanted)
        await opened(STOCKMANN)
        await hook.wait(1)
        staff = replace(old, role=Role.STAFF, stores=("t-stockmann",))
        fewer = pb.Subscription.SUSPENSION_FEWER_RIGHTS
        for key, reason in (
            (None, pb.Subscription.SUSPENSION_KEY_REVOKED),
            (staff, fewer),
            (replace(old, scopes=("stock",)), fewer),
        ):
            await store.revoke("app")
            if key:
                assert await store.create(key)
            await suspended(reason)
            await opened(FORUM)
        assert 1 == len(hook.posts)
        await store.revoke("app")
        assert await store.create(old)
        await suspended(pb.Subscription.SUSPENSION_UNSPECIFIED)
        await hook.wait(4)
    assert [STOCKMANN, FORUM, FORUM, FORUM] == [
        json.loads(body)["subject"] for _, body in hook.posts
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((Role.ADMIN, ()), (Role.CHANNEL, ())),
        ((Role.ADMIN, ()), (Role.STAFF, ("t-forum",))),
        ((Role.STAFF, ("t-stockmann",)), (Role.STAFF, ("t-forum",))),
        ((Role.STAFF, ("t-stockmann",)), (Role.CHANNEL, ())),
        ((Role.CHANNEL, ()), (Role.STAFF, ("t-forum",))),
    ],
)
async def test_who_has_fewer_rights_by_now_is_told_nothing_by_its_old_subscriptions(
    callers, parts, before, after
):
    store = KeyStore(parts.client)

    async def caller(role: Role, stores: tuple[str, ...]) -> Stubs:
        key, token = new_key("turncoat", role, utc_now(), stores=stores)
        await store.revoke("turncoat")
        assert await store.create(key)
        made = Stubs(callers["app"].address, [("x-api-key", token)])
        found: Stubs = callers.setdefault(role.name + "".join(stores), made)
        return found

    old = await caller(*before)
    await subscribe(old.events, "stream")
    await subscribe(old.events, "hook", webhook={"uri": "https://shop.example/"})
    new = (await caller(*after)).events
    stream, hook = "subscriptions/stream", "subscriptions/hook"
    moved = pb.Subscription(name=hook, webhook={"uri": "https://elsewhere.example/"})
    for call in (
        new.StreamEvents(pb.StreamEventsRequest(subscription=stream)).read(),
        new.ListDeadLetters(pb.ListDeadLettersRequest(parent=hook)),
        new.ReplayDeadLetters(pb.ReplayDeadLettersRequest(parent=hook)),
        new.RotateSubscriptionSecret(pb.RotateSubscriptionSecretRequest(name=hook)),
        new.UpdateSubscription(pb.UpdateSubscriptionRequest(subscription=moved)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        assert CODE.PERMISSION_DENIED is refused.value.code()
    for name in (stream, hook):
        await new.DeleteSubscription(pb.DeleteSubscriptionRequest(name=name))
    await subscribe(new, "stream")
    async with reading(new, "stream"):
        pass


async def test_a_caller_has_so_many_and_a_page_none(callers):
    for number in range(3):
        await subscribe(callers["app"].events, f"s{number}")
    with pytest.raises(grpc.aio.AioRpcError) as full:
        await subscribe(callers["app"].events, "s3")
    await subscribe(callers["app"].events, "s2")  # a retry
    await subscribe(callers["chat"].events, "other")
    with pytest.raises(grpc.aio.AioRpcError) as anonymous:
        await subscribe(callers["nobody"].events, "x")
    assert [CODE.RESOURCE_EXHAUSTED, CODE.UNAUTHENTICATED] == [
        full.value.code(),
        anonymous.value.code(),
    ]
