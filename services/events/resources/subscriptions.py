"""Subscriptions: created with their cursors and secrets, changed, disabled, deleted."""

import dataclasses
import difflib
from collections.abc import Sequence

from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.events.v1 import events_pb2 as pb
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import FieldViolation, QuotaExceeded
from services.chassis.serving.requests import violations_of
from services.directory.directory import Directory
from services.directory.events import LIFETIMES_S
from services.directory.feed import Feed
from services.directory.ids import new_id
from services.directory.kind import Kind
from services.directory.resources import Resources
from services.directory.unmatched import unmatched
from services.directory.writer import Writer
from services.events.convert.names import subscription_id, subscription_name
from services.events.convert.subscriptions import subscription_of
from services.events.errors import SubscriptionNotFound, WrongDelivery
from services.events.model.endpoints import check_uri
from services.events.model.matching import untold
from services.events.model.sources import partitions_for
from services.events.replica.subscriptions import SubscriptionsReplica
from services.events.resources.owners import Owners, check_scope, give, is_own
from services.events.state.delivery import Delivery
from services.events.state.secrets import Secrets


def without_secret(subscription: pb.Subscription) -> None:
    """Remove the secret, which is kept apart from the record."""
    if subscription.HasField("webhook"):
        subscription.webhook.ClearField("secret")


SUBSCRIPTION = Kind(
    message=pb.Subscription,
    field="subscription",
    record_id=subscription_id,
    not_found=SubscriptionNotFound,
    output=("etag", "update_time", "warnings", "suspension"),
    fixed=("owner", "scope", "scope_stores"),
    parse=subscription_of,
    normalize=without_secret,
)


class Subscriptions:
    """Reads and changes subscriptions."""

    def __init__(
        self,
        writer: Writer,
        feed: Feed[SubscriptionsReplica],
        delivery: Delivery,
        secrets: Secrets,
        directory: Directory,
        owners: Owners,
        clock: Clock,
        *,
        most: int,
        private: bool,
    ) -> None:
        """Prepare the resources.

        Args:
            writer: Of the records.
            feed: Subscriptions in memory.
            delivery: Cursors, queues and dead letters.
            secrets: Of the webhooks.
            directory: Stores and brands that filters name.
            owners: Their keys.
            clock: The server's.
            most: Subscriptions that one caller may have, but for admins; 0: no limit.
            private: Allow webhooks with http and private addresses.
        """
        self._feed = feed
        self._delivery = delivery
        self._secrets = secrets
        self._directory = directory
        self._owners = owners
        self._clock = clock
        self._most = most
        self._private = private
        kind = dataclasses.replace(SUBSCRIPTION, violations=self._violations)
        self._resources = Resources(kind, writer, clock)

    def all(self) -> list[pb.Subscription]:
        """The subscriptions that the caller may see, by id."""
        caller = current_caller()
        return [
            each for _, each in sorted(self._feed.replica.by_id.items()) if is_own(caller, each)
        ]

    def find(self, name: str) -> pb.Subscription:
        """A subscription.

        Raises:
            SubscriptionNotFound: there is none of that name, or it is another caller's.
        """
        found = self._feed.replica.by_id.get(subscription_id(name))
        if found is None or not is_own(current_caller(), found):
            raise SubscriptionNotFound(name)
        return found

    def find_readable(self, name: str) -> pb.Subscription:
        """A subscription whose events the caller may be told now.

        Raises:
            SubscriptionNotFound: there is none of that name, or it is another caller's.
            PermissionDenied: the caller had more rights when it made the subscription.
        """
        subscription = self.find(name)
        check_scope(current_caller(), subscription)
        return subscription

    def find_webhook(self, name: str) -> pb.Subscription:
        """A subscription with a webhook, whose events the caller may be told now.

        Raises:
            SubscriptionNotFound: there is none of that name.
            PermissionDenied: the caller had more rights when it made the subscription.
            WrongDelivery: it has no webhook.
        """
        subscription = self.find_readable(name)
        if not subscription.HasField("webhook"):
            raise WrongDelivery("this subscription has no webhook")
        return subscription

    async def shown(self, subscription: pb.Subscription) -> pb.Subscription:
        """A copy that tells if it is suspended."""
        shown = pb.Subscription()
        shown.CopyFrom(subscription)
        shown.suspension = await self._owners.suspension(subscription)
        return shown

    async def create(self, request: pb.CreateSubscriptionRequest) -> pb.Subscription:
        """Create a subscription; the answer alone holds its secret.

        Raises:
            InvalidArgument: it breaks the contract, or its webhook may not be reached.
            AlreadyExists: the id is taken by another content.
            QuotaExceeded: the caller has as many subscriptions as it may.
        """
        scope = (current_caller().id, "subscriptions")
        id = new_id(request.subscription_id, request.request_id, scope)
        subscription = pb.Subscription()
        subscription.CopyFrom(request.subscription)
        subscription.name = subscription_name(id)
        give(subscription, current_caller())
        self._check_quota(id, subscription)
        [created] = await self._resources.create([subscription], validate_only=True)
        if request.validate_only:
            return self._warned(created)
        # Cursors come before the record: a reader of the subscription then misses no event.
        await self._delivery.begin(id, partitions_for(subscription.filter.types), self._now_ms())
        [created] = await self._resources.create([subscription])
        self._warned(created)
        if not created.HasField("webhook"):
            return created
        return with_secret(created, await self._secrets.create(id))

    async def update(self, request: pb.UpdateSubscriptionRequest) -> pb.Subscription:
        """Change a subscription.

        Raises:
            InvalidArgument: the changed subscription breaks the contract.
            SubscriptionNotFound: there is none of that name.
            PermissionDenied: the caller had more rights when it made the subscription.
            EtagMismatch: it was changed by another call.
        """
        before = await self._stored(request.subscription.name)
        if before is not None:
            check_scope(current_caller(), before)
        after = await self._resources.update(request.subscription, request.update_mask)
        assert before is not None  # else the update had failed
        old, new = (set(partitions_for(each.filter.types)) for each in (before, after))
        id = subscription_id(after.name)
        await self._delivery.begin(id, new - old, self._now_ms())
        await self._delivery.forget(id, old - new)
        return self._warned(after)

    async def delete(self, request: pb.DeleteSubscriptionRequest) -> None:
        """Delete a subscription with its cursors, queues, dead letters and secrets.

        Raises:
            SubscriptionNotFound: there is none, and that is not allowed.
            EtagMismatch: it was changed by another call.
        """
        await self._stored(request.name)
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

    async def _stored(self, name: str) -> pb.Subscription | None:
        """A subscription in the database; None if there is none.

        Raises:
            SubscriptionNotFound: it is another caller's.
        """
        stored = await self._resources.read(name)
        if stored is not None and not is_own(current_caller(), stored):
            raise SubscriptionNotFound(name)
        return stored

    def _check_quota(self, id: str, subscription: pb.Subscription) -> None:
        if self._most and subscription.scope != pb.Subscription.SCOPE_ALL:
            others = [
                each
                for each in self._feed.replica.of(subscription.owner)
                if each.name != subscription_name(id)
            ]
            if len(others) >= self._most:
                raise QuotaExceeded("subscriptions", self._most)

    def _warned(self, subscription: pb.Subscription) -> pb.Subscription:
        """The subscription, which is about to be answered, with warnings."""
        wanted = subscription.filter
        private = subscription.scope == pb.Subscription.SCOPE_ALL
        found = unmatched(
            self._directory,
            wanted.brands,
            wanted.stores,
            "filter.",
            private=private,
            own=subscription.scope_stores,
        )
        subscription.warnings.extend([*found, *untold(subscription)])
        return subscription

    def _violations(self, subscription: pb.Subscription) -> Sequence[FieldViolation]:
        """The violations of the contract. Raises for a webhook that may not be reached."""
        found = [*violations_of(subscription), *unknown_types(subscription.filter.types)]
        if not found and subscription.HasField("webhook"):
            check_uri(subscription.webhook.uri, private=self._private)
        return found

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)


def unknown_types(types: Sequence[str]) -> list[FieldViolation]:
    """A violation for each type that there is not, with the nearest one."""
    return [
        FieldViolation(f"filter.types[{number}]", problem_of(type))
        for number, type in enumerate(types)
        if type not in LIFETIMES_S
    ]


def problem_of(type: str) -> str:
    """What is wrong with a type that there is not."""
    near = difflib.get_close_matches(type, LIFETIMES_S, 1)
    return f"no type of events; did you mean {near[0]}?" if near else "no type of events"


def with_secret(subscription: pb.Subscription, secret: str) -> pb.Subscription:
    """A copy with the secret of the webhook."""
    answer = pb.Subscription()
    answer.CopyFrom(subscription)
    answer.webhook.secret = secret
    return answer
