"""Whether the store is one that holds can be kept on; asked once, before the first hold."""

import structlog

from services.chassis.redis import Client, store_facts_of
from services.stock.errors import StoreNotDurable
from services.stock.model.partitions import PARTITIONS
from services.stock.state.levels import Levels

log = structlog.get_logger()


class Durability:
    """Refuses holds that a power loss may lose, unless a setting allows them."""

    def __init__(self, client: Client, levels: Levels, *, allow_loss: bool) -> None:
        self._client = client
        self._levels = levels
        self._allow_loss = allow_loss
        self._checked = False

    async def check(self) -> None:
        """Return if holds can be taken.

        Raises:
            StoreNotDurable: acknowledged ones may be lost, or the data set is cut otherwise.
        """
        if self._checked:
            return
        count = await self._levels.partitions(PARTITIONS)
        if count != PARTITIONS:
            raise StoreNotDurable(f"this data set has {count} partitions, not {PARTITIONS}")
        facts = await store_facts_of(self._client)
        if facts.keeps_acknowledged is False and not self._allow_loss:
            raise StoreNotDurable(
                f"the store runs with appendonly {facts.appendonly}, "
                f"appendfsync {facts.appendfsync}"
            )
        if not facts.keeps_acknowledged:
            log.warning("a power loss may lose acknowledged holds", appendfsync=facts.appendfsync)
        self._checked = True
