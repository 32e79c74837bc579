"""Encodes answers of searches by distance, into which encoded stores are copied unparsed.

How it works: a message is a sequence of fields in any order (protobuf encoding, "Message Order"),
and an embedded message is a key, a length and its bytes. So an answer is its other fields, encoded
as usual, and for each store a short head and the bytes of the replica: no store is parsed.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from enrayon.stores.v1 import stores_pb2
from geodata.distance import Floats
from geodata.nearest import Rows
from services.chassis.messages.masks import selects_all
from services.chassis.serving.turns import Turns
from services.directory.hits import Hit
from services.directory.journeys import Travel, journey_message
from services.directory.stores import StoresReplica
from services.stores.convert.stores import stored

_STORES = b"\x0a"  # field 1, length-delimited: FindNearestStoresResponse.stores
_STORE = b"\x0a"  # field 1, length-delimited: NearestStore.store
_DISTANCE_M = 0x11  # field 2, double: NearestStore.distance_m
_DISTANCE = struct.Struct("<Bd")
_BATCH_STORES = b"\x12"  # field 2, length-delimited: BatchFindNearestStoresResponse.stores


def nearest_response(
    replica: StoresReplica,
    hits: Iterable[tuple[str, float]],
    mask: FieldMask,
    rest: stores_pb2.FindNearestStoresResponse,
) -> bytes:
    """The encoded answer: the hits, ids and distances in metres, and the other fields in `rest`."""
    encode = encoder(replica, mask)
    parts: list[bytes] = []
    for id, distance_m in hits:
        encoded = encode(id)
        parts += (hit_head(len(encoded)), encoded, _DISTANCE.pack(_DISTANCE_M, distance_m))
    parts.append(rest.SerializeToString())
    return b"".join(parts)


async def journeys_response(
    replica: StoresReplica,
    hits: Sequence[Hit],
    travel: Travel,
    mask: FieldMask,
    rest: stores_pb2.FindNearestStoresResponse,
) -> bytes:
    """The encoded answer with journeys: the hits, and the other fields in `rest`."""
    encode = encoder(replica, mask)
    stores = [encode(hit.id) for hit in hits]  # before others have their turn and change them
    parts: list[bytes] = []
    turns = Turns()
    for hit, store in zip(hits, stores, strict=True):
        others = stores_pb2.NearestStore(
            distance_m=hit.distance_m, journey=journey_message(hit.journey(travel))
        ).SerializeToString()
        head = _STORE + varint(len(store))
        parts += (_STORES, varint(len(head) + len(store) + len(others)), head, store, others)
        await turns.give()
    parts.append(rest.SerializeToString())
    return b"".join(parts)


def encoder(replica: StoresReplica, mask: FieldMask) -> Callable[[str], bytes]:
    """A function that encodes stores of the replica with the fields of a read mask."""
    if selects_all(mask):
        return replica.encoded
    return lambda of: stored(replica, of, mask).SerializeToString()


@lru_cache(maxsize=4096)
def hit_head(store_bytes: int) -> bytes:
    """The bytes before an encoded store of this length: the heads of NearestStore and Store."""
    head = _STORE + varint(store_bytes)
    return _STORES + varint(len(head) + store_bytes + _DISTANCE.size) + head


def varint(number: int) -> bytes:
    """A number in the encoding of protobuf's lengths: seven bits a byte, the lowest first."""
    result = bytearray()
    while number > 0x7F:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    result.append(number)
    return bytes(result)


class BatchResponse:
    """The encoded answer to many origins: each store once, and indexes and distances per origin."""

    def __init__(self, replica: StoresReplica, mask: FieldMask) -> None:
        self._replica = replica
        self._encode = encoder(replica, mask)
        self._indexes: dict[str, int] = {}
        self._parts: list[bytes] = []

    def add(self, rows: Rows, distances_m: Floats) -> None:
        """Add the stores of some more origins.

        Rows and distances have the shape (origins, limit); row -1 fills up an origin with fewer
        stores.
        """
        is_hit = rows >= 0
        distinct, inverse = np.unique(rows[is_hit], return_inverse=True)
        known = np.array([self._index(id) for id in self._replica.ids_of_rows(distinct)], np.int64)
        indexes, distances = known[inverse].tolist(), distances_m[is_hit].tolist()
        response = stores_pb2.BatchFindNearestStoresResponse()
        begin = 0
        for end in is_hit.sum(axis=1).cumsum().tolist():
            response.results.add(store_indexes=indexes[begin:end], distances_m=distances[begin:end])
            begin = end
        self._parts.append(response.SerializeToString())

    def encoded(self, as_of: Timestamp | None) -> bytes:
        """The whole answer."""
        rest = stores_pb2.BatchFindNearestStoresResponse(as_of=as_of)
        return b"".join([*self._parts, rest.SerializeToString()])

    def _index(self, id: str) -> int:
        index = self._indexes.get(id)
        if index is None:
            index = self._indexes[id] = len(self._indexes)
            encoded = self._encode(id)
            self._parts += (_BATCH_STORES, varint(len(encoded)), encoded)
        return index
