"""Reads and changes stock groups: stores whose levels are summed."""

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import Clock
from services.directory.directory import Directory
from services.directory.kind import Kind
from services.directory.resources import Resources
from services.directory.writer import Writer
from services.stock.convert.names import group_id
from services.stock.errors import GroupNotFound
from services.stock.replica.lookups import Lookups


def normalize(group: stock_pb2.StockGroup) -> None:
    """Sort the stores of a group, each once."""
    group.stores[:] = sorted(set(group.stores))


STOCK_GROUP = Kind(
    message=stock_pb2.StockGroup,
    field="stock_group",
    record_id=group_id,
    not_found=GroupNotFound,
    output=(),
    stamp="",
    normalize=normalize,
)


class StockGroups:
    """Changes groups. A change returns once this process's own replica has it."""

    def __init__(
        self, writer: Writer, directory: Directory, lookups: Lookups, clock: Clock
    ) -> None:
        self._directory = directory
        self._lookups = lookups
        self._resources = Resources(STOCK_GROUP, writer, clock)

    def get(self, name: str) -> stock_pb2.StockGroup:
        """One group.

        Raises:
            GroupNotFound: there is none of that name.
        """
        group = self._directory.groups.replica.group(group_id(name))
        if group is None:
            raise GroupNotFound(name)
        return group

    async def put(self, group: stock_pb2.StockGroup) -> stock_pb2.StockGroup:
        """Create or replace a group; one without stores is deleted.

        Raises:
            StoreNotFound: there is no store of one name.
        """
        for name in group.stores:
            self._lookups.any_store(name)
        if group.stores:
            return await self._resources.put(group)
        await self._resources.delete(group.name, allow_missing=True)
        return group
