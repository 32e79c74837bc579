"""Subscriptions: created with their cursors and secrets, disabled, erased; dead letters."""

from collections import defaultdict

from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.clock import Clock
from services.geofence.errors import SubscriptionNotFound, WrongDelivery
from services.geofence.feeds import Feeds
from services.geofence.state.delivery import Delivery, Letter, Place, position
from services.geofence.state.secrets import Secrets
from services.geofence.webhooks import check_uri
from services.geofence.writer import Check, ResourceWriter


def checker(*, private: bool) -> Check[pb.Subscription]:
    """What refuses subscriptions whose webhook may not be reached."""

    def check(_id: str, message: pb.Subscription) -> None:
        if message.HasField("webhook"):
            message.webhook.ClearField("secret")
            check_uri(message.webhook.uri, private=private)

    return check


class Subscriptions:
    """Changes subscriptions."""

    def __init__(
        self,
        writer: ResourceWriter[pb.Subscription],
        feeds: Feeds,
        delivery: Delivery,
        secrets: Secrets,
        clock: Clock,
    ) -> None:
        self._writer = writer
        self._feeds = feeds
        self._delivery = delivery
        self._secrets = secrets
        self._clock = clock

    def find(self, name: str) -> pb.Subscription:
        """A subscription.

        Raises:
            SubscriptionNotFound: there is none of that name.
        """
        found = self._feeds.subscriptions.replica.by_id.get(name.partition("/")[2])
        if found is None:
            raise SubscriptionNotFound(name)
        return found

    async def create(self, request: pb.CreateSubscriptionRequest) -> pb.Subscription:
        """Create a subscription; its secret is answered this once."""
        id = self._writer.id_for(request.subscription_id, request.request_id)
        wanted = [(id, request.subscription)]
        if request.validate_only:
            return (await self._writer.create(wanted, validate_only=True))[0]
        await self._writer.create(wanted, validate_only=True)
        # Before it is there: from then on nothing may be missed.
        await self._delivery.begin(id, self._now_ms())
        [created] = await self._writer.create(wanted, validate_only=False)
        return await self._with_secret(created) if created.HasField("webhook") else created

    async def update(self, request: pb.UpdateSubscriptionRequest) -> pb.Subscription:
        """Change a subscription."""
        return await self._writer.update(request.subscription, request.update_mask)

    async def delete(self, request: pb.DeleteSubscriptionRequest) -> None:
        """Delete a subscription with all that is kept for it."""
        await self._writer.delete(request.name, request.etag, allow_missing=request.allow_missing)
        id = request.name.partition("/")[2]
        await self._delivery.forget(id)
        await self._secrets.forget(id)

    async def rotate(self, name: str) -> pb.Subscription:
        """Give a webhook a new secret."""
        subscription = self._with_webhook(name)
        answer = pb.Subscription()
        answer.CopyFrom(subscription)
        answer.webhook.secret = await self._secrets.rotate(name.partition("/")[2], self._now_ms())
        return answer

    async def disable(self, name: str) -> None:
        """Disable a subscription whose endpoint is gone."""
        change = pb.Subscription(name=name, disabled=True)
        await self._writer.update(change, FieldMask(paths=["disabled"]))

    async def letters(self, name: str, after: list[object] | None, limit: int) -> list[Letter]:
        """The dead letters of a subscription past one of them."""
        self._with_webhook(name)
        found = await self._delivery.letters(name.partition("/")[2])
        if after:
            mark = (position(str(after[0])), after[1])
            found = [each for each in found if (position(each.id), each.place.partition) > mark]
        return found[:limit]

    async def replay(self, name: str) -> int:
        """Queue all dead letters once more; how many."""
        self._with_webhook(name)
        by_place: defaultdict[Place, list[tuple[Letter, str]]] = defaultdict(list)
        for letter in await self._delivery.letters(name.partition("/")[2]):
            subject = pb.FenceEvent.FromString(letter.event).subject.removeprefix("devices/")
            by_place[letter.place].append((letter, subject))
        now_ms = self._now_ms()
        return sum([await self._delivery.replay(*each, now_ms) for each in by_place.items()])

    def _with_webhook(self, name: str) -> pb.Subscription:
        subscription = self.find(name)
        if not subscription.HasField("webhook"):
            raise WrongDelivery("this subscription has no webhook")
        return subscription

    async def _with_secret(self, subscription: pb.Subscription) -> pb.Subscription:
        answer = pb.Subscription()
        answer.CopyFrom(subscription)
        answer.webhook.secret = await self._secrets.create(subscription.name.partition("/")[2])
        return answer

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
