"""The methods of servicers of `enrayon/events/v1/events.proto`. Generated; do not edit."""

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol, TypeAlias, TypeVar

from enrayon.events.v1 import events_pb2
from google.protobuf import empty_pb2

ResponseT = TypeVar("ResponseT")
Answer: TypeAlias = ResponseT | bytes | Awaitable[ResponseT | bytes]
"""A response or its bytes, at once or awaited."""
Stream: TypeAlias = AsyncIterator[ResponseT | bytes]
"""Responses or their bytes, one after the other."""


class EventsServicer(Protocol):
    """Answers `enrayon.events.v1.EventsService`."""

    def create_subscription(
        self, request: events_pb2.CreateSubscriptionRequest, /
    ) -> Answer[events_pb2.Subscription]:
        """Creates a subscription: from now on its events are stored until they are delivered."""

    def get_subscription(
        self, request: events_pb2.GetSubscriptionRequest, /
    ) -> Answer[events_pb2.Subscription]:
        """One subscription."""

    def update_subscription(
        self, request: events_pb2.UpdateSubscriptionRequest, /
    ) -> Answer[events_pb2.Subscription]:
        """Changes a subscription: its filter, its endpoint, its disabled flag."""

    def list_subscriptions(
        self, request: events_pb2.ListSubscriptionsRequest, /
    ) -> Answer[events_pb2.ListSubscriptionsResponse]:
        """The caller's subscriptions, by name; an admin sees all."""

    def delete_subscription(
        self, request: events_pb2.DeleteSubscriptionRequest, /
    ) -> Answer[empty_pb2.Empty]:
        """Deletes a subscription with its undelivered events."""

    def rotate_subscription_secret(
        self, request: events_pb2.RotateSubscriptionSecretRequest, /
    ) -> Answer[events_pb2.Subscription]:
        """Sets a new secret for a webhook. For 24 hours deliveries are also signed with the old
        one."""

    def stream_events(
        self, request: events_pb2.StreamEventsRequest, /
    ) -> Stream[events_pb2.StreamEventsResponse]:
        """Streams the events of a subscription without a webhook: first the unacknowledged ones,
        then new ones. Several readers of one subscription share its partitions. A reader keeps its
        partitions until its call ends: cancel the call to stop reading (leaving the loop in Python
        does not cancel it), so that the next reader gets them immediately. A reader with waiting
        events that acknowledges nothing for long (by default 10 minutes) is ended with
        NOT_ACKNOWLEDGED."""

    def ack_events(
        self, request: events_pb2.AckEventsRequest, /
    ) -> Answer[events_pb2.AckEventsResponse]:
        """Acknowledges events: they, and all earlier ones in their partitions, are not delivered
        again."""

    def list_dead_letters(
        self, request: events_pb2.ListDeadLettersRequest, /
    ) -> Answer[events_pb2.ListDeadLettersResponse]:
        """The events that could not be delivered to a webhook."""

    def replay_dead_letters(
        self, request: events_pb2.ReplayDeadLettersRequest, /
    ) -> Answer[events_pb2.ReplayDeadLettersResponse]:
        """Queues the dead letters of a subscription for delivery again."""
