"""The keys of replicated records in the database, and the ids in names of stores.

The keys of one kind of record have one hash tag, so they lie in one slot of a cluster.
"""

from typing import NamedTuple

from enrayon.stores.v1 import stores_pb2

STORES = "stores"
PRODUCTS = "products"
GROUPS = "groups"
HOURS = "hours"
"""The kinds of record that `Directory` follows."""
ETAG_LENGTH = 16


class Keys(NamedTuple):
    """The keys of one kind of record."""

    records: str
    """Hash: id -> etag (16 characters) and the encoded record."""
    changes: str
    """Stream: entry `<sequence>-0`, fields op (c created, u changed, d deleted), id, at (when, in
    ms) and, for some, t (the type of its event, see `services.directory.events`) and b (the brand
    of the store)."""
    sequence: str
    """The sequence number of the last change."""
    epoch: str
    """A random text, set by the first reader; another one means another data set."""

    @classmethod
    def of(cls, kind: str) -> "Keys":
        """The keys of a kind, for example `stores`."""
        return cls(*(f"{{{kind}}}:{name}" for name in cls._fields))


def encode_record(etag: str, encoded: bytes) -> bytes:
    """A record as the hash keeps it: the etag, then the encoded message."""
    return etag.encode() + encoded


def decode_record(record: bytes) -> bytes:
    """The encoded message of a record."""
    return record[ETAG_LENGTH:]


def store_id(name: str) -> str:
    """`us-1` of `stores/us-1`."""
    return name.removeprefix("stores/")


def store_name(id: str) -> str:
    """`stores/us-1` of `us-1`."""
    return f"stores/{id}"


def parse_store(encoded: bytes) -> stores_pb2.Store:
    """Decode a Store."""
    return stores_pb2.Store.FromString(encoded)
