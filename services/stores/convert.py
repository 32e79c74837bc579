"""Between the contract and what the service works with. Total: what is checked needs no check."""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import latlng_pb2

from enrayon.stores.v1 import stores_pb2
from geodata.distance import Floats
from geodata.gazetteer import Place
from geodata.nearest import Rows
from geodata.points import Point
from services.chassis.messages.masks import read, selects_all
from services.chassis.messages.times import instant_if_set
from services.directory.filters import EVERYTHING, StoreFilter, fold
from services.directory.keys import parse_store, store_id
from services.directory.origins import ResolvedOrigin
from services.directory.schedules import Opening, Schedules
from services.directory.service_areas import fold_postal_code
from services.directory.stores import StoresReplica
from services.stores.model.matches import Cell, Match

SUGGESTED_FIELDS = FieldMask(paths=["name", "display_name", "brand", "address", "location"])

FILTERS_KEPT = 256
KEPT_FILTER_BYTES = 1024
"""Larger filters are read anew each time."""

_STORES = b"\x0a"  # field 1, length-delimited: FindNearestStoresResponse.stores
_STORE = b"\x0a"  # field 1, length-delimited: NearestStore.store
_DISTANCE_M = 0x11  # field 2, double: NearestStore.distance_m
_DISTANCE = struct.Struct("<Bd")
_BATCH_STORES = b"\x12"  # field 2, length-delimited: BatchFindNearestStoresResponse.stores


def store_filter(wanted: stores_pb2.StoreFilter, schedules: Schedules | None = None) -> StoreFilter:
    """The filter of a request, its open hours by the schedules.

    Filters repeat from request to request, so those asked for lately are kept.

    Raises:
        InvalidArgument: the instant of the open hours is out of range.
    """
    encoded = wanted.SerializeToString()
    if not encoded:
        return EVERYTHING
    read = _lasting_filter if len(encoded) <= KEPT_FILTER_BYTES else _lasting_filter.__wrapped__
    result = read(encoded)
    when = opening(wanted, schedules) if schedules else None
    return result if when is None else replace(result, opening=when)


@lru_cache(maxsize=FILTERS_KEPT)
def _lasting_filter(encoded: bytes) -> StoreFilter:
    """The parts of an encoded filter that do not change with time."""
    wanted = stores_pb2.StoreFilter.FromString(encoded)
    target = wanted.serves.WhichOneof("target")
    return StoreFilter(
        brands=frozenset(map(fold, wanted.brands)),
        attributes=frozenset(wanted.attributes),
        region_codes=frozenset(wanted.region_codes),
        ids=frozenset(map(store_id, wanted.names)),
        statuses=frozenset(wanted.statuses),
        serves_point=point(wanted.serves.point) if target == "point" else None,
        serves_postal_code=fold_postal_code(wanted.serves.postal_code),
    )


def opening(wanted: stores_pb2.StoreFilter, schedules: Schedules) -> Opening | None:
    """What a filter says of open hours and services; None when nothing.

    Raises:
        InvalidArgument: the instant is no valid Timestamp.
    """
    if not wanted.HasField("open_at") and not wanted.service:
        return None
    at = instant_if_set(wanted, "open_at", "store_filter.open_at")
    return schedules.opening(at, wanted.open_for_minutes, wanted.service)


def point(position: latlng_pb2.LatLng) -> Point:
    """A checked position."""
    return Point(position.latitude, position.longitude)


def read_store(encoded: bytes, mask: FieldMask) -> stores_pb2.Store:
    """The store in the bytes, with the fields of a read mask alone."""
    store = parse_store(encoded)
    if selects_all(mask):
        return store
    selected = read(mask, store)
    assert isinstance(selected, stores_pb2.Store)
    return selected


def nearest_response(
    replica: StoresReplica,
    hits: Iterable[tuple[str, float]],
    mask: FieldMask,
    rest: stores_pb2.FindNearestStoresResponse,
) -> bytes:
    """The encoded answer: `rest` with the hits, whose stores are encoded already.

    Splicing their bytes spares parsing and encoding each store again. Fields of a message may
    stand in any order (protobuf encoding, "Message Order").
    """
    encode = encoder(replica, mask)
    parts: list[bytes] = []
    for id, distance_m in hits:
        encoded = encode(id)
        parts += (hit_head(len(encoded)), encoded, _DISTANCE.pack(_DISTANCE_M, distance_m))
    parts.append(rest.SerializeToString())
    return b"".join(parts)


def encoder(replica: StoresReplica, mask: FieldMask) -> Callable[[str], bytes]:
    """Encodes stores of the replica, with the fields of a read mask alone."""
    if selects_all(mask):
        return replica.encoded
    return lambda which: stored(replica, which, mask).SerializeToString()


@lru_cache(maxsize=4096)
def hit_head(store_bytes: int) -> bytes:
    """What stands before an encoded store of this length in an encoded answer."""
    head = _STORE + varint(store_bytes)
    return _STORES + varint(len(head) + store_bytes + _DISTANCE.size) + head


def varint(number: int) -> bytes:
    """A number as protobuf writes lengths: seven bits a byte, the lowest first."""
    result = bytearray()
    while number > 0x7F:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    result.append(number)
    return bytes(result)


def origin_fields(origin: ResolvedOrigin) -> stores_pb2.FindNearestStoresResponse:
    """What an answer says of where its search started."""
    return stores_pb2.FindNearestStoresResponse(
        origin_uncertainty_m=origin.uncertainty_m,
        origin_place=place(origin.place) if origin.place else None,
    )


def place(found: Place) -> stores_pb2.Place:
    """A place of the gazetteer."""
    region = ", ".join(part for part in (found.admin_name, found.country) if part)
    return stores_pb2.Place(
        display_name=found.name,
        description=region,
        location={"latitude": found.point.latitude, "longitude": found.point.longitude},
        place_type=found.kind.name.lower(),
    )


def stored(replica: StoresReplica, id: str, mask: FieldMask) -> stores_pb2.Store:
    """A store of the replica, with the fields of a read mask alone."""
    return read_store(replica.encoded(id), mask)


def match(replica: StoresReplica, found: Match, mask: FieldMask) -> stores_pb2.StoreMatch:
    """A store that a search found."""
    return stores_pb2.StoreMatch(
        store=stored(replica, found.id, mask),
        distance_m=found.distance_m,
        route_position_m=found.route_position_m,
        detour_m=found.detour_m,
    )


def batch_response(
    replica: StoresReplica,
    rows: Rows,
    distances_m: Floats,
    mask: FieldMask,
    as_of: Timestamp | None,
) -> bytes:
    """The encoded answer to many origins: each store once, and for each which and how far.

    Rows and distances have the shape (origins, limit), filled up with rows of -1.
    """
    found = rows >= 0
    distinct, places = np.unique(rows[found], return_inverse=True)
    indexes, distances = places.tolist(), distances_m[found].tolist()
    response = stores_pb2.BatchFindNearestStoresResponse(as_of=as_of)
    begin = 0
    for end in found.sum(axis=1).cumsum().tolist():
        response.results.add(store_indexes=indexes[begin:end], distances_m=distances[begin:end])
        begin = end
    encode = encoder(replica, mask)
    parts = [response.SerializeToString()]
    for encoded in map(encode, replica.ids_of_rows(distinct)):
        parts += (_BATCH_STORES, varint(len(encoded)), encoded)
    return b"".join(parts)


def cell_count(cell: Cell) -> stores_pb2.CellCount:
    """A cell with its number of stores."""
    return stores_pb2.CellCount(
        h3_cell=cell.h3_cell,
        centroid={"latitude": cell.latitude, "longitude": cell.longitude},
        count=cell.stores,
    )


def suggestions(
    replica: StoresReplica, places: Sequence[Place], ids: Sequence[str], limit: int
) -> stores_pb2.SuggestPlacesResponse:
    """Places and stores, half of the room for each as long as both have some."""
    stores_kept = min(len(ids), max(limit // 2, limit - len(places)))
    places_kept = min(len(places), limit - stores_kept)
    response = stores_pb2.SuggestPlacesResponse()
    for found in places[:places_kept]:
        response.suggestions.add(place=place(found))
    for id in ids[:stores_kept]:
        response.suggestions.add(store=stored(replica, id, SUGGESTED_FIELDS))
    return response
