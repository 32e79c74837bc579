"""The taken places of pick-up slots; lua/reserve.lua takes them."""

from collections.abc import Sequence

from services.chassis.database.client import Client, Value, script
from services.stock.model.partitions import StoreKeys
from services.stock.model.slots import Slot
from services.stock.state import LIBRARY, PACKAGE


class Slots:
    """Reads, and counts anew, how many places are taken. `now_ms` is for tests."""

    def __init__(self, client: Client) -> None:
        self._read = script(client, PACKAGE, "slots", LIBRARY)
        self._recount = script(client, PACKAGE, "recount", LIBRARY)

    async def recount(self, store: str) -> int:
        """Count the places of a store anew; answers how many slots were wrong."""
        keys = StoreKeys.of(store)
        return int(await self._recount([keys.slots, keys.holds], []))

    async def taken(
        self, store: str, slots: Sequence[Slot], now_ms: int | None = None
    ) -> list[int]:
        """The taken places of each slot of a store."""
        if not slots:
            return []
        keys = StoreKeys.of(store)
        args: list[Value] = ["" if now_ms is None else now_ms, *(slot.field for slot in slots)]
        return list(await self._read([keys.slots, keys.expiry, keys.holds], args))
