"""The secrets that sign webhooks: `{subscriptions}:secrets`, a hash of subscription -> JSON."""

import base64

import orjson

from services.chassis import chance
from services.chassis.database.client import Client

KEY = "{subscriptions}:secrets"
OVERLAP_MS = 24 * 3_600_000
"""Time for which the old secret signs beside the new one after a rotation."""


class Secrets:
    """Makes, rotates and reads the secrets."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, subscription: str) -> str:
        """The current secret of a webhook, which is made when there is none."""
        made = orjson.dumps({"current": new_secret()})
        await self._client.hsetnx(KEY, subscription, made)
        current: str = orjson.loads(await self._client.hget(KEY, subscription))["current"]
        return current

    async def rotate(self, subscription: str, now_ms: int) -> str:
        """A new secret; for a day the old one signs too."""
        old, new = await self.create(subscription), new_secret()
        kept = {"current": new, "previous": old, "until_ms": now_ms + OVERLAP_MS}
        await self._client.hset(KEY, subscription, orjson.dumps(kept))
        return new

    async def of(self, subscription: str, now_ms: int) -> list[str]:
        """The secrets that sign now, the current one first."""
        raw = await self._client.hget(KEY, subscription)
        if raw is None:
            return [await self.create(subscription)]
        kept = orjson.loads(raw)
        overlaps = kept.get("until_ms", 0) > now_ms
        return [kept["current"], *([kept["previous"]] if overlaps else [])]

    async def forget(self, subscription: str) -> None:
        """Delete the secrets of a subscription."""
        await self._client.hdel(KEY, subscription)


def new_secret() -> str:
    """A secret in the form of Standard Webhooks: 24 random bytes."""
    return f"whsec_{base64.b64encode(chance.token_bytes(24)).decode()}"
