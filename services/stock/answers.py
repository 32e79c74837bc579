"""Answers of searches, as the contract has them."""

from collections.abc import Mapping, Sequence

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

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
        message = stock_pb2.StockLevel()
        self._fill_level(message, store, sku, found, policy, now_ms, source)
        return message

    def availability(
        self, found: Found, lines: Mapping[str, int], names: Mapping[str, str], now_ms: int
    ) -> stock_pb2.FindNearestAvailabilityResponse:
        """Where a basket is to be had."""
        response = stock_pb2.FindNearestAvailabilityResponse()
        for offer in found.offers:
            self._fill_store(response.stores.add(), offer, offer.units, lines, names, now_ms)
        if found.split:
            response.split.fewest = found.fewest
            for offer, units in found.split:
                store = response.split.stores.add()
                self._fill_store(store, offer, units, lines, names, now_ms)
        skus = list(lines)
        for id, distance_m, why, line in found.left_out:
            response.left_out.add(
                store=store_name(id),
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
            )
            self._fill_lines(option.lines, offer, offer.units, lines, now_ms)
            if window:
                option.ready_by.FromDatetime(window.ready_by)
                option.pickup_by.FromDatetime(window.pickup_by)
        return response

    def _fill_store(
        self,
        message: stock_pb2.StoreAvailability,
        offer: Offer,
        units: Sequence[int],
        lines: Mapping[str, int],
        names: Mapping[str, str],
        now_ms: int,
    ) -> None:
        message.store = store_name(offer.store)
        message.display_name = names.get(offer.store, "")
        message.distance_m = offer.distance_m
        message.complete = offer.lack is None
        message.coverage = coverage(units, lines)
        self._fill_lines(message.lines, offer, units, lines, now_ms)

    def _fill_lines(
        self,
        messages: "RepeatedCompositeFieldContainer[stock_pb2.AvailableLine]",
        offer: Offer,
        units: Sequence[int],
        lines: Mapping[str, int],
        now_ms: int,
    ) -> None:
        store = store_name(offer.store)
        for (sku, wanted), offered, level in zip(lines.items(), units, offer.levels, strict=True):
            line = messages.add()
            line.product = product_name(sku)
            line.requested_quantity = wanted
            line.offered_quantity = offered
            self._fill_level(line.level, store, sku, level, offer.policy, now_ms)

    def _fill_level(
        self,
        message: stock_pb2.StockLevel,
        store: str,
        sku: str,
        found: Level | None,
        policy: Policy,
        now_ms: int,
        source: str = "",
    ) -> None:
        convert.fill_level(
            message,
            store,
            sku,
            found,
            policy,
            now_ms=now_ms,
            fresh_ms=self._fresh_ms,
            quantities=self._settings.stock_quantities,
            source=source,
        )
