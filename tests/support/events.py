"""Helpers for tests of the events service: subscriptions, readers, acknowledgements."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from enrayon.events.v1 import events_pb2 as pb


async def subscribe(stub: Any, id: str = "all", **fields: object) -> Any:
    return await stub.CreateSubscription(
        pb.CreateSubscriptionRequest(subscription=pb.Subscription(**fields), subscription_id=id)
    )


@asynccontextmanager
async def reading(stub: Any, id: str = "all", **options: object) -> AsyncIterator[Any]:
    """A stream of events, once the first answer says that it is being read."""
    call = stub.StreamEvents(pb.StreamEventsRequest(subscription=f"subscriptions/{id}", **options))
    first = await call.read()
    assert not first.HasField("event")
    try:
        yield call
    finally:
        call.cancel()


async def take(call: Any, count: int, timeout_s: float = 20.0) -> list[pb.StreamEventsResponse]:
    found: list[pb.StreamEventsResponse] = []
    async with asyncio.timeout(timeout_s):
        while len(found) < count:
            response = await call.read()
            if response.HasField("event"):  # an empty one only shows that the stream is alive
                found.append(response)
    return found


def types_of(told: Iterable[pb.StreamEventsResponse]) -> list[str]:
    return [each.event.type for each in told]


def number_of(event: pb.Event) -> int:
    """The number of an event of a device."""
    return int(event.data["number"])


async def ack(stub: Any, tokens: Iterable[str], id: str = "all") -> None:
    await stub.AckEvents(pb.AckEventsRequest(subscription=f"subscriptions/{id}", ack_tokens=tokens))
