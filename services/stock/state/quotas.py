"""Quotas as leases: taken before a hold, released when it fails or ends, else they expire.

They may count too much for a while, never too little.
"""

import hashlib
from contextlib import suppress

import redis.exceptions

from services.chassis.database.client import Client, Value, script
from services.stock.state.levels import LIBRARY, PACKAGE

MARGIN_MS = 60_000
"""A lease is older than its hold, and must not end before it."""


class Quotas:
    """How many holds a caller and each of its shoppers have."""

    def __init__(self, client: Client, per_caller: int, per_shopper: int) -> None:
        self._client = client
        self._limits = (per_caller, per_shopper)
        self._lease = script(client, PACKAGE, "lease", LIBRARY)

    async def take(
        self, caller: str, shopper: str, hold: str, ttl_ms: int, now_ms: int | None = None
    ) -> tuple[str, int] | None:
        """Take a place for a hold, or a longer one; who is full and at how many when there is none.

        Without a shopper only the caller's holds are counted.
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
        """Give a place back; when that fails it expires by itself."""
        pipeline = self._client.pipeline(transaction=False)
        for key in keys_of(caller, shopper):
            pipeline.zrem(key, hold)
        with suppress(redis.exceptions.RedisError):
            await pipeline.execute()


def keys_of(caller: str, shopper: str) -> list[str]:
    """The keys of both leases, in the caller's slot; they name nobody."""
    names = [
        hashlib.blake2b(name.encode(), digest_size=12).hexdigest() for name in (caller, shopper)
    ]
    return [f"{{q:{names[0]}}}:holds", f"{{q:{names[0]}}}:shopper:{names[1]}"]
