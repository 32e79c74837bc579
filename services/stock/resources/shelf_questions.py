"""Answers other services if a store has goods (`services.directory.shelves`)."""

from collections.abc import Collection
from dataclasses import dataclass

from services.chassis.clock import Clock
from services.directory.shelves import Shelf, unknown_shelf
from services.stock.model.levels import Band, band_of
from services.stock.settings import StockSettings
from services.stock.state.levels import Levels, LevelsUnreachable

THERE = (Band.IN_STOCK, Band.LIMITED)


@dataclass(frozen=True)
class ShelfQuestions:
    """Reads levels and their policies as availability does."""

    levels: Levels
    settings: StockSettings
    clock: Clock

    async def ask(self, store: str, skus: Collection[str]) -> Shelf:
        """What a store has of some products; unknown while the database does not answer."""
        wanted = sorted(skus)
        try:
            found = (await self.levels.read([store], wanted))[store]
        except LevelsUnreachable:
            return await unknown_shelf(store, skus)
        now_ms = round(self.clock().timestamp() * 1000)
        fresh_ms = round(self.settings.stock_freshness_s * 1000)
        bands = {
            sku: band_of(level, found.policy, now_ms, fresh_ms)
            for sku, level in zip(wanted, found.levels, strict=True)
        }
        return Shelf(
            frozenset(sku for sku, band in bands.items() if band in THERE),
            frozenset(sku for sku, band in bands.items() if band is Band.UNKNOWN),
        )
