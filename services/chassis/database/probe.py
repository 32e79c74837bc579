"""Probes of the database: does it answer, and does it take changes."""

import redis.exceptions
from redis.asyncio import RedisCluster

from services.chassis.database.client import Client
from services.chassis.database.failures import FAILURES

PROBE = "{health}:probe"
PROBE_KEPT_MS = 60_000


async def database_reasons(client: Client) -> tuple[str, str]:
    """The reasons why the database does not answer, and takes no changes; empty when it does.

    Of a cluster all primaries must answer; the change is tried at one of them.
    """
    try:
        if isinstance(client, RedisCluster):
            await client.ping(target_nodes=RedisCluster.PRIMARIES)
        await client.set(PROBE, 1, px=PROBE_KEPT_MS)
    except FAILURES as error:
        return await ping_reason(client), reason_of(error)
    return "", ""


async def ping_reason(client: Client) -> str:
    """The reason why the database does not answer."""
    nodes = {"target_nodes": RedisCluster.PRIMARIES} if isinstance(client, RedisCluster) else {}
    try:
        await client.ping(**nodes)
    except FAILURES as error:
        return reason_of(error)
    return ""


def reason_of(error: Exception) -> str:
    """The code that the database answered, such as MISCONF, or the kind of the failure."""
    code = str(error).partition(" ")[0]
    is_code = isinstance(error, redis.exceptions.ResponseError) and code.isupper()
    return code if is_code else type(error).__name__
