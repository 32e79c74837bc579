"""The replica of floor plans, blocked areas and anchors: all of them in memory, by name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from enrayon.aisle.v1 import aisle_pb2 as pb
from services.directory.replicas import Change, Records


class PlansReplica(Records):
    """All floor plans, blocked areas and anchors of a process."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        super().__init__()
        self._children: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._versions: dict[str, pb.FloorPlan] = {}
        for name, encoded in records:
            self.apply(name, encoded)

    def names(self, collection: str) -> list[str]:
        """The names of a collection such as `stores/1/anchors`, in order."""
        return sorted(self._children.get(collection, ()))

    def versions(self, store: str) -> Iterator[pb.FloorPlan]:
        """The versions of a store's plan in order of name, without their parts; read-only."""
        for name in self.names(f"stores/{store}/floorPlans"):
            yield self._versions[name]

    def _index(self, change: Change) -> None:
        id = change.id
        collection = id.rpartition("/")[0]
        self._children[collection].pop(id, None)
        self._versions.pop(id, None)
        if change.after is not None:
            self._children[collection][id] = None
            if collection.endswith("/floorPlans"):
                self._versions[id] = summary_of(pb.FloorPlan.FromString(change.after))


def summary_of(plan: pb.FloorPlan) -> pb.FloorPlan:
    """A plan without its parts: levels, aisles, fixtures and the other repeated fields."""
    summary = pb.FloorPlan()
    summary.CopyFrom(plan)
    for field, _ in plan.ListFields():
        if field.is_repeated:
            summary.ClearField(field.name)  # type: ignore[arg-type]
    return summary
