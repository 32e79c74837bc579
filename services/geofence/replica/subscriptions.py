"""The replica of subscriptions: all of them in memory, by id."""

from collections.abc import Iterable

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.directory.replicas import Change, Records


class SubscriptionsReplica(Records):
    """All subscriptions of a process."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        super().__init__(records)
        self.by_id = {
            id: pb.Subscription.FromString(encoded) for id, encoded in self._records.items()
        }

    def _index(self, change: Change) -> None:
        self.by_id.pop(change.id, None)
        if change.after is not None:
            self.by_id[change.id] = pb.Subscription.FromString(change.after)
