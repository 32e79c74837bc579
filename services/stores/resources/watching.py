"""Streams the changes of stores to watchers, as seen through their filters."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.stores.v1 import stores_pb2
from services.chassis.errors import InvalidArgument
from services.chassis.messages.masks import changed_fields
from services.directory.feed import Feed
from services.directory.filters import StoreFilter
from services.directory.keys import parse_store, store_name
from services.directory.replicas import Change
from services.directory.stores import StoresReplica
from services.directory.travel_areas import ByRoad
from services.directory.watching import steps
from services.stores.convert.filters import store_filter
from services.stores.convert.stores import read_store
from services.stores.model.stores import OUTPUT_FIELDS

CREATED = stores_pb2.WatchStoresResponse.CHANGE_TYPE_CREATED
CHANGED = stores_pb2.WatchStoresResponse.CHANGE_TYPE_CHANGED
DELETED = stores_pb2.WatchStoresResponse.CHANGE_TYPE_DELETED
"""Types of change as the contract has them."""


async def watch(
    feed: Feed[StoresReplica], by_road: ByRoad, request: stores_pb2.WatchStoresRequest
) -> AsyncIterator[stores_pb2.WatchStoresResponse]:
    """Yields the changes after the request's token, then the changes to come.

    Raises:
        InvalidArgument: the token is not one of ours, or the filter has open hours or a service.
        ChangesExpired: the token is older than the kept changes.
        StreamEnded: the reader was too slow, or all records were loaded anew; resume.
    """
    if request.store_filter.HasField("open_at") or request.store_filter.service:
        why = "cannot have open hours or a service: they change without a change of the store"
        raise InvalidArgument.field("store_filter", why)
    wanted = store_filter(request.store_filter, by_road)
    async with aclosing(steps(feed, request.resume_token)) as changes:
        async for token, change in changes:
            if change is None:
                yield stores_pb2.WatchStoresResponse(resume_token=token)
            elif is_seen(change, wanted):
                yield response(change, token, wanted, request.read_mask)


def is_seen(change: Change, wanted: StoreFilter) -> bool:
    """True if the filter admits the store before or after the change, or may have admitted it."""
    if change.after is None and not change.before:
        return True  # a deletion in the past: the content of the store is no longer known
    sides = (change.before, change.after)
    return any(side and wanted.admits(parse_store(side)) for side in sides)


def response(
    change: Change, token: str, wanted: StoreFilter, mask: FieldMask
) -> stores_pb2.WatchStoresResponse:
    """A change as its watcher sees it: a store that the filter no longer admits is deleted."""
    result = stores_pb2.WatchStoresResponse(resume_token=token)
    after = parse_store(change.after) if change.after is not None else None
    if after is None or not wanted.admits(after):
        result.change_type = DELETED
        result.store.name = store_name(change.id)
        return result
    before = parse_store(change.before) if change.before else None
    is_new = change.before is None or (before is not None and not wanted.admits(before))
    result.change_type = CREATED if is_new else CHANGED
    if before is not None and not is_new:
        result.changed_fields.paths.extend(changed_fields(before, after, OUTPUT_FIELDS))
    result.change_time.CopyFrom(after.update_time)
    result.store.CopyFrom(read_store(change.after or b"", mask))
    return result
