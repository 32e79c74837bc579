"""The replica of stock groups: all of them in memory, by id."""

from enrayon.stock.v1 import stock_pb2
from services.directory.replicas import Records


class GroupsReplica(Records):
    """All stock groups of a process."""

    def group(self, id: str) -> stock_pb2.StockGroup | None:
        """A group; None if there is none."""
        encoded = self._records.get(id)
        return None if encoded is None else stock_pb2.StockGroup.FromString(encoded)
