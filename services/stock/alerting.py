"""Alerts: made for a store or the stores around a place, told once on a stream."""

import asyncio
import datetime as dt
import secrets
from collections.abc import AsyncIterator

from enrayon.stock.v1 import stock_pb2
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import InvalidArgument
from services.chassis.keyring import Keyring
from services.chassis.messages.times import instant, timestamp_of_ms
from services.chassis.serving.commits import commit
from services.directory.directory import Directory
from services.directory.filters import EVERYTHING
from services.directory.keys import store_name
from services.directory.origins import Origins
from services.directory.products import product_name
from services.stock.errors import AlertNotFound, ChangesExpired
from services.stock.known import Known
from services.stock.state.alerts import Alert, Alerts, Delivery
from services.stock.state.holds import text
from services.stock.state.ledger import position
from services.stock.watching import id_of, token_of

DEFAULT_LIFE = dt.timedelta(days=30)
LONGEST_LIFE = dt.timedelta(days=365)
MOST_PLACES = 2000
"""Stores times products of one alert."""
POLL_S = 0.2


class Alerting:
    """What callers may do with alerts."""

    def __init__(
        self,
        alerts: Alerts,
        known: Known,
        directory: Directory,
        origins: Origins,
        keyring: Keyring,
        clock: Clock,
    ) -> None:
        self._alerts = alerts
        self._known = known
        self._directory = directory
        self._origins = origins
        self._keyring = keyring
        self._clock = clock

    async def create(self, request: stock_pb2.CreateStockAlertRequest) -> stock_pb2.StockAlert:
        """Make an alert."""
        wanted = request.stock_alert
        skus = tuple(self._known.skus(wanted.products))
        stores = await self._stores(wanted, MOST_PLACES // len(skus))
        caller = current_caller()
        id = secrets.token_urlsafe(12)
        if request.request_id:
            data = f"{caller.id}\0{request.request_id}".encode()
            id = text(self._keyring.hashes("alert-id", data)[0][:12])
        alert = Alert(id, skus, stores, max(wanted.min_quantity, 1), self._expire_ms(wanted))
        await commit(self._alerts.create(caller.owner, alert))
        return message_of(await self._get(id))

    async def get(self, request: stock_pb2.GetStockAlertRequest) -> stock_pb2.StockAlert:
        """One alert."""
        return message_of(await self._get(request.name.removeprefix("stockAlerts/")))

    async def all(self) -> list[Alert]:
        """The caller's alerts, by id."""
        return await self._alerts.all(current_caller().owner)

    async def delete(self, request: stock_pb2.DeleteStockAlertRequest) -> None:
        """Take an alert back."""
        owner = current_caller().owner
        if not await self._alerts.delete(owner, request.name.removeprefix("stockAlerts/")):
            raise AlertNotFound(request.name)

    async def watch(
        self, request: stock_pb2.WatchStockAlertsRequest
    ) -> AsyncIterator[stock_pb2.WatchStockAlertsResponse]:
        """The caller's alerts as they fire."""
        owner = current_caller().owner
        token = request.resume_token
        reached = id_of(token) if token else await self._alerts.last_delivery(owner)
        if token and token != token_of("0-0"):
            oldest = await self._alerts.oldest_delivery(owner)
            if position(reached) < position(oldest):
                raise ChangesExpired("the deliveries are no longer kept; watch without a token")
        yield stock_pb2.WatchStockAlertsResponse(resume_token=token_of(reached))
        while True:
            for delivery in await self._alerts.deliveries(owner, reached):
                reached = delivery.token
                yield delivered(delivery)
            await asyncio.sleep(POLL_S)

    async def _get(self, id: str) -> Alert:
        alert = await self._alerts.get(current_caller().owner, id)
        if alert is None:
            raise AlertNotFound(f"stockAlerts/{id}")
        return alert

    async def _stores(self, wanted: stock_pb2.StockAlert, most: int) -> tuple[str, ...]:
        replica = self._directory.stores.replica
        if wanted.WhichOneof("place") == "store":
            return (self._known.store(wanted.store),)
        field = "stock_alert.area"
        origin = await self._origins.resolve(wanted.area.origin, f"{field}.origin")
        near = replica.nearest(origin.point, most + 1, EVERYTHING, radius_m=wanted.area.radius_m)
        if not near or len(near) > most:
            raise InvalidArgument.field(
                f"{field}.radius_m", f"must reach 1 to {most} stores; it reaches {len(near)}"
            )
        return tuple(store for store, _ in near)

    def _expire_ms(self, wanted: stock_pb2.StockAlert) -> int:
        now = self._clock()
        if not wanted.HasField("expire_time"):
            return int((now + DEFAULT_LIFE).timestamp() * 1000)
        expires = instant(wanted.expire_time, "stock_alert.expire_time")
        if not now < expires <= now + LONGEST_LIFE:
            raise InvalidArgument.field("stock_alert.expire_time", "must be within 365 days")
        return int(expires.timestamp() * 1000)


def message_of(alert: Alert) -> stock_pb2.StockAlert:
    """An alert as its owner sees it: without the place it was made around."""
    message = stock_pb2.StockAlert(
        name=f"stockAlerts/{alert.id}",
        products=map(product_name, alert.skus),
        min_quantity=alert.units,
        expire_time=timestamp_of_ms(alert.expire_ms),
        store_count=len(alert.stores),
    )
    if len(alert.stores) == 1:
        message.store = store_name(alert.stores[0])
    if alert.fire_ms is not None:
        message.fire_time.CopyFrom(timestamp_of_ms(alert.fire_ms))
    return message


def delivered(delivery: Delivery) -> stock_pb2.WatchStockAlertsResponse:
    """An alert that fired, as the stream tells it."""
    return stock_pb2.WatchStockAlertsResponse(
        stock_alert=f"stockAlerts/{delivery.alert}",
        product=product_name(delivery.sku),
        store=store_name(delivery.store),
        available=delivery.available,
        fire_time=timestamp_of_ms(position(delivery.token)[0]),
        resume_token=token_of(delivery.token),
    )
