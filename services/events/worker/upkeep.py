"""Upkeep of deliveries: trims the streams of events, sets the gauges."""

from collections.abc import Mapping

import structlog

from services.chassis.clock import Clock
from services.directory.feed import Feed
from services.events import metrics
from services.events.model.sources import partitions_for
from services.events.replica.subscriptions import SubscriptionsReplica
from services.events.resources.owners import Owners, Suspension
from services.events.settings import EventsSettings
from services.events.state.delivery import Delivery

TRIM_S = 10.0
MEASURE_S = 15.0

log = structlog.get_logger()


class Upkeep:
    """Keeps streams bounded, and shows how deliveries stand."""

    def __init__(
        self,
        delivery: Delivery,
        feed: Feed[SubscriptionsReplica],
        owners: Owners,
        settings: EventsSettings,
        clock: Clock,
    ) -> None:
        self._delivery = delivery
        self._feed = feed
        self._owners = owners
        self._settings = settings
        self._clock = clock
        self._measured: set[str] = set()
        self._suspended: set[str] = set()

    async def trim(self) -> bool:
        """Drop events that no subscription needs; expire subscriptions that nobody uses."""
        settings = self._settings
        dropped, expired = await self._delivery.trim(
            self._now_ms(), round(settings.events_idle_s * 1000), settings.events_backlog
        )
        metrics.SUBSCRIPTIONS_EXPIRED.inc(expired)
        return dropped > 0

    async def measure(self) -> bool:
        """Set the gauges of each subscription."""
        current = dict(self._feed.replica.by_id)
        reasons = {id: await self._owners.suspension(each) for id, each in current.items()}
        self._tell_suspended({id: reason for id, reason in reasons.items() if reason})
        for id, subscription in current.items():
            partitions = partitions_for(subscription.filter.types)
            standing = await self._delivery.standing(id, partitions, self._now_ms())
            metrics.set_standing(id, standing)
        for id in self._measured - current.keys():
            metrics.forget_standing(id)
        self._measured = set(current)
        return False

    def _tell_suspended(self, suspended: Mapping[str, "Suspension.ValueType"]) -> None:
        metrics.SUSPENDED.set(len(suspended))
        for id in suspended.keys() - self._suspended:
            reason = Suspension.Name(suspended[id]).removeprefix("SUSPENSION_")
            log.warning("a subscription is suspended", subscription=id, reason=reason)
        self._suspended = set(suspended)

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
