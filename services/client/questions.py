"""Turns what ParseQuery understood of a text into a search for the nearest stores."""

from enrayon.stores.v1 import stores_pb2


def is_understood(parsed: stores_pb2.ParseQueryResponse) -> bool:
    """True if a part of the text can be searched by."""
    return bool(
        parsed.shop or parsed.kinds or parsed.HasField("place") or parsed.open_now or parsed.near_me
    )


def nearest_request(
    parsed: stores_pb2.ParseQueryResponse,
    request: stores_pb2.FindNearestStoresRequest,
) -> None:
    """Set the words, the kinds and the place of a request. Its `open_at` is the caller's to set."""
    request.query = parsed.shop
    attributes = dict.fromkeys(one for kind in parsed.kinds for one in kind.attributes)
    request.store_filter.any_attributes.extend(attributes)
    if parsed.HasField("place"):
        request.origin.point.CopyFrom(parsed.place.location)


def search_request(
    request: stores_pb2.FindNearestStoresRequest,
) -> stores_pb2.SearchStoresRequest:
    """The same search without an origin."""
    return stores_pb2.SearchStoresRequest(
        query=request.query,
        store_filter=request.store_filter,
        page_size=request.page_size,
        read_mask=request.read_mask if request.HasField("read_mask") else None,
    )


def as_nearest(found: stores_pb2.SearchStoresResponse) -> stores_pb2.FindNearestStoresResponse:
    """Stores found without an origin, as those found near one."""
    return stores_pb2.FindNearestStoresResponse(
        stores=[stores_pb2.NearestStore(store=match.store) for match in found.matches],
        as_of=found.as_of if found.HasField("as_of") else None,
    )
