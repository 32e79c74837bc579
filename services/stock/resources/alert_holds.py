"""Holds that fired alerts make for their people, as their callers would make them."""

import datetime as dt
from dataclasses import dataclass

from services.chassis.access.key_ring import KeyRing
from services.chassis.access.keys import OWNED
from services.chassis.access.policy import Role
from services.chassis.errors import PermissionDenied, QuotaExceeded
from services.chassis.keyring import Keyring
from services.chassis.messages.base64url import base64url
from services.directory.trading import StoreNotOpen
from services.stock.errors import (
    DatabaseNotDurable,
    InsufficientStock,
    MethodNotOffered,
    QuantityNotSold,
    StockUnknown,
)
from services.stock.model.alerts import Alert, Claim, Found, HoldWish
from services.stock.model.holds import Hold
from services.stock.model.policies import Policy
from services.stock.resources.hold_changes import HoldChanges, NewHold
from services.stock.resources.hold_terms import Pickup, Terms
from services.stock.state.durability import Durability
from services.stock.state.holds import Holds, RequestKey, request_key
from services.stock.state.quotas import Holder

MAKE_ALERT = "/enrayon.stock.v1.StockService/CreateStockAlert"
NOT_NOW = (InsufficientStock, StockUnknown, StoreNotOpen)
"""Others were faster, or the store has closed: the alert waits on."""
NEVER = (QuotaExceeded, QuantityNotSold, MethodNotOffered, DatabaseNotDurable)
"""The goods are there, and the person is told so without a hold."""


@dataclass(frozen=True)
class AlertHolds:
    """Makes holds of what alerts found."""

    holds: Holds
    changes: HoldChanges
    terms: Terms
    durability: Durability
    keyring: Keyring
    keys: KeyRing

    async def make(self, alert: Alert, wish: HoldWish, claim: Claim) -> Hold | str | None:
        """Hold the goods of a claim; a retry gets the same hold.

        Answers the reason where none can be made, and None where the alert is to wait on.

        Raises:
            ClaimGone: another worker has taken the claim.
        """
        if not await self._may_hold(alert.caller):
            return PermissionDenied.reason
        store = claim.found.store
        key = key_of(claim)
        id = self._ids(key)[0]
        given = dt.timedelta(milliseconds=wish.ttl_ms) if wish.ttl_ms else None

        async def act(raw: bytes, policy: Policy) -> Hold:
            terms = self.terms.of(store, policy, given, Pickup(wish.method))
            holder = Holder(alert.caller, alert.shopper)
            return await self.changes.reserve(
                NewHold(store, id, holder, claim.wanted, terms, key, claim=claim), raw
            )

        try:
            await self.durability.check()
            return await self.changes.planned(store, act)
        except NOT_NOW:
            return None
        except NEVER as refused:
            return refused.reason

    async def _may_hold(self, caller: str) -> bool:
        """True if a caller could make an alert now: its key was not revoked since."""
        if not caller.startswith(OWNED):
            return True
        key = await self.keys.owner(caller)
        return key is not None and key.may(Role.CHANNEL, MAKE_ALERT)

    async def made(self, found: Found) -> Hold | None:
        """The hold that was made; None if it has ended long ago."""
        [hold] = await self.holds.read(found.store, [found.hold])
        return hold

    async def give_up(self, claim: Claim) -> None:
        """Cancel the hold of a barred claim, if one was made: nobody will be told of it."""
        for id in self._ids(key_of(claim)):
            outcome = await self.holds.transition(claim.found.store, id, "cancel")
            if outcome.found:
                await self.changes.release(outcome.found)

    def _ids(self, key: RequestKey) -> list[str]:
        """The id of the hold of a request by the current key, then those by older ones."""
        hashes = self.keyring.hashes("hold-id", key.field.encode())
        return [base64url(hash[:12]) for hash in hashes]


def key_of(claim: Claim) -> RequestKey:
    """The key of the hold of a claim: all workers make the same one."""
    return request_key(claim.owner, "alert", f"{claim.alert} {claim.id}", b"")
