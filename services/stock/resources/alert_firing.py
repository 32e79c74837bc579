"""Fires the alerts whose goods were found, tells their events, and those of alerts that expire."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.chassis.database.failures import FAILURES
from services.chassis.errors import ServiceError
from services.directory.events import Event, expire_ms
from services.directory.products import product_name
from services.stock.convert.names import alert_name, reservation_name
from services.stock.model.alerts import Alert, Claim, Found, HoldWish
from services.stock.model.holds import Hold
from services.stock.resources.alert_holds import AlertHolds
from services.stock.resources.hold_changes import ClaimGone
from services.stock.state.alerts import Alerts
from services.stock.state.matching import Matching


@dataclass(frozen=True)
class AlertFiring:
    """Takes claims to their alerts. Each step may be done twice, by workers side by side too."""

    alerts: Alerts
    matching: Matching
    holds: AlertHolds

    async def claim_all(self, partition: int) -> int:
        """Fire the alerts of a partition's claims, each once; answers how many fired.

        A claim that cannot be taken now stops no other; it waits for the next turn.

        Raises:
            ServiceError: at least one could not be taken.
        """
        fired = 0
        failures: list[Exception] = []
        for claim in await self.matching.claims(partition):
            try:
                fired += await self._take(claim)
            except (*FAILURES, ServiceError) as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
        return fired

    async def expire_all(self, partition: int, expired: Sequence[tuple[str, str]]) -> None:
        """Tell that alerts have expired, if they have not ended before."""
        for owner, id in expired:
            word, alert = await self.alerts.settle(owner, id, "expire")
            event = expired_event(owner, alert).text if word == "done" and alert else b""
            await self.matching.drop_expired(partition, owner, id, event)

    async def _take(self, claim: Claim) -> bool:
        owner, id = claim.owner, claim.alert
        word, alert = await self.alerts.settle(owner, id, "fire", claim.id, claim.found.text)
        if word == "done" and alert:
            return await self._fired(claim, alert)
        await self._let_go(claim, alert, waits_on=word == "again")
        return False

    async def _fired(self, claim: Claim, alert: Alert) -> bool:
        hold = None
        if alert.hold:
            found = alert.found  # a worker that died may have decided on the hold
            if found is None or not (found.hold or found.refusal):
                found = await self._decided(claim, alert, alert.hold)
            if found is None:
                return False
            claim = claim._replace(found=found)
            if found.hold:
                hold = await self.holds.made(found)
                await self.matching.free(claim)  # the hold has the units now
            else:
                barred = await self._barred(claim)
                if barred is None:
                    return False
                claim = barred
        return await self.matching.drop(claim, fired_event(claim, alert, hold).text)

    async def _decided(self, claim: Claim, alert: Alert, wish: HoldWish) -> Found | None:
        """What was found, with the hold or the reason for none; None if nobody is told of it now.

        The first worker decides; the claim waits for the next turn of one that comes second.
        """
        try:
            made = await self.holds.make(alert, wish, claim)
        except ClaimGone:
            return None
        if made is None:
            word, _ = await self.alerts.settle(claim.owner, claim.alert, "again", claim.id)
            if word == "done":
                await self._let_go(claim, alert, waits_on=True)
            return None
        if isinstance(made, Hold):
            found = claim.found._replace(hold=made.id)
        else:
            found = claim.found._replace(refusal=made)
        word, _ = await self.alerts.settle(claim.owner, claim.alert, "held", claim.id, found.text)
        return found if word == "done" else None

    async def _let_go(self, claim: Claim, alert: Alert | None, *, waits_on: bool) -> None:
        """Drop a claim of which nobody is told, with its promise, and the hold of one that died."""
        if alert is None or alert.hold:
            barred = await self._barred(claim)
            if barred is None:
                return
            claim = barred
        if alert and waits_on:
            await self.alerts.wish(claim.owner, alert)
        await self.matching.free(claim)
        await self.matching.drop(claim)

    async def _barred(self, claim: Claim) -> Claim | None:
        """The claim without a hold, now and later; None if another worker has dropped it.

        A worker that died may have made one, or its script may be on the way still.
        """
        barred = await self.matching.bar(claim)
        if barred:
            await self.holds.give_up(claim)
        return barred


def fired_event(claim: Claim, alert: Alert, hold: Hold | None) -> Event:
    """The event of an alert that fired: where, with the units, and the hold."""
    found, at_ms = claim.found, alert.fire_ms or 0
    until_ms = expire_ms("alert.fired", at_ms)
    data: dict[str, object] = {
        "items": [
            {"product": product_name(sku), "quantity": units, "available": found.units[sku]}
            for sku, units in claim.wanted.items()
        ]
    }
    if hold:
        until_ms = min(until_ms, hold.expire_ms)
        data["reservation"] = reservation_name(hold.store, hold.id)
        data["reservation_expire_ms"] = hold.expire_ms
    if found.refusal:
        data["hold_refusal"] = found.refusal
    return Event(
        "alert.fired",
        found.store,
        alert_name(alert.id),
        at_ms,
        claim.owner,
        alert.shopper,
        until_ms,
        f"{alert.id}.fired",
        data,
    )


def expired_event(owner: str, alert: Alert) -> Event:
    """The event of an alert that expired without firing."""
    return Event(
        "alert.expired",
        alert.stores[0] if len(alert.stores) == 1 else "",
        alert_name(alert.id),
        alert.expire_ms,
        owner,
        alert.shopper,
        id=f"{alert.id}.expired",
    )
