"""Listing of the shelves from the levels: all stores with the SKUs that they have on the shelf."""

from services.chassis.database.client import Client, script
from services.stock.model.partitions import StoreKeys
from services.stock.model.shelves import Shelves
from services.stock.state import PACKAGE


class ShelfLists:
    """Lists shelves by lua/shelves.lua."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._list = script(client, PACKAGE, "shelves")

    async def read(self) -> Shelves:
        """All shelves. Movements meanwhile may be in them or not."""
        shelves = Shelves()
        async for key in self._client.scan_iter("{s*}:levels:*", count=1000):
            store = key.decode().partition(":levels:")[2]
            packed = await self._list([StoreKeys.of(store).levels], [])
            at = 0
            while at < len(packed):
                end = at + 1 + packed[at]
                shelves.put(store, packed[at + 1 : end].decode(), on_shelf=True)
                at = end
        return shelves
