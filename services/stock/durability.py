"""Whether the store is one that stock and holds can be kept on; asked at the start, then once more.

A process may start while its store cannot be reached; then it is asked before the first change.
"""

import asyncio

import structlog

from services.chassis.database.client import Client, database_facts_of
from services.chassis.database.failures import FAILURES
from services.stock.errors import DatabaseNotDurable, PartitionsDiffer
from services.stock.model.partitions import PARTITIONS
from services.stock.state.levels import Levels

log = structlog.get_logger()


class Durability:
    """Refuses a data set cut otherwise, and a store that may lose holds, unless that is allowed."""

    def __init__(self, client: Client, levels: Levels, *, allow_loss: bool) -> None:
        self._client = client
        self._levels = levels
        self._allow_loss = allow_loss
        self._lock = asyncio.Lock()
        self._is_cut_right = self._keeps_holds = False

    async def at_start(self) -> None:
        """Return if the process may start.

        Raises:
            DatabaseNotDurable: the store may lose acknowledged holds.
            PartitionsDiffer: its data are cut otherwise.
        """
        try:
            await self.check()
        except FAILURES as error:
            log.warning("the store of holds is not checked yet", error=type(error).__name__)

    async def check(self) -> None:
        """Return if holds can be taken.

        Raises:
            DatabaseNotDurable: the store may lose acknowledged ones.
            PartitionsDiffer: its data are cut otherwise.
            RedisError: it cannot be reached.
        """
        await self.check_partitions()
        if self._keeps_holds:
            return
        async with self._lock:  # so that it is said once
            if not self._keeps_holds:
                await self._ask_how_it_keeps()
                self._keeps_holds = True

    async def check_partitions(self) -> None:
        """Return if levels can be written.

        Raises:
            PartitionsDiffer: the data are cut otherwise.
            RedisError: the store cannot be reached.
        """
        if self._is_cut_right:
            return
        count = await self._levels.partitions(PARTITIONS)
        if count != PARTITIONS:
            raise PartitionsDiffer(count, PARTITIONS)
        self._is_cut_right = True

    async def _ask_how_it_keeps(self) -> None:
        facts = await database_facts_of(self._client)
        if facts.keeps_acknowledged is False and not self._allow_loss:
            raise DatabaseNotDurable(
                f"the store runs with appendonly {facts.appendonly}, "
                f"appendfsync {facts.appendfsync}"
            )
        if not facts.keeps_acknowledged:
            log.warning("a power loss may lose acknowledged holds", appendfsync=facts.appendfsync)
