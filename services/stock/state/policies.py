"""Stock policies, kept beside the levels of their store: each hold reads them in its own script."""

from collections.abc import Callable

from services.chassis.database.client import Client, script
from services.stock.model.partitions import StoreKeys
from services.stock.model.policies import Policy, policy_json, policy_of
from services.stock.state import PACKAGE


class Policies:
    """Reads and changes policies."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._replace = script(client, PACKAGE, "replace")
        self._known: dict[str, bytes] = {}

    async def get(self, store: str) -> Policy:
        """The policy of a store, the default one where none is kept."""
        return policy_of(await self._client.hget(StoreKeys.of(store).policies, store) or b"")

    async def known(self, store: str) -> bytes:
        """The policy of a store in JSON as this process last knew it; the first time it is read.

        A script that is told it refuses one that is no longer the store's: then `learn` the new.
        """
        if store not in self._known:
            raw = await self._client.hget(StoreKeys.of(store).policies, store)
            self.learn(store, raw or b"")
        return self._known[store]

    async def is_outdated(self, store: str, raw: bytes) -> bool:
        """Read the policy of a store; True if it is another than that in JSON."""
        now = await self._client.hget(StoreKeys.of(store).policies, store) or b""
        self.learn(store, now)
        return now != raw

    def learn(self, store: str, raw: bytes) -> None:
        """Remember the policy of a store, in JSON."""
        self._known[store] = raw

    async def change(self, store: str, change: Callable[[Policy], Policy]) -> Policy:
        """Change a policy; again from the new one when another caller changed it meanwhile."""
        key = StoreKeys.of(store).policies
        while True:
            before = await self._client.hget(key, store) or b""
            policy = change(policy_of(before))
            raw = policy_json(policy)
            if await self._replace([key], [store, before, raw]):
                self.learn(store, raw)
                return policy
