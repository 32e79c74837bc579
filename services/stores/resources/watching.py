"""What happened to stores, told to those who watch."""

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
from services.directory.watching import steps
from services.stores import convert
from services.stores.model.stores import OUTPUT_FIELDS

CREATED = stores_pb2.WatchStoresResponse.CHANGE_TYPE_CREATED
CHANGED = stores_pb2.WatchStoresResponse.CHANGE_TYPE_CHANGED
DELETED = stores_pb2.WatchStoresResponse.CHANGE_TYPE_DELETED
"""Types of change as the contract has them."""


async def watch(
    feed: Feed[StoresReplica], request: stores_pb2.WatchStoresRequest
) -> AsyncIterator[stores_pb2.WatchStoresResponse]:
    """The changes past the request's token, then those to come.

    Raises:
        InvalidArgument: the token is not one of ours, or the filter asks for open stores.
        ChangesExpired: the token is older than what is kept.
        StreamEnded: the reader was too slow, or the replica was loaded anew; resume.
    """
    if request.store_filter.HasField("open_at") or request.store_filter.service:
        raise InvalidArgument.field("store_filter", "cannot watch for open hours or services")
    wanted = convert.store_filter(request.store_filter)
    async with aclosing(steps(feed, request.resume_token)) as changes:
        async for token, change in changes:
            if change is None:
                yield stores_pb2.WatchStoresResponse(resume_token=token)
            elif is_about(change, wanted):
                yield response(change, token, wanted, request.read_mask)


def is_about(change: Change, wanted: StoreFilter) -> bool:
    """Whether a change is one of a store that the filter admits, or admitted as far as known."""
    if change.after is None and not change.before:
        return True  # what a store was that is gone by now is not known
    sides = (change.before, change.after)
    return any(side and wanted.admits(parse_store(side)) for side in sides)


def response(
    change: Change, token: str, wanted: StoreFilter, mask: FieldMask
) -> stores_pb2.WatchStoresResponse:
    """A change as a watcher sees it: a store that leaves the filter is gone."""
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
    result.store.CopyFrom(convert.read_store(change.after or b"", mask))
    return result
