"""Streams the changes of hours, closures and store events."""

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from services.chassis.messages.masks import changed_fields
from services.directory.directory import Directory
from services.directory.hours import is_event, store_of
from services.directory.keys import parse_store, store_id, store_name
from services.directory.replicas import Change
from services.directory.watching import steps
from services.hours.model import OUTPUT_FIELDS, is_old, new_hours, shown

Response = hours_pb2.WatchHoursResponse


async def watch(
    directory: Directory, request: hours_pb2.WatchHoursRequest
) -> AsyncIterator[Response]:
    """The changes past the request's token, then those to come.

    Raises:
        InvalidArgument: the token is not one of ours.
        ChangesExpired: the token is older than the kept changes.
        StreamEnded: the reader was too slow, or the replica was loaded anew; resume.
    """
    wanted = set(map(store_id, request.stores))
    async with aclosing(steps(directory.hours, request.resume_token)) as changes:
        async for token, change in changes:
            if change is None:
                yield Response(resume_token=token)
                continue
            id = store_of(change.id)
            if wanted and id not in wanted:
                continue
            if is_event(change.id):
                found = [event_change(change)]
            else:
                encoded = directory.stores.replica.public(id)
                store = parse_store(encoded) if encoded else stores_pb2.Store()
                found = list(hours_changes(change, store))
            for response in found:
                response.store = store_name(id)
                response.resume_token = token
                yield response


def event_change(change: Change) -> Response:
    """A change of a store event."""
    if change.after is None:
        id, _, event = change.id.partition("/")
        return Response(
            change_type=Response.CHANGE_TYPE_EVENT_DELETED,
            store_event=hours_pb2.StoreEvent(name=f"stores/{id}/events/{event}"),
        )
    return Response(
        change_type=Response.CHANGE_TYPE_EVENT_CREATED,
        store_event=hours_pb2.StoreEvent.FromString(change.after),
    )


def hours_changes(change: Change, store: stores_pb2.Store) -> Iterator[Response]:
    """The parts of a change of hours: closures created, closures canceled, hours changed."""
    before, after = (
        hours_pb2.StoreHours.FromString(side) if side else new_hours(change.id)
        for side in (change.before, change.after)
    )
    known = change.before != b""
    if known:
        old = {closure.name: closure for closure in before.closures}
        new = {closure.name: closure for closure in after.closures}
        for name in new.keys() - old.keys():
            kind = Response.CHANGE_TYPE_CLOSURE_CREATED
            yield Response(change_type=kind, closure=new[name])
        written = after.update_time.ToDatetime(dt.UTC)
        for name in old.keys() - new.keys():
            if is_old(old[name], written):
                continue  # dropped when its time came
            kind = Response.CHANGE_TYPE_CLOSURE_CANCELED
            yield Response(change_type=kind, closure=old[name])
    fields = changed_fields(before, after, OUTPUT_FIELDS) if known else []
    if fields or not known:
        response = Response(
            change_type=Response.CHANGE_TYPE_HOURS_CHANGED, store_hours=shown(store, after)
        )
        response.changed_fields.paths.extend(fields)
        yield response
