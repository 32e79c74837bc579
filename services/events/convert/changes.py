"""Converts changes of the records of stores and hours to events."""

from collections.abc import Mapping

from enrayon.stores.v1 import stores_pb2
from services.directory.events import PRIVATE_DELETED, Event
from services.directory.hours import is_event
from services.directory.keys import STORES, parse_store, store_name
from services.events.convert.told import Told, told_by

PRIVATE_NOTE = PRIVATE_DELETED.encode()
TYPES = {b"c": "created", b"u": "updated", b"d": "deleted"}


def change_of(
    partition: str, id: str, fields: Mapping[bytes, bytes], store: bytes | None
) -> Told | None:
    """The event of a change in the log of stores or hours; None for one of a store event, which
    no subscription gets.

    Args:
        partition: Of the log.
        id: Of the entry.
        fields: Of the entry (see `services.directory.keys`).
        store: The encoded store, as it is now; None if there is none.
    """
    if is_event(fields[b"id"].decode()):
        return None
    store_id = fields[b"id"].decode()
    current = parse_store(store) if store else None
    name = store_name(store_id)
    is_store = partition == STORES
    data = {}
    if is_store and current is not None:
        data["status"] = stores_pb2.StoreStatus.Name(current.status).removeprefix("STORE_STATUS_")
    at_ms = int(fields.get(b"at", 0))
    event = Event(
        type_of(partition, fields),
        store_id,
        name if is_store else f"{name}/hours",
        at_ms,
        id=f"{partition}-{id.partition('-')[0]}-{at_ms}",
        data=data,
    )
    told = told_by(partition, event)
    # Nobody but an admin is told of a store that is gone, but for the deletion itself: it may have
    # been private.
    is_public_end = is_store and fields[b"op"] == b"d" and fields.get(b"t") != PRIVATE_NOTE
    is_private = current.private if current is not None else not is_public_end
    brand = fields.get(b"b", b"").decode()
    return Told(told.event, "", told.kept, is_private=is_private, brand=brand)


def type_of(partition: str, fields: Mapping[bytes, bytes]) -> str:
    """The type of a change: what the writer noted, else by the operation."""
    if (noted := fields.get(b"t")) and noted != PRIVATE_NOTE:
        return noted.decode()
    return f"store.{TYPES[fields[b'op']]}" if partition == STORES else "hours.updated"
