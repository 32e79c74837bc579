"""Feeds of tills, ERP and warehouse systems: rows checked by hand, packed, applied in batches."""

import asyncio
from collections.abc import AsyncIterator

from enrayon.stock.v1 import stock_pb2
from services.chassis.clock import Clock
from services.chassis.errors import FieldViolation, InvalidArgument, ResourceExhausted
from services.chassis.messages import times
from services.chassis.serving.commits import commit
from services.directory.directory import Directory
from services.directory.keys import store_id
from services.directory.products import product_name, product_sku
from services.stock import convert
from services.stock.durability import Durability
from services.stock.errors import ProductNotFound, StoreNotFound
from services.stock.model.levels import EPOCH, MOST_DAYS, Future, Level, packed_row
from services.stock.model.partitions import partition_of
from services.stock.state.follower import Follower
from services.stock.state.levels import Levels

PRODUCTS = "products/"
MOST_UNITS = 1_000_000
MOST_SAFETY = 65_535
MOST_FUTURES = 20
MOST_SELL = 3
MOST_RUNNING = 2
"""Messages of one stream that are being applied at the same time."""
LATE = ord("i")
FULL = ord("f")


class Feeds:
    """Takes what feeds say."""

    def __init__(
        self,
        levels: Levels,
        follower: Follower,
        durability: Durability,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._levels = levels
        self._follower = follower
        self._durability = durability
        self._directory = directory
        self._clock = clock

    async def set(
        self, requests: AsyncIterator[stock_pb2.SetStockLevelsRequest]
    ) -> stock_pb2.SetStockLevelsResponse:
        """Apply the snapshots of a stream."""
        await self._durability.check_partitions()
        # Another process may just have taken the products whose stock this is.
        await asyncio.gather(self._directory.stores.catch_up(), self._directory.products.catch_up())
        response = stock_pb2.SetStockLevelsResponse()
        index = 0
        running: dict[str, asyncio.Task[None]] = {}
        partitions: set[int] = set()
        try:
            async for request in requests:
                store = self._store(request.store)
                as_of_s = self._as_of_s(request)
                names, rows = self._rows(request, response, index)
                index += len(request.levels)
                # The next message is packed while this one is applied; a store's own keep order.
                if store in running or len(running) >= MOST_RUNNING:
                    await running.pop(store if store in running else next(iter(running)))
                if rows:
                    partitions.add(partition_of(store))
                    act = self._apply(request, store, as_of_s, names, rows, response, index)
                    running[store] = asyncio.create_task(act)
        finally:
            results = await asyncio.gather(*running.values(), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        for partition in partitions:
            await self._follower.caught_up(partition)
        return response

    async def _apply(
        self,
        request: stock_pb2.SetStockLevelsRequest,
        store: str,
        as_of_s: int,
        names: list[str],
        rows: bytes,
        response: stock_pb2.SetStockLevelsResponse,
        index: int,
    ) -> None:
        letters = await commit(
            self._levels.set(store, request.source, request.sequence, as_of_s, rows)
        )
        full = letters.count(FULL)
        ignored = letters.count(LATE)
        response.applied_count += len(letters) - full - ignored
        response.ignored_count += ignored
        response.rejected_count += full
        for name, letter in zip(names, letters, strict=True) if full else ():
            if letter == FULL:
                why = FieldViolation("source", "the level has too many sources")
                convert.reject(response.rejected, index, name, why)

    async def adjust(self, request: stock_pb2.AdjustStockRequest) -> tuple[bytes, dict[str, Level]]:
        """Apply one event: a letter for each product (lua/adjust.lua), and the levels after it."""
        await self._durability.check_partitions()
        store = self._store(request.store)
        deltas: dict[str, int] = {}
        for delta in request.deltas:
            sku = product_sku(delta.product)
            if sku not in self._directory.products.replica:
                await self._directory.products.catch_up()
            if sku not in self._directory.products.replica:
                raise ProductNotFound(delta.product)
            deltas[sku] = deltas.get(sku, 0) + delta.delta
        letters, levels = await commit(
            self._levels.adjust(
                store, request.source, request.sequence, self._as_of_s(request), deltas
            )
        )
        await self._follower.caught_up(partition_of(store))
        for sku, letter in zip(deltas, letters.decode(), strict=True):
            if letter == "f":
                raise ResourceExhausted(
                    f"{product_name(sku)} has as many sources as a level can have"
                )
            if letter == "r":
                raise InvalidArgument.field("deltas", f"{product_name(sku)}: over the cap in all")
        return letters, dict(zip(deltas, levels, strict=True))

    def _rows(
        self,
        request: stock_pb2.SetStockLevelsRequest,
        response: stock_pb2.SetStockLevelsResponse,
        index: int,
    ) -> tuple[list[str], bytes]:
        products = self._directory.products.replica
        names: dict[str, None] = {}
        rows: list[bytes] = []
        for number, level in enumerate(request.levels):
            name, on_hand, safety = level.product, level.on_hand, level.safety_stock
            sku = product_sku(name)
            sell = level.sell_policy
            if (
                0 <= on_hand <= MOST_UNITS
                and 0 <= safety <= MOST_SAFETY
                and 0 <= sell <= MOST_SELL
                and sku in products
                and sku is not name
                and name not in names
                and not level.futures
            ):
                names[name] = None
                rows.append(packed_row(sku, on_hand, safety, sell))
                continue
            why = problem(level) or (
                FieldViolation("product", "there is no such product")
                if sku not in products
                else FieldViolation("product", "stands twice in this message")
                if name in names
                else None
            )
            if why:
                response.rejected_count += 1
                convert.reject(response.rejected, index + number, name, why)
                continue
            names[name] = None
            rows.append(packed_row(sku, on_hand, safety, sell, futures(level)))
        return list(names), b"".join(rows)

    def _store(self, name: str) -> str:
        id = store_id(name)
        if self._directory.stores.replica.record(id) is None:  # private ones have stock too
            raise StoreNotFound(name)
        return id

    def _as_of_s(
        self, request: stock_pb2.SetStockLevelsRequest | stock_pb2.AdjustStockRequest
    ) -> int:
        now_s = int(self._clock().timestamp())
        if not request.HasField("as_of"):
            return now_s
        if not 0 < request.as_of.seconds <= now_s + 300:
            raise InvalidArgument.field("as_of", "must not be more than 5 minutes ahead")
        return request.as_of.seconds


def problem(level: stock_pb2.StockLevelInput) -> FieldViolation | None:
    """What is wrong with a row, the product's existence aside."""
    if not level.product.startswith(PRODUCTS):
        return FieldViolation("product", "must be products/{sku}")
    if not 0 <= level.on_hand <= MOST_UNITS:
        return FieldViolation("on_hand", f"must be in [0, {MOST_UNITS}]")
    if not 0 <= level.safety_stock <= MOST_SAFETY:
        return FieldViolation("safety_stock", f"must be in [0, {MOST_SAFETY}]")
    if not 0 <= level.sell_policy <= MOST_SELL:
        return FieldViolation("sell_policy", "is none of the contract's")
    if len(level.futures) > MOST_FUTURES:
        return FieldViolation("futures", f"at most {MOST_FUTURES}")
    for future in level.futures:
        try:
            day = times.date(future.date, "futures.date")
        except InvalidArgument as error:
            return FieldViolation("futures.date", error.violations[0].description)
        if not 0 <= (day - EPOCH).days <= MOST_DAYS:
            return FieldViolation("futures.date", f"must be {EPOCH} or later")
        if not 0 <= future.quantity <= MOST_UNITS:
            return FieldViolation("futures.quantity", f"must be in [0, {MOST_UNITS}]")
    return None


def futures(level: stock_pb2.StockLevelInput) -> list[Future]:
    """The units dated to come, by date."""
    return sorted(Future(times.date(f.date, "futures"), f.quantity) for f in level.futures)
