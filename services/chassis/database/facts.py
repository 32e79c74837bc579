"""Version and durability of a database, as its servers report them."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import redis.exceptions

from services.chassis.database.client import Client, connect
from services.chassis.database.cluster import Cluster
from services.chassis.settings import ChassisSettings

OLDEST_MAJOR = 7


@dataclass(frozen=True)
class DatabaseFacts:
    """Facts that a server reports about itself."""

    version: str
    appendonly: str
    appendfsync: str

    @property
    def is_too_old(self) -> bool:
        """True if the suite needs a newer version."""
        return int(self.version.partition(".")[0]) < OLDEST_MAJOR

    @property
    def keeps_acknowledged(self) -> bool | None:
        """True if acknowledged changes survive a power loss; None if the server does not tell."""
        if not self.appendonly:
            return None
        return (self.appendonly, self.appendfsync) == ("yes", "always")


async def database_facts(settings: ChassisSettings, url: str) -> DatabaseFacts:
    """Ask a database for its version and its durability.

    Managed databases refuse CONFIG; their durability is not known.
    """
    client = connect(settings, url)
    try:
        return await database_facts_of(client)
    finally:
        await client.aclose()


async def database_facts_of(client: Client) -> DatabaseFacts:
    """Ask the database of a client; of a cluster the worst node counts.

    Nodes that cannot be reached are left out, unless none can be.
    """
    if not isinstance(client, Cluster):
        return await node_facts(client)
    await client.initialize()
    answers = await asyncio.gather(
        *(node_facts(client, target_nodes=node) for node in client.get_nodes()),
        return_exceptions=True,
    )
    told = [answer for answer in answers if isinstance(answer, DatabaseFacts)]
    if not told:
        raise next(answer for answer in answers if isinstance(answer, BaseException))
    return min(
        told, key=lambda it: (not it.is_too_old, (False, None, True).index(it.keeps_acknowledged))
    )


async def node_facts(client: Client, **node: Any) -> DatabaseFacts:
    """Ask one server."""
    info = await client.info("server", **node)
    kept: dict[str, str] = {}
    with suppress(redis.exceptions.ResponseError):
        answer = await client.config_get("append*", **node)
        kept = {text(name): text(value) for name, value in answer.items()}
    return DatabaseFacts(
        text(info.get("valkey_version") or info["redis_version"]),
        kept.get("appendonly", ""),
        kept.get("appendfsync", ""),
    )


def text(value: str | bytes) -> str:
    """The text of an answer, which may be decoded already."""
    return value.decode() if isinstance(value, bytes) else value
