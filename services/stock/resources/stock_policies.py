"""Reads and changes stock policies: the rules by which a store sells and hands over."""

from enrayon.stock.v1 import stock_pb2
from services.chassis.messages.masks import merged
from services.directory.keys import store_name
from services.stock.convert.names import policy_store
from services.stock.convert.policies import policy, policy_message
from services.stock.model.policies import Policy
from services.stock.replica.lookups import Lookups
from services.stock.resources.notices import Notices
from services.stock.state.policies import Policies


class StockPolicies:
    """Reads and changes the policies of public stores."""

    def __init__(self, policies: Policies, notices: Notices, lookups: Lookups) -> None:
        self._policies = policies
        self._notices = notices
        self._lookups = lookups

    async def get(self, name: str) -> stock_pb2.StockPolicy:
        """The policy of a store.

        Raises:
            StoreNotFound: there is no such store.
        """
        store = self._store(name)
        return policy_message(store, await self._policies.get(store))

    async def update(self, request: stock_pb2.UpdateStockPolicyRequest) -> stock_pb2.StockPolicy:
        """Change the fields of a policy that the mask names (AIP-134).

        Raises:
            StoreNotFound: there is no such store.
        """
        store = self._store(request.stock_policy.name)

        def change(kept: Policy) -> Policy:
            before = policy_message(store, kept)
            return policy(merged(before, request.stock_policy, request.update_mask))

        changed = await self._policies.change(store, change)
        await self._notices.check(store)  # holders of places that there are no longer
        return policy_message(store, changed)

    def _store(self, name: str) -> str:
        return self._lookups.store(store_name(policy_store(name)))
