"""Converts the filter of a request to the filter of the directory."""

from dataclasses import replace
from functools import lru_cache

from google.type import latlng_pb2

from enrayon.stores.v1 import stores_pb2
from geodata.points import Point
from services.chassis.messages.times import instant_if_set
from services.directory.filters import EVERYTHING, StoreFilter, fold
from services.directory.keys import store_id
from services.directory.schedules import Opening, Schedules
from services.directory.service_areas import fold_postal_code
from services.directory.travel_areas import ByRoad

FILTERS_KEPT = 256
"""Converted filters in memory: the most recent ones. Many requests have equal filters."""
KEPT_FILTER_BYTES = 1024
"""Size of the largest encoded filter that is kept."""


def store_filter(
    wanted: stores_pb2.StoreFilter, by_road: ByRoad, schedules: Schedules | None = None
) -> StoreFilter:
    """The filter of a request; without schedules, its open hours and service are left out.

    Raises:
        InvalidArgument: the instant of the open hours is not a valid Timestamp.
    """
    encoded = wanted.SerializeToString()
    if not encoded:
        return EVERYTHING
    convert = _lasting_filter if len(encoded) <= KEPT_FILTER_BYTES else _lasting_filter.__wrapped__
    result = convert(encoded)
    if result.serves_point is not None:
        result = replace(result, by_road=by_road)
    hours = opening(wanted, schedules) if schedules else None
    return result if hours is None else replace(result, opening=hours)


@lru_cache(maxsize=FILTERS_KEPT)
def _lasting_filter(encoded: bytes) -> StoreFilter:
    """The parts of an encoded filter that do not change with time."""
    wanted = stores_pb2.StoreFilter.FromString(encoded)
    target = wanted.serves.WhichOneof("target")
    return StoreFilter(
        brands=frozenset(map(fold, wanted.brands)),
        attributes=frozenset(wanted.attributes),
        any_attributes=frozenset(wanted.any_attributes),
        region_codes=frozenset(wanted.region_codes),
        administrative_areas=frozenset(map(fold, wanted.administrative_areas)),
        ids=frozenset(map(store_id, wanted.names)),
        external_ids=frozenset(wanted.external_ids),
        statuses=frozenset(wanted.statuses),
        serves_point=point(wanted.serves.point) if target == "point" else None,
        serves_postal_code=fold_postal_code(wanted.serves.postal_code),
    )


def opening(wanted: stores_pb2.StoreFilter, schedules: Schedules) -> Opening | None:
    """The part of a filter with open hours and services; None if it has neither.

    Raises:
        InvalidArgument: the instant is not a valid Timestamp.
    """
    if not wanted.HasField("open_at") and not wanted.service:
        return None
    at = instant_if_set(wanted, "open_at", "store_filter.open_at")
    return schedules.opening(at, wanted.open_for_minutes, wanted.service)


def point(position: latlng_pb2.LatLng) -> Point:
    """A position as a point.

    Raises:
        ValueError: it is not on the earth; a checked request has no such position.
    """
    return Point(position.latitude, position.longitude)
