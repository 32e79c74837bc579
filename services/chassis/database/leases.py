"""Leases: count what lives for a time and lies in other slots, so that quotas bound it.

A lease is taken before the thing is made, given back when that fails, and released when the thing
ends; else it expires with it. A retry shares the lease of the first attempt: the lease counts its
takers, so that one that fails takes nothing from one that succeeds. Leases may over-count for a
while, never under-count.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import redis.exceptions

from services.chassis.database.client import Client, Value, script

PACKAGE, LIBRARY = "services.chassis.database", "leases"
MARGIN_MS = 60_000
"""A lease is taken before its thing is made, and must not expire before it."""


class Listing(NamedTuple):
    """An entry of a list of things that are leased, to find them again.

    A list may have too much: what was never made, and what ended early.
    """

    key: str
    """The key of the list, in the slot of the leases."""
    entry: str
    kept_ms: int
    """How long the entry stays past the lease."""
    most: int
    """The entries of the list; those that would stay longest are kept."""


class Lease(NamedTuple):
    """A lease to take."""

    quotas: Mapping[str, int]
    """Limits by key; 0 is no limit. The keys lie in one slot."""
    leased: str
    life_ms: int
    """How long what is leased lives."""
    listing: Listing | None = None
    """What is leased is listed in the same act."""

    @property
    def keys(self) -> list[str]:
        """The keys of the quotas, then that of the list."""
        return [*self.quotas, self.listing.key] if self.listing else list(self.quotas)

    @property
    def total_ms(self) -> int:
        """How long the lease lives."""
        return self.life_ms + MARGIN_MS


class Leases:
    """Leases in quotas; the keys of one lease lie in one slot. `now_ms` is for tests."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lease = script(client, PACKAGE, "lease", (LIBRARY,))
        self._give_back = script(client, PACKAGE, "give_back")

    async def take(self, lease: Lease, now_ms: int | None = None) -> str | None:
        """Take, share or extend a lease in all of its quotas, or in none.

        Answers the key of a quota that is full.
        """
        listing = lease.listing
        args: list[Value] = ["" if now_ms is None else now_ms, lease.leased, lease.total_ms]
        args += [listing.entry, listing.kept_ms, listing.most] if listing else ["", 0, 0]
        full = await self._lease(lease.keys, [*args, *lease.quotas.values()])
        return list(lease.quotas)[full - 1] if full else None

    async def give_back(self, keys: list[str], leased: str, listing: Listing | None = None) -> None:
        """End the part that one `take` has in a lease, since its thing was not made.

        If that fails, the lease and its entry expire by themselves.
        """
        if listing:
            keys = [*keys, listing.key]
        with suppress(redis.exceptions.RedisError):
            await self._give_back(keys, [leased, listing.entry if listing else ""])

    async def release(self, keys: list[str], leased: str) -> None:
        """End a lease, since its thing has ended; if that fails, it expires by itself."""
        pipeline = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.zrem(key, leased)
        with suppress(redis.exceptions.RedisError):
            await pipeline.execute()


def quota_key(caller: str, kind: str, *names: str) -> str:
    """The key of a quota of a caller. Names are hashed: keys name no person."""
    return ":".join((f"{{q:{hashed(caller)}}}", kind, *map(hashed, names)))


def hashed(name: str) -> str:
    """The hash of a name."""
    return hashlib.blake2b(name.encode(), digest_size=12).hexdigest()
