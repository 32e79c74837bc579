"""The replica of hours: the hours that UpdateStoreHours set, and the store events.

The id of an hours record is the store's id, that of an event is `<store id>/<event id>`. Both are
one kind of record, so that one stream has the changes of both in order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from services.directory.replicas import Change, Records


def event_record_id(store_id: str, event_id: str) -> str:
    """The id of the record of a store event."""
    return f"{store_id}/{event_id}"


def is_event(record_id: str) -> bool:
    """True if the record of this id is a store event."""
    return "/" in record_id


def store_of(record_id: str) -> str:
    """The store id of a record."""
    return record_id.partition("/")[0]


class HoursReplica(Records):
    """All hours and store events of a process."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        super().__init__(records)
        self._events: defaultdict[str, set[str]] = defaultdict(set)
        for id in self._records:
            self._count_event(id)

    def store_ids(self) -> Iterable[str]:
        """The ids of the stores whose hours were set."""
        return (id for id in self._records if not is_event(id))

    def event_ids(self, store_id: str | None = None) -> Collection[str]:
        """The record ids of the events of a store; without an id, of all stores."""
        if store_id is not None:
            return self._events.get(store_id, set())
        return [id for ids in self._events.values() for id in ids]

    def _index(self, change: Change) -> None:
        if change.after is not None:
            self._count_event(change.id)
        elif is_event(change.id) and (ids := self._events.get(store_of(change.id))):
            ids.discard(change.id)
            if not ids:
                del self._events[store_of(change.id)]

    def _count_event(self, id: str) -> None:
        if is_event(id):
            self._events[store_of(id)].add(id)
