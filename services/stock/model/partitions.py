"""Partitions of stores, and the keys of each: a partition lies in one slot of a cluster."""

import zlib
from functools import lru_cache
from typing import NamedTuple

PARTITIONS = 64


def partition_of(store: str) -> int:
    """The partition of a store id by CRC-32: the same in every process and every version."""
    return zlib.crc32(store.encode()) % PARTITIONS


def tag(partition: int) -> str:
    """The hash tag of a partition."""
    return f"{{s{partition:02}}}"


class StoreKeys(NamedTuple):
    """The keys of one store and of its partition."""

    levels: str
    holds: str
    expiry: str
    requests: str
    ledger: str
    due: str
    addresses: str
    codes: str
    slots: str
    crossing: str
    wake: str
    events: str
    cursors: str
    dropped: str
    policies: str
    sources: str
    checkpoint: str

    @classmethod
    @lru_cache(maxsize=65_536)
    def of(cls, store: str) -> "StoreKeys":
        """The keys of a store."""
        head = tag(partition_of(store))
        return cls(
            f"{head}:levels:{store}",
            f"{head}:holds:{store}",
            f"{head}:expiry:{store}",
            f"{head}:requests:{store}",
            f"{head}:ledger",
            f"{head}:due",
            f"{head}:addresses:{store}",
            f"{head}:codes:{store}",
            f"{head}:slots:{store}",
            f"{head}:crossing",
            f"{head}:wake",
            f"{head}:events",
            f"{head}:cursors",
            f"{head}:dropped",
            f"{head}:policies",
            f"{head}:sources",
            f"{head}:checkpoint:{store}",
        )

    @property
    def of_holds(self) -> list[str]:
        """The keys that the scripts of holds take, in their order."""
        return list(self[:14])
