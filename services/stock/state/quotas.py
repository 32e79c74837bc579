"""Quotas of holds: a lease is taken before a hold, and released when it fails or ends, or expires.

Leases may over-count for a while, never under-count.
"""

import hashlib
from contextlib import suppress
from typing import NamedTuple

import redis.exceptions

from services.chassis.database.client import Client, Value, script
from services.stock.state import LIBRARY, PACKAGE

MARGIN_MS = 60_000
"""A lease is taken before its hold is made, and must not expire before it."""


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
        self._lease = script(client, PACKAGE, "lease", LIBRARY)

    async def take(
        self, holder: Holder, hold: str, ttl_ms: int, now_ms: int | None = None
    ) -> tuple[str, int] | None:
        """Take or extend the lease of a hold; answers the quota that is full and its limit, if any.

        Without a shopper and an address only the caller's quota counts.
        """
        kind = "address" if holder.address else "shopper"
        second = getattr(self._limits, kind) if holder.address or holder.shopper else 0
        most = (self._limits.caller, second)
        args: list[Value] = ["" if now_ms is None else now_ms, hold, ttl_ms + MARGIN_MS, *most]
        full = await self._lease(keys_of(holder), args)
        return None if not full else ((f"{('caller', kind)[full - 1]}_holds"), most[full - 1])

    async def release(self, holder: Holder, hold: str) -> None:
        """Release a lease; if that fails it expires by itself."""
        pipeline = self._client.pipeline(transaction=False)
        for key in keys_of(holder):
            pipeline.zrem(key, hold)
        with suppress(redis.exceptions.RedisError):
            await pipeline.execute()


def keys_of(holder: Holder) -> list[str]:
    """The keys of both leases, in the caller's slot. The names are hashed: keys name no person."""
    kind, name = ("address", holder.address) if holder.address else ("shopper", holder.shopper)
    caller, second = (
        hashlib.blake2b(text.encode(), digest_size=12).hexdigest() for text in (holder.caller, name)
    )
    return [f"{{q:{caller}}}:holds", f"{{q:{caller}}}:{kind}:{second}"]
