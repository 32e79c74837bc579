"""Rewrites the log of the database once something was erased, so that the log forgets it too.

A deleted key stays in an append-only file, in the commands that wrote it. `BGREWRITEAOF` writes the
file again from the data that are left.
"""

from typing import Any

import redis.exceptions
import structlog

from services.chassis.database.client import Client, script
from services.chassis.database.cluster import Cluster
from services.directory.crossing import ERASED_MARK

REWRITE_S = 15.0
"""Interval between looks for something erased."""
RECENT = "{fences}:rewritten"
"""Exists while the log was rewritten recently."""

log = structlog.get_logger()


class Erased:
    """Notes erasures, and has the log of the database rewritten."""

    def __init__(self, client: Client, rewrite_ms: int) -> None:
        self._client = client
        self._rewrite_ms = rewrite_ms
        self._release = script(client, "services.chassis.database", "release")
        self._is_allowed = True

    async def mark(self, now_ms: int) -> None:
        """Note that something was erased."""
        await self._client.set(ERASED_MARK, now_ms)

    async def rewrite(self) -> bool:
        """Rewrite the log if something was erased and the last rewrite is long enough ago."""
        mark = await self._client.get(ERASED_MARK)
        if mark is None or not await self._client.set(RECENT, 1, nx=True, px=self._rewrite_ms):
            return False
        try:
            for node in await self._nodes():
                persistence = await self._client.info("persistence", **node)
                if persistence.get("aof_enabled"):
                    await self._client.bgrewriteaof(**node)
        except redis.exceptions.ResponseError as error:
            # A rewrite is under way, which may have begun before the erasure; or a managed
            # database does not allow it.
            if self._is_allowed and "already in progress" not in str(error):
                log.warning(
                    "the database refuses to rewrite its log: erased devices stay in it until the "
                    "database rewrites it by itself"
                )
                self._is_allowed = False
            if self._is_allowed:
                await self._client.delete(RECENT)
            return False
        await self._release([ERASED_MARK], [mark])  # keeps the mark of a later erasure
        return True

    async def run(self) -> bool:
        """Rewrite the log if needed; a loop need not run again at once."""
        await self.rewrite()
        return False

    async def _nodes(self) -> list[dict[str, Any]]:
        """All nodes, with those that joined the cluster after this process started."""
        if not isinstance(self._client, Cluster):
            return [{}]
        self._client.look_again()
        await self._client.initialize()
        return [{"target_nodes": node} for node in self._client.get_nodes()]
