"""Names and encodings of what lies in Redis, for the directory and for who writes it."""

from enrayon.stores.v1 import stores_pb2

RECORDS = "{stores}:records"
CHANGES = "{stores}:changes"
SEQUENCE = "{stores}:sequence"
EPOCH = "{stores}:epoch"

ETAG_LENGTH = 16


def encode_record(etag: str, store: bytes) -> bytes:
    """A record as it lies in the hash; `store` is the encoded Store."""
    return etag.encode() + store


def decode_record(record: bytes) -> bytes:
    """The encoded Store of a record."""
    return record[ETAG_LENGTH:]


def store_id(name: str) -> str:
    """`us-1` of `stores/us-1`."""
    return name.removeprefix("stores/")


def store_name(id: str) -> str:
    """`stores/us-1` of `us-1`."""
    return f"stores/{id}"


def parse_store(encoded: bytes) -> stores_pb2.Store:
    """The Store in the bytes."""
    return stores_pb2.Store.FromString(encoded)
