"""The RPCs about levels, and what they are counted by: policies and groups of stores."""

from collections.abc import AsyncIterator, Mapping, Sequence

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import Clock
from services.chassis.messages.masks import check_mask, merged
from services.chassis.messages.paging import PageTokens, itself
from services.chassis.serving.commits import commit
from services.chassis.serving.methods import bulk
from services.directory.directory import Directory
from services.directory.keys import store_id, store_name
from services.stock import convert
from services.stock.answers import Answers
from services.stock.catalogue import Catalogue
from services.stock.feeds import Feeds
from services.stock.known import Known
from services.stock.model.levels import DEFAULT_POLICY, Level, Policy, summed
from services.stock.state.follower import Follower
from services.stock.state.levels import Levels, LevelsUnreachable, StoreLevels


class LevelCalls:
    """Levels in and out."""

    def __init__(
        self,
        directory: Directory,
        tokens: PageTokens,
        clock: Clock,
        *,
        known: Known,
        catalogue: Catalogue,
        feeds: Feeds,
        levels: Levels,
        follower: Follower,
        answers: Answers,
    ) -> None:
        self._directory = directory
        self._tokens = tokens
        self._clock = clock
        self._known = known
        self._catalogue = catalogue
        self._feeds = feeds
        self._levels = levels
        self._follower = follower
        self._answers = answers

    async def set_stock_levels(
        self, requests: AsyncIterator[stock_pb2.SetStockLevelsRequest]
    ) -> stock_pb2.SetStockLevelsResponse:
        """Sets levels from a snapshot."""
        return await self._feeds.set(requests)

    async def adjust_stock(
        self, request: stock_pb2.AdjustStockRequest
    ) -> stock_pb2.AdjustStockResponse:
        """Applies one event of a source."""
        letters, levels = await self._feeds.adjust(request)
        applied = letters.count(b"a")
        return stock_pb2.AdjustStockResponse(
            applied_count=applied,
            ignored_count=len(letters) - applied,
            levels=[
                self._answers.level(
                    request.store, sku, level, DEFAULT_POLICY, self._now_ms(), request.source
                )
                for sku, level in levels.items()
            ],
        )

    async def get_stock_levels(
        self, request: stock_pb2.GetStockLevelsRequest
    ) -> stock_pb2.GetStockLevelsResponse:
        """The levels of some products at one store."""
        store = self._known.store(request.store)
        skus = self._known.skus(request.products)
        found, unreachable = await self._read([store], skus)
        return stock_pb2.GetStockLevelsResponse(
            levels=await self._messages(found, skus), unreachable=unreachable
        )

    async def batch_get_stock_levels(
        self, request: stock_pb2.BatchGetStockLevelsRequest
    ) -> stock_pb2.BatchGetStockLevelsResponse:
        """The levels of some products at several stores, or their sum."""
        skus = self._known.skus(request.products)
        if request.group:
            members = self._catalogue.group(request.group).stores
            stores = [store_id(name) for name in members]
            found, unreachable = await self._read(stores, skus)
            return stock_pb2.BatchGetStockLevelsResponse(
                levels=self._sums(request.group, found, skus), unreachable=unreachable
            )
        replica = self._directory.stores.replica
        ids = list(dict.fromkeys(map(store_id, request.stores)))
        known = [id for id in ids if replica.public(id) is not None]
        found, unreachable = await self._read(known, skus)
        return stock_pb2.BatchGetStockLevelsResponse(
            levels=await self._messages(found, skus),
            not_found=[store_name(id) for id in ids if id not in found],
            unreachable=unreachable,
        )

    async def list_stock_levels(
        self, request: stock_pb2.ListStockLevelsRequest
    ) -> stock_pb2.ListStockLevelsResponse:
        """All levels of one store, page by page."""
        store = self._known.store(request.parent)
        skus = self._directory.products.replica.skus()
        page, token = self._tokens.page(request, skus, itself, default=1000, most=5000)
        found = await self._levels.read([store], page)
        policy, levels = found[store]
        present = [(sku, level) for sku, level in zip(page, levels, strict=True) if level]
        return stock_pb2.ListStockLevelsResponse(
            levels=[await self._message(store, sku, level, policy) for sku, level in present],
            next_page_token=token,
        )

    async def list_stores_with_stock(
        self, request: stock_pb2.ListStoresWithStockRequest
    ) -> stock_pb2.ListStoresWithStockResponse:
        """The stores that have a product."""
        [sku] = self._known.skus([request.product])
        replica = self._directory.stores.replica
        await self._follower.loaded()
        stores = [
            store
            for store in self._follower.shelves.stores_with(sku)
            if replica.public(store) is not None
        ]
        page, token = self._tokens.page(request, stores, itself, default=100)
        found, unreachable = await self._read(page, [sku])
        least = max(request.min_quantity, 1)
        fitting = {
            store: answer
            for store, answer in found.items()
            if unreachable or (answer.levels[0] and answer.levels[0].available >= least)
        }
        return stock_pb2.ListStoresWithStockResponse(
            levels=await self._messages(dict(sorted(fitting.items())), [sku]),
            next_page_token=token,
            unreachable=unreachable,
        )

    async def get_stock_policy(
        self, request: stock_pb2.GetStockPolicyRequest
    ) -> stock_pb2.StockPolicy:
        """How a store sells."""
        store = self._known.store(store_name(convert.policy_store(request.name)))
        return convert.policy_message(store, await self._levels.policy(store))

    async def update_stock_policy(
        self, request: stock_pb2.UpdateStockPolicyRequest
    ) -> stock_pb2.StockPolicy:
        """Changes how a store sells."""
        check_mask(request.update_mask, stock_pb2.StockPolicy.DESCRIPTOR, "update_mask")
        store = self._known.store(store_name(convert.policy_store(request.stock_policy.name)))

        def changed(kept: Policy) -> Policy:
            before = convert.policy_message(store, kept)
            return convert.policy(merged(before, request.stock_policy, request.update_mask))

        return convert.policy_message(
            store, await commit(self._levels.change_policy(store, changed))
        )

    def get_stock_group(self, request: stock_pb2.GetStockGroupRequest) -> stock_pb2.StockGroup:
        """A group of stores."""
        return self._catalogue.group(request.name)

    @bulk
    async def update_stock_group(
        self, request: stock_pb2.UpdateStockGroupRequest
    ) -> stock_pb2.StockGroup:
        """Replaces or creates a group of stores."""
        check_mask(request.update_mask, stock_pb2.StockGroup.DESCRIPTOR, "update_mask")
        return await self._catalogue.update_group(request.stock_group)

    async def _read(
        self, stores: Sequence[str], skus: Sequence[str]
    ) -> tuple[dict[str, StoreLevels], list[str]]:
        """The levels, and what the answer lacks: without Redis every level is unknown."""
        try:
            found = await self._levels.read(stores, skus)
        except LevelsUnreachable:
            nothing = StoreLevels(DEFAULT_POLICY, (None,) * len(skus))
            return dict.fromkeys(stores, nothing), ["stock"]
        return {store: found[store] for store in stores}, []

    async def _messages(
        self, found: Mapping[str, StoreLevels], skus: Sequence[str]
    ) -> list[stock_pb2.StockLevel]:
        return [
            await self._message(store, sku, level, policy)
            for store, (policy, levels) in found.items()
            for sku, level in zip(skus, levels, strict=True)
        ]

    async def _message(
        self, store: str, sku: str, level: Level | None, policy: Policy
    ) -> stock_pb2.StockLevel:
        source = await self._levels.source_name(store, level.source) if level else ""
        return self._answers.level(store_name(store), sku, level, policy, self._now_ms(), source)

    def _sums(
        self, group: str, found: Mapping[str, StoreLevels], skus: Sequence[str]
    ) -> list[stock_pb2.StockLevel]:
        return [
            self._answers.level(
                group,
                sku,
                summed(level for _, levels in found.values() if (level := levels[number])),
                DEFAULT_POLICY,
                self._now_ms(),
            )
            for number, sku in enumerate(skus)
        ]

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)
