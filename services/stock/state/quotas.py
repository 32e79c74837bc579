"""Quotas: a lease is taken before a hold, and released when the hold fails or ends, or it expires.

Leases may over-count for a while, never under-count.
"""

import hashlib
from contextlib import suppress

import redis.exceptions

from services.chassis.database.client import Client, Value, script
from services.stock.state import LIBRARY, PACKAGE

MARGIN_MS = 60_000
"""A lease is taken before its hold is made, and must not expire before it."""


class Quotas:
    """Leases of the holds of a caller and of each of its shoppers."""

    def __init__(self, client: Client, per_caller: int, per_shopper: int) -> None:
        self._client = client
        self._limits = (per_caller, per_shopper)
        self._lease = script(client, PACKAGE, "lease", LIBRARY)

    async def take(
        self, caller: str, shopper: str, hold: str, ttl_ms: int, now_ms: int | None = None
    ) -> tuple[str, int] | None:
        """Take or extend the lease of a hold; answers whose quota is full and its limit, if any.

        Without a shopper only the caller's quota counts.
        """
        per_caller, per_shopper = self._limits
        args: list[Value] = [
            "" if now_ms is None else now_ms,
            hold,
            ttl_ms + MARGIN_MS,
            per_caller,
            per_shopper if shopper else 0,
        ]
        full = await self._lease(keys_of(caller, shopper), args)
        return None if not full else (("caller", "shopper")[full - 1], self._limits[full - 1])

    async def release(self, caller: str, shopper: str, hold: str) -> None:
        """Release a lease; if that fails it expires by itself."""
        pipeline = self._client.pipeline(transaction=False)
        for key in keys_of(caller, shopper):
            pipeline.zrem(key, hold)
        with suppress(redis.exceptions.RedisError):
            await pipeline.execute()


def keys_of(caller: str, shopper: str) -> list[str]:
    """The keys of both leases, in the caller's slot. The names are hashed: keys name no person."""
    names = [
        hashlib.blake2b(name.encode(), digest_size=12).hexdigest() for name in (caller, shopper)
    ]
    return [f"{{q:{names[0]}}}:holds", f"{{q:{names[0]}}}:shopper:{names[1]}"]
