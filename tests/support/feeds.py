"""A feed of stores, and records for it, for tests of what follows changes."""

from pathlib import Path

from enrayon.stores.v1 import stores_pb2
from services.chassis.clock import Clock, utc_now
from services.chassis.database.client import Client
from services.directory.feed import Feed
from services.directory.keys import STORES, encode_record
from services.directory.records import Records, Write
from services.directory.stores import StoresReplica


def feed_of(client: Client, folder: Path, clock: Clock = utc_now) -> Feed[StoresReplica]:
    """A feed of stores that keeps its snapshot in a folder; not started."""
    return Feed(client, STORES, StoresReplica, folder, clock)


def record(id: str, brand: str = "") -> Write:
    """The write of a store that has an id and a brand alone."""
    store = stores_pb2.Store(name=f"stores/{id}", display_name=id, brand=brand)
    etag = f"{brand}{id}".ljust(16, "-")[:16]
    return Write(id, encode_record(etag, store.SerializeToString()))


async def write(client: Client, *writes: Write) -> int:
    """Write stores; answers the number of the last change."""
    sequence, _ = await Records(client, STORES).write(writes)
    return sequence


def brands(feed: Feed[StoresReplica]) -> dict[str, str]:
    """The brands of the stores of a feed, by id."""
    return {
        id: stores_pb2.Store.FromString(encoded).brand for id, encoded in feed.replica.records()
    }
