"""All subscriptions of a process, by id."""

from collections.abc import Iterable

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.directory.replicas import Change


class SubscriptionsReplica:
    """The subscriptions in memory."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._records: dict[str, bytes] = {}
        self.by_id: dict[str, pb.Subscription] = {}
        for id, encoded in records:
            self.apply(id, encoded)

    def __len__(self) -> int:
        return len(self._records)

    def record(self, id: str) -> bytes | None:
        """The encoded subscription of an id."""
        return self._records.get(id)

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their encoded subscriptions."""
        return self._records.items()

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one subscription."""
        before = self._records.pop(id, None)
        self.by_id.pop(id, None)
        if after is not None:
            self._records[id] = after
            self.by_id[id] = pb.Subscription.FromString(after)
        return Change(id, before, after)
