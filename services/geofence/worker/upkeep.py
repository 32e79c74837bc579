"""What keeps deliveries bounded and tells how they stand."""

from prometheus_client import Counter, Gauge

from services.chassis.clock import Clock
from services.geofence.feeds import Feeds
from services.geofence.settings import GeofenceSettings
from services.geofence.state.delivery import Delivery
from services.geofence.state.erased import Erased

TRIM_S = 2.0
FIGURES_S = 15.0
REWRITE_S = 15.0

FIGURES = {
    name: Gauge(f"enrayon_geofence_{name}", text, ["subscription"])
    for name, text in (
        ("lag", "Events that a subscription has not done with (100 a partition are counted)."),
        ("queued", "Events that wait for another attempt."),
        ("dead", "Dead letters."),
        ("oldest_s", "Age of the oldest event that a subscription has not done with."),
    )
}
EXPIRED = Counter("enrayon_geofence_expired", "Places of subscriptions that expired.")


class Upkeep:
    """Trims what nobody needs, has the erased forgotten, and measures what is left."""

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
        """Drop events that nobody needs; expire subscriptions that nobody looks after."""
        settings = self._settings
        dropped, expired = await self._delivery.trim(
            self._now_ms(), round(settings.geofence_idle_s * 1000), settings.geofence_backlog
        )
        EXPIRED.inc(expired)
        return dropped > 0

    async def rewrite(self) -> bool:
        """Let the store forget for good what was erased."""
        await self._erased.rewrite()
        return False

    async def measure(self) -> bool:
        """Set the metrics of each subscription."""
        await self._feeds.ready()
        current = set(self._feeds.subscriptions.replica.by_id)
        for id in current:
            for name, value in (await self._delivery.figures(id, self._now_ms())).items():
                FIGURES[name].labels(id).set(value)
        for id in self._measured - current:
            for gauge in FIGURES.values():
                gauge.remove(id)
        self._measured = current
        return False

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
