"""The methods of EventsService: reads from memory, and changes by the resources."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from google.protobuf.empty_pb2 import Empty

from enrayon.events.v1 import events_pb2 as pb
from services.chassis.clock import Clock
from services.chassis.messages.masks import check_mask
from services.chassis.messages.paging import PageTokens, page_size
from services.chassis.serving.commits import commit
from services.chassis.serving.methods import endless
from services.events.resources.dead_letters import DeadLetters, message_of, page_after
from services.events.resources.events import Reader, acknowledge, check_stream
from services.events.resources.reading import Reading
from services.events.resources.subscriptions import Subscriptions
from services.events.state.delivery import Delivery

WINDOW = 1000
"""Events of a partition that may wait for their acknowledgement, unless the request says."""


@dataclass(frozen=True)
class EventsServicer:
    """Answers from memory; changes go through the resources."""

    tokens: PageTokens
    subscriptions: Subscriptions
    dead_letters: DeadLetters
    delivery: Delivery
    reading: Reading
    ack_s: float
    clock: Clock

    async def create_subscription(self, request: pb.CreateSubscriptionRequest) -> pb.Subscription:
        """Creates a subscription."""
        return await commit(self.subscriptions.create(request))

    async def get_subscription(self, request: pb.GetSubscriptionRequest) -> pb.Subscription:
        """One subscription."""
        return await self.subscriptions.shown(self.subscriptions.find(request.name))

    async def update_subscription(self, request: pb.UpdateSubscriptionRequest) -> pb.Subscription:
        """Changes a subscription."""
        check_mask(request.update_mask, pb.Subscription.DESCRIPTOR, "update_mask")
        return await self.subscriptions.update(request)

    async def list_subscriptions(
        self, request: pb.ListSubscriptionsRequest
    ) -> pb.ListSubscriptionsResponse:
        """The caller's subscriptions, by name."""
        page, token = self.tokens.page(request, self.subscriptions.all(), by_id)
        shown = [await self.subscriptions.shown(each) for each in page]
        return pb.ListSubscriptionsResponse(subscriptions=shown, next_page_token=token)

    async def delete_subscription(self, request: pb.DeleteSubscriptionRequest) -> Empty:
        """Deletes a subscription."""
        await commit(self.subscriptions.delete(request))
        return Empty()

    async def rotate_subscription_secret(
        self, request: pb.RotateSubscriptionSecretRequest
    ) -> pb.Subscription:
        """Gives a webhook a new secret."""
        return await self.subscriptions.rotate_secret(request.name)

    @endless
    async def stream_events(
        self, request: pb.StreamEventsRequest
    ) -> AsyncIterator[pb.StreamEventsResponse]:
        """The events not acknowledged yet, then those to come."""
        subscription = self.subscriptions.find_readable(request.subscription)
        check_stream(subscription)
        window = request.max_unacknowledged or WINDOW
        reader = Reader(self.delivery, self.reading, subscription, window, self.ack_s, self.clock)
        async with aclosing(reader.events(from_now=request.from_now)) as events:
            async for event in events:
                yield event

    async def ack_events(self, request: pb.AckEventsRequest) -> pb.AckEventsResponse:
        """Acknowledges events."""
        check_stream(self.subscriptions.find(request.subscription))
        await acknowledge(self.delivery, request.subscription, request.ack_tokens)
        return pb.AckEventsResponse()

    async def list_dead_letters(
        self, request: pb.ListDeadLettersRequest
    ) -> pb.ListDeadLettersResponse:
        """The events that a webhook did not accept."""
        letters = await self.dead_letters.of(request.parent)
        size = page_size(request.page_size, default=50, most=1000)
        page, cursor = page_after(letters, self.tokens.decode(request), size)
        return pb.ListDeadLettersResponse(
            dead_letters=map(message_of, page),
            next_page_token=self.tokens.encode(request, cursor) if cursor else "",
        )

    async def replay_dead_letters(
        self, request: pb.ReplayDeadLettersRequest
    ) -> pb.ReplayDeadLettersResponse:
        """Queues dead letters again."""
        count = await commit(self.dead_letters.replay(request.parent))
        return pb.ReplayDeadLettersResponse(replayed_count=count)


def by_id(resource: pb.Subscription) -> tuple[str]:
    """The key of pages of subscriptions: the id."""
    return (resource.name.partition("/")[2],)
