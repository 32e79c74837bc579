"""API keys in the database: the hash `{access}:keys`, name -> record, and `{access}:version`."""

import structlog

from services.chassis.access.keys import ApiKey, decode, encode
from services.chassis.database.client import Client, script

KEYS = "{access}:keys"
VERSION = "{access}:version"
"""Number of changes: a process reads the keys only when it has changed."""

log = structlog.get_logger()


class KeyStore:
    """Keeps API keys."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._change = script(client, "services.chassis.access", "change_key")

    async def create(self, key: ApiKey) -> bool:
        """Keep a new key; False when its name is taken."""
        return await self._changed(key.name, b"", encode(key))

    async def replace(self, before: ApiKey, after: ApiKey) -> bool:
        """Change a key; False when it was changed in the meantime."""
        return await self._changed(before.name, encode(before), encode(after))

    async def revoke(self, name: str) -> bool:
        """Delete a key; False when there is none."""
        return await self._changed(name, b"*", b"")

    async def get(self, name: str) -> ApiKey | None:
        """One key."""
        record = await self._client.hget(KEYS, name)
        return decode(name, record) if record else None

    async def all(self) -> dict[str, ApiKey]:
        """All keys by name, without those whose records are damaged."""
        records = await self._client.hgetall(KEYS)
        keys = {}
        for name, record in records.items():
            try:
                keys[name.decode()] = decode(name.decode(), record)
            except ValueError:
                log.error("the record of a key is damaged; nobody can use it", key=name.decode())
        return keys

    async def version(self) -> int:
        """Number of changes of keys so far."""
        return int(await self._client.get(VERSION) or 0)

    async def _changed(self, name: str, before: bytes, after: bytes) -> bool:
        return bool(await self._change([KEYS, VERSION], [name, before, after]))
