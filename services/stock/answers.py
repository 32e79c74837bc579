"""Answers of searches, as the contract has them."""

from collections.abc import Mapping, Sequence

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2 import LeftOutStore, PickupMethod
from services.directory.keys import store_name
from services.directory.products import product_name
from services.stock import convert
from services.stock.availability import Found
from services.stock.model.baskets import Offer, coverage
from services.stock.model.levels import Level, Policy
from services.stock.model.pickup import Window
from services.stock.settings import StockSettings


class Answers:
    """Builds answers; the settings say what callers may see."""

    def __init__(self, settings: StockSettings) -> None:
        self._settings = settings
        self._fresh_ms = int(settings.stock_freshness_s * 1000)

    def level(
        self,
        store: str,
        sku: str,
        found: Level | None,
        policy: Policy,
        now_ms: int,
        source: str = "",
    ) -> stock_pb2.StockLevel:
        """A level; `store` is the name of a store or a group."""
        return convert.level(
            store,
            sku,
            found,
            policy,
            now_ms=now_ms,
            fresh_ms=self._fresh_ms,
            quantities=self._settings.stock_quantities,
            source=source,
        )

    def availability(
        self, found: Found, lines: Mapping[str, int], names: Mapping[str, str], now_ms: int
    ) -> stock_pb2.FindNearestAvailabilityResponse:
        """Where a basket is to be had."""
        response = stock_pb2.FindNearestAvailabilityResponse()
        for offer in found.offers:
            response.stores.append(self._store(offer, offer.units, lines, names, now_ms))
        if found.split:
            response.split.fewest = found.fewest
            for offer, units in found.split:
                response.split.stores.append(self._store(offer, units, lines, names, now_ms))
        skus = list(lines)
        for store, distance_m, why, line in found.left_out:
            response.left_out.add(
                store=store_name(store),
                distance_m=distance_m,
                reason=LeftOutStore.Reason.ValueType(why),
                product=product_name(skus[line]) if line is not None else "",
            )
        if not found.is_reachable:
            response.unreachable.append("stock")
        return response

    def pickup(
        self,
        options: Sequence[tuple[Offer, Window | None, str]],
        lines: Mapping[str, int],
        names: Mapping[str, str],
        now_ms: int,
        *,
        is_reachable: bool,
    ) -> stock_pb2.FindPickupOptionsResponse:
        """Where a basket can be fetched."""
        response = stock_pb2.FindPickupOptionsResponse(
            unreachable=[] if is_reachable else ["stock"]
        )
        for offer, window, donor in options:
            option = response.options.add(
                store=store_name(offer.store),
                display_name=names.get(offer.store, ""),
                distance_m=offer.distance_m,
                methods=map(PickupMethod.ValueType, offer.policy.methods),
                transfer_from=store_name(donor) if donor else "",
                lines=self._lines(offer, offer.units, lines, now_ms),
            )
            if window:
                option.ready_by.FromDatetime(window.ready_by)
                option.pickup_by.FromDatetime(window.pickup_by)
        return response

    def _store(
        self,
        offer: Offer,
        units: Sequence[int],
        lines: Mapping[str, int],
        names: Mapping[str, str],
        now_ms: int,
    ) -> stock_pb2.StoreAvailability:
        return stock_pb2.StoreAvailability(
            store=store_name(offer.store),
            display_name=names.get(offer.store, ""),
            distance_m=offer.distance_m,
            complete=offer.lack is None,
            coverage=coverage(units, lines),
            lines=self._lines(offer, units, lines, now_ms),
        )

    def _lines(
        self, offer: Offer, units: Sequence[int], lines: Mapping[str, int], now_ms: int
    ) -> list[stock_pb2.AvailableLine]:
        name = store_name(offer.store)
        return [
            stock_pb2.AvailableLine(
                product=product_name(sku),
                requested_quantity=wanted,
                offered_quantity=offered,
                level=self.level(name, sku, level, offer.policy, now_ms),
            )
            for (sku, wanted), offered, level in zip(
                lines.items(), units, offer.levels, strict=True
            )
        ]
