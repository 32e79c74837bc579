"""Quotas of holds: of a caller, and of each of its shoppers or addresses."""

from typing import NamedTuple

from services.chassis.database.client import Client
from services.chassis.database.leases import Leases, quota_key


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
        self._limits = limits
        self._leases = Leases(client)

    async def take(
        self, holder: Holder, hold: str, ttl_ms: int, now_ms: int | None = None
    ) -> tuple[str, int] | None:
        """Take or extend the lease of a hold; answers the quota that is full and its limit, if any.

        Without a shopper and an address only the caller's quota counts.
        """
        caller, other = keys_of(holder)
        kind = "address" if holder.address else "shopper"
        most = getattr(self._limits, kind) if holder.address or holder.shopper else 0
        limits = {caller: self._limits.caller, other: most}
        full = await self._leases.take(limits, hold, ttl_ms, now_ms)
        if full is None:
            return None
        return f"{'caller' if full == caller else kind}_holds", limits[full]

    async def give_back(self, holder: Holder, hold: str) -> None:
        """End the part of one attempt in the lease of a hold that it did not make."""
        await self._leases.give_back(keys_of(holder), hold)

    async def release(self, holder: Holder, hold: str) -> None:
        """End the lease of a hold that has ended."""
        await self._leases.release(keys_of(holder), hold)


def keys_of(holder: Holder) -> list[str]:
    """The keys of both leases, in the caller's slot."""
    other = ("address", holder.address) if holder.address else ("shopper", holder.shopper)
    return [quota_key(holder.caller, "holds"), quota_key(holder.caller, *other)]
