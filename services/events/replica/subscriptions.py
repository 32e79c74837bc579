"""The replica of subscriptions: all of them in memory, by id."""

from collections.abc import Iterable

from enrayon.events.v1 import events_pb2 as pb
from services.directory.replicas import Change, Records
from services.events.convert.subscriptions import subscription_of

SUBSCRIPTIONS = "subscriptions"


class SubscriptionsReplica(Records):
    """All subscriptions of a process."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        super().__init__(records)
        self.by_id = {id: subscription_of(encoded) for id, encoded in self._records.items()}

    def _index(self, change: Change) -> None:
        self.by_id.pop(change.id, None)
        if change.after is not None:
            self.by_id[change.id] = subscription_of(change.after)

    def of(self, owner: str) -> list[pb.Subscription]:
        """The subscriptions of an owner."""
        return [each for each in self.by_id.values() if each.owner == owner]
