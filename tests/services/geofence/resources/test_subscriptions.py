"""Subscriptions: created with a secret, changed, and refused."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.directory.records import Records
from tests.support.geofence import (
    KAMPPI,
    circle,
    create,
    name_of,
    reading,
    subscribe,
    take,
    visit,
)

HOOK = {"uri": "https://shop.example/hook"}


async def listed(stub: Any) -> list[str]:
    answer = await stub.ListSubscriptions(pb.ListSubscriptionsRequest())
    return [subscription.name for subscription in answer.subscriptions]


async def test_a_subscription_is_created_read_changed_and_deleted(fences):
    made = await subscribe(fences, "hook", webhook=HOOK)
    changed = await fences.UpdateSubscription(
        pb.UpdateSubscriptionRequest(
            subscription=pb.Subscription(name=made.name, disabled=True, etag=made.etag),
            update_mask=FieldMask(paths=["disabled"]),
        )
    )
    read = await fences.GetSubscription(pb.GetSubscriptionRequest(name=made.name))
    assert changed == read
    assert ("https://shop.example/hook", "", True) == (
        read.webhook.uri,
        read.webhook.secret,
        read.disabled,
    )
    with pytest.raises(grpc.aio.AioRpcError) as stale:
        await fences.DeleteSubscription(
            pb.DeleteSubscriptionRequest(name=made.name, etag=made.etag)
        )
    await fences.DeleteSubscription(pb.DeleteSubscriptionRequest(name=made.name))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await fences.DeleteSubscription(pb.DeleteSubscriptionRequest(name=made.name))
    assert [grpc.StatusCode.ABORTED, grpc.StatusCode.NOT_FOUND] == [
        failure.value.code() for failure in (stale, gone)
    ]
    assert [] == await listed(fences)


async def test_a_retry_gets_the_secret_of_the_first_attempt(fences):
    request = pb.CreateSubscriptionRequest(
        subscription=pb.Subscription(webhook=HOOK), request_id="r"
    )
    first, again = await asyncio.gather(
        fences.CreateSubscription(request), fences.CreateSubscription(request)
    )
    assert first == again
    assert first.webhook.secret.startswith("whsec_")
    assert [first.name] == await listed(fences)


async def test_an_id_with_other_content_is_refused_and_the_first_goes_on(fences):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(fences)
    await visit(fences, "a")
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await subscribe(fences, filter={"event_types": [pb.EVENT_TYPE_EXIT]})
    assert grpc.StatusCode.ALREADY_EXISTS == failure.value.code()
    async with reading(fences) as events:
        assert ["ENTER", "EXIT"] == [name_of(each.event) for each in await take(events, 2)]


async def test_validate_only_keeps_nothing(fences, database):
    made = await fences.CreateSubscription(
        pb.CreateSubscriptionRequest(
            subscription=pb.Subscription(webhook=HOOK), subscription_id="a", validate_only=True
        )
    )
    assert ("subscriptions/a", "") == (made.name, made.webhook.secret)
    assert [] == await listed(fences)
    assert [] == await database.keys("{f[0-9]*")


async def test_a_webhook_that_may_not_be_reached_is_refused_by_its_field(fences):
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await subscribe(fences, webhook={"uri": "https://10.0.0.1/"})
    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code()
    assert (failure.value.details() or "").startswith("subscription.webhook.uri")


async def test_of_two_changes_at_once_neither_is_lost(fences, monkeypatch):
    """Both calls read the subscription before either of them writes."""
    await subscribe(fences)
    read, both_have_read = Records.read, asyncio.Barrier(2)
    reads = 0

    async def together(self: Records, id: str) -> bytes | None:
        nonlocal reads
        record = await read(self, id)
        reads += 1
        if reads <= 2:
            await both_have_read.wait()
        return record

    monkeypatch.setattr(Records, "read", together)
    changes = (
        pb.Subscription(name="subscriptions/all", disabled=True),
        pb.Subscription(name="subscriptions/all", filter={"include_muted": True}),
    )
    await asyncio.gather(
        *(
            fences.UpdateSubscription(pb.UpdateSubscriptionRequest(subscription=change))
            for change in changes
        )
    )
    kept = await fences.GetSubscription(pb.GetSubscriptionRequest(name="subscriptions/all"))
    assert (True, True) == (kept.disabled, kept.filter.include_muted)
    assert 3 == reads
