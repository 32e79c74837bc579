"""Subscriptions: created with a secret, changed, and refused."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.events.v1 import events_pb2 as pb
from services.directory.records import Records
from tests.support.events import reading, subscribe, take, types_of
from tests.support.geofence import KAMPPI, circle, create, visit

HOOK = {"uri": "https://shop.example/hook"}


async def listed(stub: Any) -> list[str]:
    answer = await stub.ListSubscriptions(pb.ListSubscriptionsRequest())
    return [subscription.name for subscription in answer.subscriptions]


async def test_a_subscription_is_created_read_changed_and_deleted(notices):
    made = await subscribe(notices, "hook", webhook=HOOK)
    changed = await notices.UpdateSubscription(
        pb.UpdateSubscriptionRequest(
            subscription=pb.Subscription(name=made.name, disabled=True, etag=made.etag),
            update_mask=FieldMask(paths=["disabled"]),
        )
    )
    read = await notices.GetSubscription(pb.GetSubscriptionRequest(name=made.name))
    assert changed == read
    assert ("https://shop.example/hook", "", True) == (
        read.webhook.uri,
        read.webhook.secret,
        read.disabled,
    )
    with pytest.raises(grpc.aio.AioRpcError) as stale:
        await notices.DeleteSubscription(
            pb.DeleteSubscriptionRequest(name=made.name, etag=made.etag)
        )
    await notices.DeleteSubscription(pb.DeleteSubscriptionRequest(name=made.name))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await notices.DeleteSubscription(pb.DeleteSubscriptionRequest(name=made.name))
    assert [grpc.StatusCode.ABORTED, grpc.StatusCode.NOT_FOUND] == [
        failure.value.code() for failure in (stale, gone)
    ]
    assert [] == await listed(notices)


async def test_a_retry_gets_the_secret_of_the_first_attempt(notices):
    request = pb.CreateSubscriptionRequest(
        subscription=pb.Subscription(webhook=HOOK), request_id="r"
    )
    first, again = await asyncio.gather(
        notices.CreateSubscription(request), notices.CreateSubscription(request)
    )
    assert first == again
    assert first.webhook.secret.startswith("whsec_")
    assert [first.name] == await listed(notices)


async def test_an_id_with_other_content_is_refused_and_the_first_goes_on(fences, notices):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    await visit(fences, "a")
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await subscribe(notices, filter={"types": ["fence.exit"]})
    assert grpc.StatusCode.ALREADY_EXISTS == failure.value.code()
    async with reading(notices) as events:
        assert ["fence.enter", "fence.exit"] == types_of(await take(events, 2))


async def test_validate_only_keeps_nothing(notices, database):
    made = await notices.CreateSubscription(
        pb.CreateSubscriptionRequest(
            subscription=pb.Subscription(webhook=HOOK), subscription_id="a", validate_only=True
        )
    )
    assert ("subscriptions/a", "") == (made.name, made.webhook.secret)
    assert [] == await listed(notices)
    assert [] == await database.keys("{[fs][0-9]*")


async def test_a_filter_that_matches_nothing_is_told_when_it_is_made_or_changed(notices):
    made = await subscribe(notices, filter={"stores": ["stores/none"]})
    assert ["filter.stores[0]: there is no stores/none"] == made.warnings
    [kept] = (await notices.ListSubscriptions(pb.ListSubscriptionsRequest())).subscriptions
    assert ([], made.etag) == ([*kept.warnings], kept.etag)
    kept.filter.brands.append("Nowhere & Sons")
    changed = await notices.UpdateSubscription(pb.UpdateSubscriptionRequest(subscription=kept))
    assert 2 == len(changed.warnings)


async def test_a_webhook_that_may_not_be_reached_is_refused_by_its_field(notices):
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await subscribe(notices, webhook={"uri": "https://10.0.0.1/"})
    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code()
    assert (failure.value.details() or "").startswith("subscription.webhook.uri")


async def test_of_two_changes_at_once_neither_is_lost(notices, monkeypatch):
    """Both calls read the subscription before either of them writes."""
    await subscribe(notices)
    read, both_have_read = Records.read, asyncio.Barrier(2)
    reads = 0

    async def together(self: Records, id: str) -> bytes | None:
        nonlocal reads
        record = await read(self, id)
        reads += 1
        if reads <= 4:
            await both_have_read.wait()
        return record

    monkeypatch.setattr(Records, "read", together)
    changes = (
        pb.Subscription(name="subscriptions/all", disabled=True),
        pb.Subscription(name="subscriptions/all", filter={"include_muted": True}),
    )
    await asyncio.gather(
        *(
            notices.UpdateSubscription(pb.UpdateSubscriptionRequest(subscription=change))
            for change in changes
        )
    )
    kept = await notices.GetSubscription(pb.GetSubscriptionRequest(name="subscriptions/all"))
    assert (True, True) == (kept.disabled, kept.filter.include_muted)
    assert 5 == reads  # the first of each only tells whose subscription it is
