"""Subscriptions: created with their cursors and secrets, changed, disabled, deleted."""

import dataclasses
from collections.abc import Sequence

from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import FieldViolation
from services.chassis.serving.requests import violations_of
from services.directory.ids import new_id
from services.directory.kind import Kind
from services.directory.resources import Resources
from services.directory.writer import Writer
from services.geofence.convert.names import subscription_id, subscription_name
from services.geofence.errors import SubscriptionNotFound, WrongDelivery
from services.geofence.model.endpoints import check_uri
from services.geofence.replica.feeds import Feeds
from services.geofence.state.delivery import Delivery
from services.geofence.state.secrets import Secrets


def without_secret(subscription: pb.Subscription) -> None:
    """Remove the secret, which is kept apart from the record."""
    if subscription.HasField("webhook"):
        subscription.webhook.ClearField("secret")


SUBSCRIPTION = Kind(
    message=pb.Subscription,
    field="subscription",
    record_id=subscription_id,
    not_found=SubscriptionNotFound,
    normalize=without_secret,
)


class Subscriptions:
    """Reads and changes subscriptions."""

    def __init__(
        self,
        writer: Writer,
        feeds: Feeds,
        delivery: Delivery,
        secrets: Secrets,
        clock: Clock,
        *,
        private: bool,
    ) -> None:
        """Prepare the resources.

        Args:
            writer: Of the records.
            feeds: Fences and subscriptions in memory.
            delivery: Cursors, queues and dead letters.
            secrets: Of the webhooks.
            clock: The server's.
            private: Allow webhooks with http and private addresses.
        """
        self._feeds = feeds
        self._delivery = delivery
        self._secrets = secrets
        self._clock = clock
        self._private = private
        kind = dataclasses.replace(SUBSCRIPTION, violations=self._violations)
        self._resources = Resources(kind, writer, clock)

    def find(self, name: str) -> pb.Subscription:
        """A subscription.

        Raises:
            SubscriptionNotFound: there is none of that name.
        """
        found = self._feeds.subscriptions.replica.by_id.get(subscription_id(name))
        if found is None:
            raise SubscriptionNotFound(name)
        return found

    def find_webhook(self, name: str) -> pb.Subscription:
        """A subscription with a webhook.

        Raises:
            SubscriptionNotFound: there is none of that name.
            WrongDelivery: it has no webhook.
        """
        subscription = self.find(name)
        if not subscription.HasField("webhook"):
            raise WrongDelivery("this subscription has no webhook")
        return subscription

    async def create(self, request: pb.CreateSubscriptionRequest) -> pb.Subscription:
        """Create a subscription; the answer alone holds its secret.

        Raises:
            InvalidArgument: it breaks the contract, or its webhook may not be reached.
            AlreadyExists: the id is taken by another content.
        """
        scope = (current_caller().id, "subscriptions")
        id = new_id(request.subscription_id, request.request_id, scope)
        subscription = pb.Subscription()
        subscription.CopyFrom(request.subscription)
        subscription.name = subscription_name(id)
        [created] = await self._resources.create([subscription], validate_only=True)
        if request.validate_only:
            return created
        # Cursors come before the record: a reader of the subscription then misses no event.
        await self._delivery.begin(id, self._now_ms())
        [created] = await self._resources.create([subscription])
        if not created.HasField("webhook"):
            return created
        return with_secret(created, await self._secrets.create(id))

    async def update(self, request: pb.UpdateSubscriptionRequest) -> pb.Subscription:
        """Change a subscription.

        Raises:
            InvalidArgument: the changed subscription breaks the contract.
            SubscriptionNotFound: there is none of that name.
            EtagMismatch: it was changed by another call.
        """
        return await self._resources.update(request.subscription, request.update_mask)

    async def delete(self, request: pb.DeleteSubscriptionRequest) -> None:
        """Delete a subscription with its cursors, queues, dead letters and secrets.

        Raises:
            SubscriptionNotFound: there is none, and that is not allowed.
            EtagMismatch: it was changed by another call.
        """
        await self._resources.delete(
            request.name, etag=request.etag, allow_missing=request.allow_missing
        )
        id = subscription_id(request.name)
        await self._delivery.forget(id)
        await self._secrets.forget(id)

    async def rotate_secret(self, name: str) -> pb.Subscription:
        """Give a webhook a new secret, which the answer alone holds.

        Raises:
            SubscriptionNotFound: there is none of that name.
            WrongDelivery: it has no webhook.
        """
        subscription = self.find_webhook(name)
        secret = await self._secrets.rotate(subscription_id(name), self._now_ms())
        return with_secret(subscription, secret)

    async def disable(self, name: str) -> None:
        """Disable a subscription whose endpoint says that it is gone."""
        change = pb.Subscription(name=name, disabled=True)
        await self._resources.update(change, FieldMask(paths=["disabled"]))

    def _violations(self, subscription: pb.Subscription) -> Sequence[FieldViolation]:
        """The violations of the contract. Raises for a webhook that may not be reached."""
        found = violations_of(subscription)
        if not found and subscription.HasField("webhook"):
            check_uri(subscription.webhook.uri, private=self._private)
        return found

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)


def with_secret(subscription: pb.Subscription, secret: str) -> pb.Subscription:
    """A copy with the secret of the webhook."""
    answer = pb.Subscription()
    answer.CopyFrom(subscription)
    answer.webhook.secret = secret
    return answer
