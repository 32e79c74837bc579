"""What happened to stores, told to those who watch."""

import base64
import binascii
from collections.abc import AsyncIterator

from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.stores.v1 import stores_pb2
from services.chassis.errors import InvalidArgument, Unavailable
from services.directory.feed import Change, Event, Feed
from services.directory.filters import StoreFilter
from services.directory.keys import parse_store, store_name
from services.directory.stores import StoresReplica
from services.stores import convert
from services.stores.errors import ChangesExpired
from services.stores.model import changed_fields

CREATED = stores_pb2.WatchStoresResponse.CHANGE_TYPE_CREATED
CHANGED = stores_pb2.WatchStoresResponse.CHANGE_TYPE_CHANGED
DELETED = stores_pb2.WatchStoresResponse.CHANGE_TYPE_DELETED
"""Types of change as the contract has them."""


async def watch(
    feed: Feed[StoresReplica], request: stores_pb2.WatchStoresRequest
) -> AsyncIterator[stores_pb2.WatchStoresResponse]:
    """The changes past the request's token, then those to come.

    Raises:
        InvalidArgument: the token is not one of ours.
        ChangesExpired: the token is older than what is kept.
        Unavailable: the reader was too slow, or the replica was loaded anew; resume.
    """
    wanted = convert.store_filter(request.store_filter)
    with feed.subscription() as events:
        reached = sequence_of(request.resume_token) if request.resume_token else feed.sequence
        yield stores_pb2.WatchStoresResponse(resume_token=token_of(reached))
        if request.resume_token:
            async for past in replayed(feed, reached, wanted):
                reached, change = past
                if change is not None:
                    yield response(change, reached, wanted, request.read_mask)
        while (event := await events.get()) is not None:
            if event.sequence > reached and is_about(event, wanted):
                yield response(event.change, event.sequence, wanted, request.read_mask)
    raise Unavailable("changes were lost to this stream; resume with its last token")


async def replayed(
    feed: Feed[StoresReplica], sequence: int, wanted: StoreFilter
) -> AsyncIterator[tuple[int, Change | None]]:
    """The kept changes past a number, with the stores as they are now."""
    try:
        async for number, operation, id in feed.changes_since(sequence):
            now = feed.replica.record(id)
            before = b"" if operation == "u" else None
            change = Change(id, before, now)
            admitted = now is None or wanted.admits(parse_store(now))
            yield number, change if admitted else None
    except LookupError as error:
        raise ChangesExpired(f"{error}; list the stores, then watch without a token") from None


def is_about(event: Event, wanted: StoreFilter) -> bool:
    """Whether a change is one of a store that the filter admits, or admitted."""
    sides = (event.change.before, event.change.after)
    return any(side is not None and wanted.admits(parse_store(side)) for side in sides)


def response(
    change: Change, sequence: int, wanted: StoreFilter, mask: FieldMask
) -> stores_pb2.WatchStoresResponse:
    """A change as a watcher sees it: a store that leaves the filter is gone."""
    result = stores_pb2.WatchStoresResponse(resume_token=token_of(sequence))
    after = parse_store(change.after) if change.after is not None else None
    if after is None or not wanted.admits(after):
        result.change_type = DELETED
        result.store.name = store_name(change.id)
        return result
    before = parse_store(change.before) if change.before else None
    is_new = change.before is None or (before is not None and not wanted.admits(before))
    result.change_type = CREATED if is_new else CHANGED
    if before is not None and not is_new:
        result.changed_fields.paths.extend(changed_fields(before, after))
    result.change_time.CopyFrom(after.update_time)
    result.store.CopyFrom(convert.read_store(change.after or b"", mask))
    return result


def token_of(sequence: int) -> str:
    """The opaque form of a sequence number."""
    return base64.urlsafe_b64encode(sequence.to_bytes(8)).decode().rstrip("=")


def sequence_of(token: str) -> int:
    """The sequence number of a token.

    Raises:
        InvalidArgument: it is not one of ours.
    """
    try:
        data = base64.b64decode(token + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != 8:
        raise InvalidArgument.field("resume_token", "not a token of this service")
    return int.from_bytes(data)
