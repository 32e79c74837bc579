"""Feeds of stock levels by tills, ERP and warehouse systems: checked, packed, applied."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import Clock
from services.chassis.errors import FieldViolation, InvalidArgument, ResourceExhausted
from services.chassis.messages.times import date
from services.chassis.serving.commits import commit
from services.directory.directory import Directory
from services.directory.products import product_name, product_sku
from services.directory.upserts import REJECTED_SHOWN
from services.stock.convert.baskets import MOST_UNITS
from services.stock.convert.levels import level_message, view_at
from services.stock.convert.times import ms_of
from services.stock.errors import ProductNotFound
from services.stock.model.levels import EPOCH, MOST_DAYS, UNKNOWN_UNITS, Future, packed_row
from services.stock.model.partitions import partition_of
from services.stock.replica.follower import Follower
from services.stock.replica.lookups import Lookups
from services.stock.settings import StockSettings
from services.stock.state.durability import Durability
from services.stock.state.levels import Levels
from services.stock.state.policies import Policies

PRODUCTS = "products/"
MOST_SAFETY = 65_535
MOST_FUTURES = 20
MOST_SELL = 3
MOST_RUNNING = 2
"""Messages of one stream that are applied at once."""
CLOCK_SKEW_S = 300
"""A source's clock may be ahead by so much."""
APPLIED, IGNORED, FULL, OUT_OF_RANGE = b"aifr"
"""Letters of lua/feeds.lua."""


@dataclass(frozen=True)
class StockFeeds:
    """Applies snapshots and events of sources."""

    levels: Levels
    policies: Policies
    follower: Follower
    durability: Durability
    directory: Directory
    lookups: Lookups
    settings: StockSettings
    clock: Clock

    async def set(
        self, requests: AsyncIterator[stock_pb2.SetStockLevelsRequest]
    ) -> stock_pb2.SetStockLevelsResponse:
        """Apply the snapshots of a stream.

        Raises:
            StoreNotFound: a message names no store.
            InvalidArgument: its `as_of` is in the future.
        """
        await self.durability.check_partitions()
        # Another process may just have written the stores and products that the rows name.
        await asyncio.gather(self.directory.stores.catch_up(), self.directory.products.catch_up())
        response = stock_pb2.SetStockLevelsResponse()
        index = 0
        running: dict[str, asyncio.Task[None]] = {}
        partitions: set[int] = set()
        try:
            async for request in requests:
                store = self.lookups.any_store(request.store)
                as_of_s = self._as_of_s(request)
                indexes, rows = self._packed(request, response, index)
                index += len(request.levels)
                # One message is packed while another is applied; those of a store keep their order.
                if store in running or len(running) >= MOST_RUNNING:
                    await running.pop(store if store in running else next(iter(running)))
                if rows:
                    partitions.add(partition_of(store))
                    act = self._apply(request, store, as_of_s, indexes, rows, response)
                    running[store] = asyncio.create_task(act)
        finally:
            results = await asyncio.gather(*running.values(), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        for partition in partitions:
            await self.follower.caught_up(partition)
        return response

    async def adjust(self, request: stock_pb2.AdjustStockRequest) -> stock_pb2.AdjustStockResponse:
        """Apply one event.

        Raises:
            StoreNotFound: there is no such store.
            ProductNotFound: there is no product of one name.
            ResourceExhausted: a level remembers no further source; nothing was changed.
            InvalidArgument: a level would be out of range; nothing was changed.
        """
        await self.durability.check_partitions()
        store = self.lookups.any_store(request.store)
        deltas: dict[str, int] = {}
        for delta in request.deltas:
            await self._check_product(delta.product)
            sku = product_sku(delta.product)
            deltas[sku] = deltas.get(sku, 0) + delta.delta
        letters, levels = await commit(
            self.levels.adjust(
                store, request.source, request.sequence, self._as_of_s(request), deltas
            )
        )
        await self.follower.caught_up(partition_of(store))
        for sku, letter in zip(deltas, letters, strict=True):
            if letter == FULL:
                raise ResourceExhausted(
                    f"{product_name(sku)} has as many sources as a level can have"
                )
            if letter == OUT_OF_RANGE:
                raise InvalidArgument.field("deltas", f"{product_name(sku)}: over the cap in all")
        view = view_at(ms_of(self.clock()), self.settings)
        policy = await self.policies.get(store)
        return stock_pb2.AdjustStockResponse(
            applied_count=letters.count(APPLIED),
            ignored_count=letters.count(IGNORED),
            levels=[
                level_message(request.store, sku, level, view, policy, request.source)
                for sku, level in zip(deltas, levels, strict=True)
            ],
        )

    async def _apply(
        self,
        request: stock_pb2.SetStockLevelsRequest,
        store: str,
        as_of_s: int,
        indexes: Mapping[str, int],
        rows: bytes,
        response: stock_pb2.SetStockLevelsResponse,
    ) -> None:
        letters = await commit(
            self.levels.set(store, request.source, request.sequence, as_of_s, rows)
        )
        response.applied_count += letters.count(APPLIED)
        response.ignored_count += letters.count(IGNORED)
        if FULL in letters:
            why = FieldViolation("source", "the level has too many sources")
            for (name, index), letter in zip(indexes.items(), letters, strict=True):
                if letter == FULL:
                    reject(response, index, name, why)

    def _packed(
        self,
        request: stock_pb2.SetStockLevelsRequest,
        response: stock_pb2.SetStockLevelsResponse,
        index: int,
    ) -> tuple[dict[str, int], bytes]:
        """The valid rows of a message, packed, and the index of each in the stream by product.

        A snapshot has millions of rows, so these comparisons stand in for the contract's validator;
        a test proves that both take the same rows. `index` is that of the message's first row.
        """
        products = self.directory.products.replica
        indexes: dict[str, int] = {}
        rows: list[bytes] = []
        for number, level in enumerate(request.levels, index):
            name, on_hand, safety = level.product, level.on_hand, level.safety_stock
            sku = product_sku(name)
            sell = level.sell_policy
            if (
                -MOST_UNITS <= on_hand <= MOST_UNITS
                and 0 <= safety <= MOST_SAFETY
                and 0 <= sell <= MOST_SELL
                and sku in products
                and sku is not name
                and name not in indexes
                and not level.futures
                and not level.unknown
            ):
                indexes[name] = number
                rows.append(packed_row(sku, on_hand, safety, sell))
                continue
            why = violation(level) or (
                FieldViolation("product", "there is no such product")
                if sku not in products
                else FieldViolation("product", "is twice in this message")
                if name in indexes
                else None
            )
            if why:
                reject(response, number, name, why)
                continue
            indexes[name] = number
            if level.unknown:
                rows.append(packed_row(sku, UNKNOWN_UNITS, 0, 0))
            else:
                rows.append(packed_row(sku, on_hand, safety, sell, futures(level)))
        return indexes, b"".join(rows)

    async def _check_product(self, name: str) -> None:
        """Check that a product exists; another process may just have written it."""
        sku, feed = product_sku(name), self.directory.products
        if sku not in feed.replica:
            await feed.catch_up()
        if sku not in feed.replica:
            raise ProductNotFound(name)

    def _as_of_s(
        self, request: stock_pb2.SetStockLevelsRequest | stock_pb2.AdjustStockRequest
    ) -> int:
        now_s = int(self.clock().timestamp())
        if not request.HasField("as_of"):
            return now_s
        if not 0 < request.as_of.seconds <= now_s + CLOCK_SKEW_S:
            raise InvalidArgument.field("as_of", "must not be more than 5 minutes ahead")
        return request.as_of.seconds


def violation(level: stock_pb2.StockLevelInput) -> FieldViolation | None:
    """The first field of a row that breaks its contract; whether the product exists aside."""
    if not level.product.startswith(PRODUCTS):
        return FieldViolation("product", "must be products/{sku}")
    if not -MOST_UNITS <= level.on_hand <= MOST_UNITS:
        return FieldViolation("on_hand", f"must be in [-{MOST_UNITS}, {MOST_UNITS}]")
    if not 0 <= level.safety_stock <= MOST_SAFETY:
        return FieldViolation("safety_stock", f"must be in [0, {MOST_SAFETY}]")
    if not 0 <= level.sell_policy <= MOST_SELL:
        return FieldViolation("sell_policy", "must be a value of the contract")
    if len(level.futures) > MOST_FUTURES:
        return FieldViolation("futures", f"at most {MOST_FUTURES}")
    for future in level.futures:
        try:
            day = date(future.date, "futures.date")
        except InvalidArgument as error:
            return FieldViolation("futures.date", error.violations[0].description)
        if not 0 <= (day - EPOCH).days <= MOST_DAYS:
            return FieldViolation("futures.date", f"must be {EPOCH} or later")
        if not 0 <= future.quantity <= MOST_UNITS:
            return FieldViolation("futures.quantity", f"must be in [0, {MOST_UNITS}]")
    return None


def futures(level: stock_pb2.StockLevelInput) -> list[Future]:
    """The dated futures of a row, by date."""
    return sorted(Future(date(f.date, "futures"), f.quantity) for f in level.futures)


def reject(
    response: stock_pb2.SetStockLevelsResponse, index: int, name: str, why: FieldViolation
) -> None:
    """Count a row that is refused, and name it while there is room."""
    response.rejected_count += 1
    if len(response.rejected) < REJECTED_SHOWN:
        response.rejected.add(
            index=index, name=name[:200], field=why.field, description=why.description
        )
