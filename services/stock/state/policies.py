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

    async def get(self, store: str) -> Policy:
        """The policy of a store, the default one where none is kept."""
        return policy_of(await self._client.hget(StoreKeys.of(store).policies, store) or b"")

    async def change(self, store: str, change: Callable[[Policy], Policy]) -> Policy:
        """Change a policy; again from the new one when another caller changed it meanwhile."""
        key = StoreKeys.of(store).policies
        while True:
            before = await self._client.hget(key, store) or b""
            policy = change(policy_of(before))
            if await self._replace([key], [store, before, policy_json(policy)]):
                return policy
