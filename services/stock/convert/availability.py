"""Builds the responses of searches for baskets."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2 import LeftOutStore, PickupMethod
from geodata.steps import Steps
from services.chassis.messages.masks import ReadMask
from services.directory.journeys import Travel, journey_message
from services.directory.keys import store_name
from services.directory.products import product_name
from services.stock.convert.levels import View, fill_level
from services.stock.convert.shops import Shop, fill_shop
from services.stock.convert.times import date_message
from services.stock.model.availability import Found, LeftOut, Option
from services.stock.model.baskets import Offer, coverage, missing_from

Lines = Sequence[tuple[str, int]]
"""The names of the wanted products, and the wanted units of each."""


class Seen(NamedTuple):
    """How the responses of one search show stores and their levels."""

    fields: ReadMask
    """The fields of each store that are asked for."""
    view: View
    names: Mapping[str, str]
    """Store -> display name, of those stores that are public."""
    shops: Mapping[str, Shop]
    """Store -> its dear facts, where they are asked for."""
    local_date: Callable[[str], dt.date]
    """The date at a store."""
    sources_of: Callable[[str], Mapping[int, str]]
    """The names of a store's sources by number."""
    travel: Travel | None


class SearchResponses:
    """Builds the responses of one search for a basket, SKU -> units."""

    def __init__(self, basket: Mapping[str, int], seen: Seen) -> None:
        self._lines: Lines = [(product_name(sku), units) for sku, units in basket.items()]
        self._wanted = list(basket.values())
        self._seen = seen

    def availability(self, found: Found) -> Steps[stock_pb2.FindNearestAvailabilityResponse]:
        """The stores that have the basket, and those that do not, with the reason."""
        response = stock_pb2.FindNearestAvailabilityResponse(
            unreachable=[] if found.is_reachable else ["stock"]
        )
        for offer in found.offers:
            self._fill_store(response.stores.add(), offer, offer.units)
            yield None
        if found.split:
            response.split.fewest = found.is_fewest
            for share in found.split:
                self._fill_store(response.split.stores.add(), share.offer, share.units)
                yield None
        self._fill_left_out(response.left_out, found.left_out)
        return response

    def pickup_options(
        self, options: Sequence[Option], found: Found
    ) -> Steps[stock_pb2.FindPickupOptionsResponse]:
        """The stores where the basket can be picked up, and those where not, with the reason."""
        response = stock_pb2.FindPickupOptionsResponse(
            unreachable=[] if found.is_reachable else ["stock"]
        )
        for option in options:
            self._fill_option(response.options.add(), option)
            yield None
        shown = {option.offer.store for option in options}
        others = (left_out for left_out in found.left_out if left_out.store not in shown)
        self._fill_left_out(response.left_out, others)
        return response

    def _fill_store(
        self, message: stock_pb2.StoreAvailability, offer: Offer, units: Sequence[int]
    ) -> None:
        message.store = store_name(offer.store)
        message.distance_m = offer.distance_m
        message.complete = offer.lack is None
        message.coverage = coverage(units, self._wanted)
        self._fill_rest(message, offer, units)

    def _fill_option(self, message: stock_pb2.PickupOption, option: Option) -> None:
        offer, window, donor, _ = option
        message.store = store_name(offer.store)
        message.distance_m = offer.distance_m
        message.methods.extend(map(PickupMethod.ValueType, offer.policy.methods))
        message.transfer_from = store_name(donor) if donor else ""
        if window:
            message.ready_by.FromDatetime(window.ready_by)
            message.pickup_by.FromDatetime(window.pickup_by)
        if option.in_hand is not None:
            message.in_hand_time.FromDatetime(option.in_hand)
        self._fill_rest(message, offer, offer.units)

    def _fill_rest(
        self,
        message: stock_pb2.StoreAvailability | stock_pb2.PickupOption,
        offer: Offer,
        units: Sequence[int],
    ) -> None:
        fields, shop = self._seen.fields, self._seen.shops.get(offer.store)
        message.display_name = self._seen.names.get(offer.store, "")
        if shop:
            fill_shop(message, shop, fields)
        if offer.hit is not None and self._seen.travel is not None and "journey" in fields:
            message.journey.CopyFrom(journey_message(offer.hit.journey(self._seen.travel)))
        if "lines" in fields:
            self._fill_lines(message.lines, offer, units)
        fields.cut(message)

    def _fill_lines(
        self,
        messages: "RepeatedCompositeFieldContainer[stock_pb2.AvailableLine]",
        offer: Offer,
        units: Sequence[int],
    ) -> None:
        store, policy = store_name(offer.store), offer.policy
        sources = self._seen.sources_of(offer.store)
        for (product, wanted), offered, level in zip(self._lines, units, offer.levels, strict=True):
            line = messages.add()
            line.product = product
            line.requested_quantity = wanted
            line.offered_quantity = offered
            source = sources.get(level.source, "") if level else ""
            fill_level(line.level, store, product, level, policy, self._seen.view, source)

    def _fill_left_out(
        self,
        messages: "RepeatedCompositeFieldContainer[stock_pb2.LeftOutStore]",
        stores: Iterable[LeftOut],
    ) -> None:
        for left_out in stores:
            message = messages.add(
                store=store_name(left_out.store),
                display_name=self._seen.names.get(left_out.store, ""),
                distance_m=left_out.distance_m,
                reason=LeftOutStore.Reason.ValueType(left_out.reason),
                product="" if left_out.line is None else self._lines[left_out.line][0],
            )
            if left_out.offer:
                self._fill_missing(message, left_out.offer)

    def _fill_missing(self, message: LeftOutStore, offer: Offer) -> None:
        view = self._seen.view
        for line, units, expected in missing_from(
            offer,
            self._wanted,
            partial(self._seen.local_date, offer.store),
            view.now_ms,
            view.fresh_ms,
            bands_only=not view.quantities,
        ):
            item = message.items.add(product=self._lines[line][0], missing_quantity=units)
            if expected:
                item.expected_date.CopyFrom(date_message(expected))
