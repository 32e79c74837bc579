"""What the store's own log still holds of the erased, until it is written anew.

A deleted key stays in an append-only file as the commands that wrote it. `BGREWRITEAOF` writes the
file anew from what there is.
"""

from typing import Any

import redis.exceptions
import structlog

from services.chassis.database.client import Client, script
from services.chassis.database.cluster import Cluster
from services.geofence.state.devices import PACKAGE

MARK = "{fences}:erased"
"""Says that something was erased; when, so that a later one is another."""
RECENT = "{fences}:rewritten"
"""Lives while the log was written anew not long ago."""

log = structlog.get_logger()


class Erased:
    """Has the store's log written anew after something was erased."""

    def __init__(self, client: Client, rewrite_ms: int) -> None:
        self._client = client
        self._rewrite_ms = rewrite_ms
        self._release = script(client, PACKAGE, "release")
        self._is_allowed = True

    async def mark(self, now_ms: int) -> None:
        """Note that something was erased."""
        await self._client.set(MARK, now_ms)

    async def rewrite(self) -> bool:
        """Write the log anew if that is called for, and was not done just now."""
        mark = await self._client.get(MARK)
        if mark is None or not await self._client.set(RECENT, 1, nx=True, px=self._rewrite_ms):
            return False
        try:
            for node in await self._nodes():
                persistence = await self._client.info("persistence", **node)
                if persistence.get("aof_enabled"):
                    await self._client.bgrewriteaof(**node)
        except redis.exceptions.ResponseError as error:
            # It is being written already, perhaps since before; or a managed store refuses.
            if self._is_allowed and "already in progress" not in str(error):
                log.warning("the store does not let its log be written anew; see to it that it is")
                self._is_allowed = False
            if self._is_allowed:
                await self._client.delete(RECENT)
            return False
        await self._release([MARK], [mark])  # unless more was erased meanwhile
        return True

    async def _nodes(self) -> list[dict[str, Any]]:
        """All, also those that came to a cluster since this process learnt of the others."""
        if not isinstance(self._client, Cluster):
            return [{}]
        self._client.look_again()
        await self._client.initialize()
        return [{"target_nodes": node} for node in self._client.get_nodes()]
