"""Answers of searches, as the contract has them."""

from collections.abc import Callable, Mapping, Sequence

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2 import LeftOutStore, PickupMethod
from services.directory.keys import store_name
from services.directory.products import product_name
from services.stock.availability import Found
from services.stock.convert import View, fill_level
from services.stock.model.baskets import Offer, coverage
from services.stock.model.levels import Level, Policy
from services.stock.model.pickup import Window
from services.stock.settings import StockSettings

Lines = Sequence[tuple[str, int]]
"""The names of the products wanted, and how many of each."""


class Answers:
    """Builds answers; the settings say what callers may see."""

    def __init__(
        self, settings: StockSettings, sources_of: Callable[[str], Mapping[int, str]]
    ) -> None:
        self._quantities = settings.stock_quantities
        self._fresh_ms = int(settings.stock_freshness_s * 1000)
        self._sources_of = sources_of

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
        fill_level(message, store, product_name(sku), found, policy, self._view(now_ms), source)
        return message

    def availability(
        self, found: Found, basket: Mapping[str, int], names: Mapping[str, str], now_ms: int
    ) -> stock_pb2.FindNearestAvailabilityResponse:
        """Where a basket is to be had."""
        response = stock_pb2.FindNearestAvailabilityResponse()
        lines, view = lines_of(basket), self._view(now_ms)
        for offer in found.offers:
            self._fill_store(response.stores.add(), offer, offer.units, lines, names, view)
        if found.split:
            response.split.fewest = found.fewest
            for offer, units in found.split:
                store = response.split.stores.add()
                self._fill_store(store, offer, units, lines, names, view)
        for id, distance_m, why, line in found.left_out:
            response.left_out.add(
                store=store_name(id),
                distance_m=distance_m,
                reason=LeftOutStore.Reason.ValueType(why),
                product=lines[line][0] if line is not None else "",
            )
        if not found.is_reachable:
            response.unreachable.append("stock")
        return response

    def pickup(
        self,
        options: Sequence[tuple[Offer, Window | None, str]],
        basket: Mapping[str, int],
        names: Mapping[str, str],
        now_ms: int,
        *,
        is_reachable: bool,
    ) -> stock_pb2.FindPickupOptionsResponse:
        """Where a basket can be fetched."""
        response = stock_pb2.FindPickupOptionsResponse(
            unreachable=[] if is_reachable else ["stock"]
        )
        lines, view = lines_of(basket), self._view(now_ms)
        for offer, window, donor in options:
            option = response.options.add(
                store=store_name(offer.store),
                display_name=names.get(offer.store, ""),
                distance_m=offer.distance_m,
                methods=map(PickupMethod.ValueType, offer.policy.methods),
                transfer_from=store_name(donor) if donor else "",
            )
            self._fill_lines(option.lines, offer, offer.units, lines, view)
            if window:
                option.ready_by.FromDatetime(window.ready_by)
                option.pickup_by.FromDatetime(window.pickup_by)
        return response

    def _view(self, now_ms: int) -> View:
        return View(now_ms, self._fresh_ms, self._quantities)

    def _fill_store(
        self,
        message: stock_pb2.StoreAvailability,
        offer: Offer,
        units: Sequence[int],
        lines: Lines,
        names: Mapping[str, str],
        view: View,
    ) -> None:
        message.store = store_name(offer.store)
        message.display_name = names.get(offer.store, "")
        message.distance_m = offer.distance_m
        message.complete = offer.lack is None
        message.coverage = coverage(units, lines)
        self._fill_lines(message.lines, offer, units, lines, view)

    def _fill_lines(
        self,
        messages: "RepeatedCompositeFieldContainer[stock_pb2.AvailableLine]",
        offer: Offer,
        units: Sequence[int],
        lines: Lines,
        view: View,
    ) -> None:
        store, policy = store_name(offer.store), offer.policy
        sources = self._sources_of(offer.store)
        for (product, wanted), offered, level in zip(lines, units, offer.levels, strict=True):
            line = messages.add()
            line.product = product
            line.requested_quantity = wanted
            line.offered_quantity = offered
            source = sources.get(level.source, "") if level else ""
            fill_level(line.level, store, product, level, policy, view, source)


def lines_of(basket: Mapping[str, int]) -> Lines:
    """A basket with the names of its products."""
    return [(product_name(sku), quantity) for sku, quantity in basket.items()]
