"""Stock alerts: made for a store, or for the stores around a place; each fires once."""

import datetime as dt
from dataclasses import dataclass

from enrayon.stock.v1 import stock_pb2
from services.chassis import chance
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import InvalidArgument
from services.chassis.keyring import Keyring
from services.chassis.messages.base64url import base64url
from services.chassis.messages.times import instant
from services.directory.directory import Directory
from services.directory.filters import EVERYTHING
from services.directory.origins import Origins
from services.directory.trading import StoreNotOpen, not_open
from services.stock.convert.baskets import lines
from services.stock.convert.names import alert_id, alert_name
from services.stock.convert.times import ms_of
from services.stock.errors import AlertNotFound, RequestIdReused
from services.stock.model.alerts import Alert, HoldWish
from services.stock.replica.lookups import Lookups
from services.stock.resources.hold_terms import Terms
from services.stock.state.alerts import Alerts

DEFAULT_LIFE = dt.timedelta(days=30)
LONGEST_LIFE = dt.timedelta(days=365)
MILLISECOND = dt.timedelta(milliseconds=1)
MOST_PLACES = 2000
"""Stores times products of one alert."""


@dataclass(frozen=True)
class StockAlerts:
    """Makes, reads and deletes the alerts of callers."""

    alerts: Alerts
    lookups: Lookups
    terms: Terms
    directory: Directory
    origins: Origins
    keyring: Keyring
    clock: Clock

    async def create(self, request: stock_pb2.CreateStockAlertRequest) -> Alert:
        """Make an alert; a retry gets the same id, and changes nothing.

        Raises:
            StoreNotFound: there is no such store.
            StoreNotOpen: the store will not open again; at others an alert waits.
            ProductNotFound: there is no product of one name.
            InvalidArgument: the area has no store or too many, the end is too far away, or the
                life of the hold is longer than the setting allows.
            RequestIdReused: the `request_id` belongs to another alert.
        """
        wanted = request.stock_alert
        basket = self.lookups.basket(lines(wanted.items, "stock_alert.items"))
        skus = tuple(basket or self.lookups.skus(wanted.products))
        hold = self._hold(wanted)
        stores = await self._stores(wanted, MOST_PLACES // len(skus))
        caller = current_caller()
        id = chance.token_urlsafe(12)
        if request.request_id:
            data = f"{caller.id}\0{request.request_id}".encode()
            id = base64url(self.keyring.hashes("alert-id", data)[0][:12])
        alert = Alert(
            id,
            skus,
            stores,
            max(wanted.min_quantity, 1),
            self._expire_ms(wanted),
            lines=basket,
            caller=caller.id,
            shopper=wanted.shopper,
            hold=hold,
        )
        kept = await self.alerts.create(caller.owner, alert)
        if not kept.waits_as(alert):
            raise RequestIdReused
        return await self.get(alert_name(id))

    async def get(self, name: str) -> Alert:
        """One alert of the caller.

        Raises:
            AlertNotFound: there is none of that name.
        """
        alert = await self.alerts.get(current_caller().owner, alert_id(name))
        if alert is None:
            raise AlertNotFound(name)
        return alert

    async def all(self, shopper: str = "") -> list[Alert]:
        """The caller's alerts, by id: those of a shopper, or all."""
        found = await self.alerts.all(current_caller().owner)
        return [each for each in found if not shopper or each.shopper == shopper]

    async def delete(self, name: str) -> None:
        """Delete an alert.

        Raises:
            AlertNotFound: there is none of that name.
        """
        if not await self.alerts.delete(current_caller().owner, alert_id(name)):
            raise AlertNotFound(name)

    async def _stores(self, wanted: stock_pb2.StockAlert, most: int) -> tuple[str, ...]:
        """The store of an alert, or those of its area: only they are kept, not the place."""
        if wanted.WhichOneof("place") == "store":
            store = self.lookups.store(wanted.store)
            why = not_open(self.directory, store, self.clock())
            if why and why.ended:
                raise StoreNotOpen(wanted.store, why)
            return (store,)
        field = "stock_alert.area"
        origin = await self.origins.resolve(wanted.area.origin, f"{field}.origin")
        near = self.directory.stores.replica.nearest(
            origin.point, most + 1, EVERYTHING, radius_m=wanted.area.radius_m
        )
        if not near or len(near) > most:
            raise InvalidArgument.field(
                f"{field}.radius_m", f"must reach 1 to {most} stores; it reaches {len(near)}"
            )
        return tuple(store for store, _ in near)

    def _hold(self, wanted: stock_pb2.StockAlert) -> HoldWish | None:
        if not wanted.HasField("hold"):
            return None
        hold = wanted.hold
        given = self.terms.given(hold.ttl, "stock_alert.hold.ttl") if hold.HasField("ttl") else None
        return HoldWish(hold.method, given // MILLISECOND if given else 0)

    def _expire_ms(self, wanted: stock_pb2.StockAlert) -> int:
        now = self.clock()
        if not wanted.HasField("expire_time"):
            return ms_of(now + DEFAULT_LIFE)
        expires = instant(wanted.expire_time, "stock_alert.expire_time")
        if not now < expires <= now + LONGEST_LIFE:
            raise InvalidArgument.field("stock_alert.expire_time", "must be within 365 days")
        return ms_of(expires)
