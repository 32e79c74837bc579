"""Quotas of holds: of a caller, and of each of its shoppers or addresses; the holds of a shopper.

The list of a shopper's holds is written with the lease, before the hold is made, so it may have too
much: each hold is read before it is shown.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.chassis.database.client import Client
from services.chassis.database.leases import Leases, Listing, quota_key
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

    async def take(
        self, holder: Holder, store: str, hold: str, ttl_ms: int, now_ms: int | None = None
    ) -> tuple[str, int] | None:
        """Take or extend the lease of a hold; answers the quota that is full and its limit, if any.

        Without a shopper and an address only the caller's quota counts.
        """
        caller, other = keys_of(holder)
        kind = "address" if holder.address else "shopper"
        most = getattr(self._limits, kind) if holder.address or holder.shopper else 0
        limits = {caller: self._limits.caller, other: most}
        listing = listing_of(holder, store, hold)
        full = await self._leases.take(limits, hold, ttl_ms, now_ms, listing)
        if full is None:
            return None
        return f"{'caller' if full == caller else kind}_holds", limits[full]

    async def restore(self, holder: Holder, store: str, hold: str, ttl_ms: int) -> None:
        """Take the lease of a hold that lives again, also when a quota is full."""
        limits = dict.fromkeys(keys_of(holder), 0)
        await self._leases.take(limits, hold, ttl_ms, listing=listing_of(holder, store, hold))

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


def keys_of(holder: Holder) -> list[str]:
    """The keys of both leases, in the caller's slot."""
    other = ("address", holder.address) if holder.address else ("shopper", holder.shopper)
    return [quota_key(holder.caller, "holds"), quota_key(holder.caller, *other)]


def listing_of(holder: Holder, store: str, hold: str) -> Listing | None:
    """The entry of a hold in the list of its shopper; None of a hold without one."""
    if not holder.shopper:
        return None
    key = list_key(holder.caller, holder.shopper)
    return Listing(key, f"{store} {hold}", KEPT_ENDED_MS, LISTED_MOST)


def list_key(caller: str, shopper: str) -> str:
    """The key of the list of a shopper's holds."""
    return quota_key(caller, "listed", shopper)
