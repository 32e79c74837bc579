"""Upkeep of deliveries: trims events, has the erased forgotten, sets the gauges."""

from services.chassis.clock import Clock
from services.geofence import metrics
from services.geofence.replica.feeds import Feeds
from services.geofence.settings import GeofenceSettings
from services.geofence.state.delivery import Delivery
from services.geofence.state.erased import Erased

TRIM_S = 2.0
MEASURE_S = 15.0
REWRITE_S = 15.0


class Upkeep:
    """Keeps deliveries bounded, and shows how they stand."""

    def __init__(
        self,
        delivery: Delivery,
        erased: Erased,
        feeds: Feeds,
        settings: GeofenceSettings,
        clock: Clock,
    ) -> None:
        self._delivery = delivery
        self._erased = erased
        self._feeds = feeds
        self._settings = settings
        self._clock = clock
        self._measured: set[str] = set()

    async def trim(self) -> bool:
        """Drop events that no subscription needs; expire subscriptions that nobody uses."""
        settings = self._settings
        dropped, expired = await self._delivery.trim(
            self._now_ms(), round(settings.geofence_idle_s * 1000), settings.geofence_backlog
        )
        metrics.EXPIRED.inc(expired)
        return dropped > 0

    async def rewrite(self) -> bool:
        """Remove erased data from the log of the database."""
        await self._erased.rewrite()
        return False

    async def measure(self) -> bool:
        """Set the gauges of each subscription."""
        current = set(self._feeds.subscriptions.replica.by_id)
        for id in current:
            metrics.set_standing(id, await self._delivery.standing(id, self._now_ms()))
        for id in self._measured - current:
            metrics.forget_standing(id)
        self._measured = current
        return False

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
