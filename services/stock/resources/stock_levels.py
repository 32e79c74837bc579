"""Stock levels as callers read them: of stores, of groups, of all stores with a product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import Clock
from services.chassis.errors import DatabaseUnavailable
from services.chassis.serving.turns import Turns
from services.directory.directory import Directory
from services.directory.keys import store_id, store_name
from services.stock.convert.levels import View, level_message, view_at
from services.stock.convert.times import ms_of
from services.stock.model.levels import summed
from services.stock.model.policies import DEFAULT_POLICY
from services.stock.replica.follower import Follower
from services.stock.replica.lookups import Lookups
from services.stock.resources.stock_groups import StockGroups
from services.stock.settings import StockSettings
from services.stock.state.levels import Levels, LevelsUnreachable, StoreLevels


class LevelsRead(NamedTuple):
    """Levels of some products at some stores."""

    stores: Mapping[str, StoreLevels]
    unreachable: list[str]
    """Parts of the answer that could not be read: `stock`, and every level is unknown."""


@dataclass(frozen=True)
class StockLevels:
    """Reads levels."""

    levels: Levels
    follower: Follower
    groups: StockGroups
    directory: Directory
    lookups: Lookups
    settings: StockSettings
    clock: Clock

    async def get(
        self, request: stock_pb2.GetStockLevelsRequest
    ) -> stock_pb2.GetStockLevelsResponse:
        """The levels of some products at one store.

        Raises:
            StoreNotFound: there is no such store.
            ProductNotFound: there is no product of one name.
        """
        store = self.lookups.store(request.store)
        skus = self.lookups.skus(request.products)
        read = await self._read([store], skus)
        return stock_pb2.GetStockLevelsResponse(
            levels=await self._messages(read, skus), unreachable=read.unreachable
        )

    async def batch_get(
        self, request: stock_pb2.BatchGetStockLevelsRequest
    ) -> stock_pb2.BatchGetStockLevelsResponse:
        """The levels of some products at several stores, or their sums over a group.

        Raises:
            ProductNotFound: there is no product of one name.
            GroupNotFound: there is no such group.
        """
        skus = self.lookups.skus(request.products)
        if request.group:
            members = self.groups.get(request.group).stores
            read = await self._read(list(map(store_id, members)), skus)
            return stock_pb2.BatchGetStockLevelsResponse(
                levels=self._sums(request.group, read, skus), unreachable=read.unreachable
            )
        ids = list(dict.fromkeys(map(store_id, request.stores)))
        public = [id for id in ids if self.directory.stores.replica.public(id) is not None]
        read = await self._read(public, skus)
        return stock_pb2.BatchGetStockLevelsResponse(
            levels=await self._messages(read, skus),
            not_found=[store_name(id) for id in ids if id not in read.stores],
            unreachable=read.unreachable,
        )

    async def of_store(self, store: str, skus: Sequence[str]) -> list[stock_pb2.StockLevel]:
        """The levels of a store that a feed has stated, of some products.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        try:
            stores = await self.levels.read([store], skus)
        except LevelsUnreachable:
            raise DatabaseUnavailable("the database cannot be reached; try again") from None
        policy, levels = stores[store]
        stated = [(sku, level) for sku, level in zip(skus, levels, strict=True) if level]
        present = StoreLevels(policy, tuple(level for _, level in stated))
        return await self._messages(LevelsRead({store: present}, []), [sku for sku, _ in stated])

    async def stores_with(self, skus: Sequence[str]) -> list[str]:
        """The public stores that have all products on the shelf, by id; holds do not count.

        Raises:
            DatabaseUnavailable: the shelves are not loaded yet.
        """
        await self.follower.loaded()
        public = self.directory.stores.replica.public
        return [s for s in self.follower.shelves.stores_with(skus) if public(s) is not None]

    async def with_units(
        self, stores: Sequence[str], sku: str, units: int
    ) -> stock_pb2.ListStoresWithStockResponse:
        """The levels of those stores that have so many units of a product available."""
        stores_read, unreachable = await self._read(stores, [sku])
        enough = {
            store: found
            for store, found in stores_read.items()
            if unreachable or (found.levels[0] and found.levels[0].available >= units)
        }
        return stock_pb2.ListStoresWithStockResponse(
            levels=await self._messages(LevelsRead(enough, unreachable), [sku]),
            unreachable=unreachable,
        )

    async def _read(self, stores: Sequence[str], skus: Sequence[str]) -> LevelsRead:
        try:
            found = await self.levels.read(stores, skus)
        except LevelsUnreachable:
            unknown = StoreLevels(DEFAULT_POLICY, (None,) * len(skus))
            return LevelsRead(dict.fromkeys(stores, unknown), ["stock"])
        return LevelsRead({store: found[store] for store in stores}, [])

    async def _messages(self, read: LevelsRead, skus: Sequence[str]) -> list[stock_pb2.StockLevel]:
        await self.follower.learn_sources(
            {store: found.levels for store, found in read.stores.items()}
        )
        view = self._view()
        messages, turns = [], Turns()
        for store, (policy, levels) in read.stores.items():
            sources = self.follower.sources_of(store)
            for sku, level in zip(skus, levels, strict=True):
                source = sources.get(level.source, "") if level else ""
                messages.append(level_message(store_name(store), sku, level, view, policy, source))
            await turns.give()
        return messages

    def _sums(
        self, group: str, read: LevelsRead, skus: Sequence[str]
    ) -> list[stock_pb2.StockLevel]:
        view, stores = self._view(), read.stores.values()
        if any(found.policy.bands_only for found in stores):
            view = view._replace(quantities=False)  # one member could be all of the sum
        return [
            level_message(
                group,
                sku,
                summed(level for found in stores if (level := found.levels[number])),
                view,
            )
            for number, sku in enumerate(skus)
        ]

    def _view(self) -> View:
        return view_at(ms_of(self.clock()), self.settings)
