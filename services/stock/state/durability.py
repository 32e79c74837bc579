"""Checks that holds can be kept in the database: its partitions, and what a power loss costs.

They run at the start. If the database cannot be reached then, they run before the first change.
"""

import asyncio

import structlog

from services.chassis.database.client import Client
from services.chassis.database.facts import database_facts_of
from services.chassis.database.failures import FAILURES
from services.stock.errors import DatabaseNotDurable, PartitionsDiffer
from services.stock.model.partitions import PARTITIONS
from services.stock.state.levels import Levels

log = structlog.get_logger()


class Durability:
    """Refuses a data set with other partitions, and a database that may lose holds.

    `allow_loss` accepts the second. A check that passed is not made again.
    """

    def __init__(self, client: Client, levels: Levels, *, allow_loss: bool) -> None:
        self._client = client
        self._levels = levels
        self._allow_loss = allow_loss
        self._lock = asyncio.Lock()
        self._has_partitions = self._keeps_holds = False

    async def at_start(self) -> None:
        """Return if the process may start.

        Raises:
            DatabaseNotDurable: the database may lose acknowledged holds.
            PartitionsDiffer: its data have another number of partitions.
        """
        try:
            await self.check()
        except FAILURES as error:
            log.warning("the database of holds is not checked yet", error=type(error).__name__)

    async def check(self) -> None:
        """Return if holds can be made.

        Raises:
            DatabaseNotDurable: the database may lose acknowledged holds.
            PartitionsDiffer: its data have another number of partitions.
            RedisError: it cannot be reached.
        """
        await self.check_partitions()
        if self._keeps_holds:
            return
        async with self._lock:  # so that concurrent calls log the warning once
            if not self._keeps_holds:
                await self._check_durability()
                self._keeps_holds = True

    async def check_partitions(self) -> None:
        """Return if levels can be written.

        Raises:
            PartitionsDiffer: the data have another number of partitions.
            RedisError: the database cannot be reached.
        """
        if self._has_partitions:
            return
        count = await self._levels.partitions(PARTITIONS)
        if count != PARTITIONS:
            raise PartitionsDiffer(count, PARTITIONS)
        self._has_partitions = True

    async def _check_durability(self) -> None:
        facts = await database_facts_of(self._client)
        if facts.keeps_acknowledged is False and not self._allow_loss:
            raise DatabaseNotDurable(
                f"the database runs with appendonly {facts.appendonly}, "
                f"appendfsync {facts.appendfsync}"
            )
        if not facts.keeps_acknowledged:
            log.warning("a power loss may lose acknowledged holds", appendfsync=facts.appendfsync)
