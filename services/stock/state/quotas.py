"""Quotas of holds: of a caller, and of each of its shoppers or addresses; the holds of a shopper.

The list of a shopper's holds is written with the lease; on a cluster that is before the hold is
made, so it may have too much: each hold is read before it is shown.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.chassis.database.client import Client
from services.chassis.database.leases import Lease, Leases, Listing, quota_key
from services.stock.model.holds import KEPT_ENDED_MS

LISTED_MOST = 200
"""Holds of one shopper that are listed over all stores; those that end last are."""


class Holder(NamedTuple):
    """The caller of a hold, and for whom it is."""

    caller: str
    shopper: str
    """The caller's reference; may be empty."""
    address: str = ""
    """The keyed hash of an address that holds with the key of a page: it counts instead of the
    shopper, whom such a caller can name at will."""


class Limits(NamedTuple):
    """Live holds that each may have; 0 is no limit."""

    caller: int
    shopper: int
    address: int


class Quotas:
    """Leases of the holds of a caller, and of each of its shoppers or addresses."""

    def __init__(self, client: Client, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self._leases = Leases(client)

    def lease(self, holder: Holder, store: str, hold: str, ttl_ms: int) -> Lease:
        """The lease of a hold, to be taken with `take` or by the script that makes the hold.

        Without a shopper and an address only the caller's quota counts.
        """
        kind = "address" if holder.address else "shopper"
        limits = (self._limits.caller, getattr(self._limits, kind))
        quotas = dict(zip(keys_of(holder), limits, strict=False))
        return Lease(quotas, hold, ttl_ms, listing_of(holder, store, hold))

    async def take(
        self, holder: Holder, store: str, hold: str, ttl_ms: int, now_ms: int | None = None
    ) -> tuple[str, int] | None:
        """Take or extend the lease of a hold; answers a full quota, if any, and its limit."""
        lease = self.lease(holder, store, hold, ttl_ms)
        full = await self._leases.take(lease, now_ms)
        return full_of(holder, lease, list(lease.quotas).index(full)) if full else None

    async def restore(self, holder: Holder, store: str, hold: str, ttl_ms: int) -> None:
        """Take the lease of a hold that lives again, also when a quota is full."""
        limits = dict.fromkeys(keys_of(holder), 0)
        await self._leases.take(Lease(limits, hold, ttl_ms, listing_of(holder, store, hold)))

    async def give_back(self, holder: Holder, store: str, hold: str) -> None:
        """End the part of one attempt in the lease of a hold that it did not make."""
        await self._leases.give_back(keys_of(holder), hold, listing_of(holder, store, hold))

    async def release(self, holder: Holder, hold: str) -> None:
        """End the lease of a hold that has ended."""
        await self._leases.release(keys_of(holder), hold)

    async def listed(self, caller: str, shopper: str) -> Mapping[str, Sequence[str]]:
        """Store -> ids of the holds of a caller's shopper; some of them may not exist."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for entry in await self._client.zrange(list_key(caller, shopper), 0, -1):
            store, _, hold = entry.decode().partition(" ")
            found[store].append(hold)
        return found


def full_of(holder: Holder, lease: Lease, number: int) -> tuple[str, int]:
    """The name and the limit of the quota of a lease that is full, by its number from 0 on."""
    kind = "caller" if number == 0 else "address" if holder.address else "shopper"
    return f"{kind}_holds", list(lease.quotas.values())[number]


def keys_of(holder: Holder) -> list[str]:
    """The keys of the quotas, in the caller's slot."""
    caller = quota_key(holder.caller, "holds")
    if holder.address:
        return [caller, quota_key(holder.caller, "address", holder.address)]
    if holder.shopper:
        return [caller, quota_key(holder.caller, "shopper", holder.shopper)]
    return [caller]


def listing_of(holder: Holder, store: str, hold: str) -> Listing | None:
    """The entry of a hold in the list of its shopper; None of a hold without one."""
    if not holder.shopper:
        return None
    key = list_key(holder.caller, holder.shopper)
    return Listing(key, f"{store} {hold}", KEPT_ENDED_MS, LISTED_MOST)


def list_key(caller: str, shopper: str) -> str:
    """The key of the list of a shopper's holds."""
    return quota_key(caller, "listed", shopper)
