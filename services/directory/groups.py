"""The replica of stock groups: all of them in memory, by id."""

from collections.abc import Iterable

from enrayon.stock.v1 import stock_pb2
from services.directory.replicas import Change


class GroupsReplica:
    """All stock groups of a process."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._records = dict(records)

    def __len__(self) -> int:
        return len(self._records)

    def group(self, id: str) -> stock_pb2.StockGroup | None:
        """A group; None if there is none."""
        encoded = self._records.get(id)
        return None if encoded is None else stock_pb2.StockGroup.FromString(encoded)

    def record(self, id: str) -> bytes | None:
        """An encoded group; None if there is none."""
        return self._records.get(id)

    def records(self) -> Iterable[tuple[str, bytes]]:
        """All ids with their encoded groups."""
        return self._records.items()

    def apply(self, id: str, after: bytes | None) -> Change:
        """Add, change or (None) delete one group."""
        before = self._records.get(id)
        if after is None:
            self._records.pop(id, None)
        else:
            self._records[id] = after
        return Change(id, before, after)
