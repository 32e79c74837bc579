"""The secrets of webhooks: `{subscriptions}:secrets`, a hash of subscription -> JSON."""

import base64
import secrets

import orjson

from services.chassis.database.client import Client

KEY = "{subscriptions}:secrets"
BOTH_MS = 24 * 3_600_000
"""After a rotation deliveries are signed by the old secret too for so long."""


class Secrets:
    """Makes, rotates and reads the secrets."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, subscription: str) -> str:
        """The secret of a new webhook; the one there is when there is one."""
        made = orjson.dumps({"current": new_secret()})
        await self._client.hsetnx(KEY, subscription, made)
        current: str = orjson.loads(await self._client.hget(KEY, subscription))["current"]
        return current

    async def rotate(self, subscription: str, now_ms: int) -> str:
        """A new secret; the old one signs too for a day."""
        old = await self.create(subscription)
        kept = {"current": new_secret(), "previous": old, "until_ms": now_ms + BOTH_MS}
        await self._client.hset(KEY, subscription, orjson.dumps(kept))
        return kept["current"]  # type: ignore[return-value]

    async def of(self, subscription: str, now_ms: int) -> list[str]:
        """The secrets that sign now, the current one first."""
        raw = await self._client.hget(KEY, subscription)
        if raw is None:
            return [await self.create(subscription)]
        kept = orjson.loads(raw)
        both = kept.get("until_ms", 0) > now_ms
        return [kept["current"], *([kept["previous"]] if both else [])]

    async def forget(self, subscription: str) -> None:
        """Delete the secrets of a subscription."""
        await self._client.hdel(KEY, subscription)


def new_secret() -> str:
    """A secret as Standard Webhooks writes it: 24 random bytes."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
