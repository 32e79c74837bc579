"""Builds the responses of searches for baskets."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2 import LeftOutStore, PickupMethod
from services.directory.keys import store_id, store_name
from services.directory.products import product_name
from services.stock.convert.levels import View, fill_level
from services.stock.model.availability import Found, Option
from services.stock.model.baskets import Offer, coverage

Lines = Sequence[tuple[str, int]]
"""The names of the wanted products, and the wanted units of each."""


class SearchResponses:
    """Builds the responses of one search.

    Args:
        basket: SKU -> units.
        display_names: Store -> display name.
        view: The view of levels.
        sources_of: The names of a store's sources by number.
    """

    def __init__(
        self,
        basket: Mapping[str, int],
        display_names: Mapping[str, str],
        view: View,
        sources_of: Callable[[str], Mapping[int, str]],
    ) -> None:
        self._lines: Lines = [(product_name(sku), units) for sku, units in basket.items()]
        self._names = display_names
        self._view = view
        self._sources_of = sources_of

    def availability(self, found: Found) -> stock_pb2.FindNearestAvailabilityResponse:
        """The stores that have the basket, and those that do not, with the reason."""
        response = stock_pb2.FindNearestAvailabilityResponse()
        for offer in found.offers:
            self._fill_store(response.stores.add(), offer, offer.units)
        if found.split:
            response.split.fewest = found.is_fewest
            for share in found.split:
                self._fill_store(response.split.stores.add(), share.offer, share.units)
        response.left_out.extend(self._left_out(found))
        if not found.is_reachable:
            response.unreachable.append("stock")
        return response

    def pickup_options(
        self, options: Sequence[Option], found: Found
    ) -> stock_pb2.FindPickupOptionsResponse:
        """The stores where the basket can be picked up, and near ones where it cannot."""
        shown = {option.offer.store for option in options}
        response = stock_pb2.FindPickupOptionsResponse(
            unreachable=[] if found.is_reachable else ["stock"],
            left_out=[out for out in self._left_out(found) if store_id(out.store) not in shown],
        )
        for offer, window, donor in options:
            option = response.options.add(
                store=store_name(offer.store),
                display_name=self._names.get(offer.store, ""),
                distance_m=offer.distance_m,
                methods=map(PickupMethod.ValueType, offer.policy.methods),
                transfer_from=store_name(donor) if donor else "",
            )
            self._fill_lines(option.lines, offer, offer.units)
            if window:
                option.ready_by.FromDatetime(window.ready_by)
                option.pickup_by.FromDatetime(window.pickup_by)
        return response

    def _left_out(self, found: Found) -> Iterable[LeftOutStore]:
        for left_out in found.left_out:
            yield LeftOutStore(
                store=store_name(left_out.store),
                distance_m=left_out.distance_m,
                reason=LeftOutStore.Reason.ValueType(left_out.reason),
                product="" if left_out.line is None else self._lines[left_out.line][0],
            )

    def _fill_store(
        self, message: stock_pb2.StoreAvailability, offer: Offer, units: Sequence[int]
    ) -> None:
        message.store = store_name(offer.store)
        message.display_name = self._names.get(offer.store, "")
        message.distance_m = offer.distance_m
        message.complete = offer.lack is None
        message.coverage = coverage(units, [wanted for _, wanted in self._lines])
        self._fill_lines(message.lines, offer, units)

    def _fill_lines(
        self,
        messages: "RepeatedCompositeFieldContainer[stock_pb2.AvailableLine]",
        offer: Offer,
        units: Sequence[int],
    ) -> None:
        store, policy = store_name(offer.store), offer.policy
        sources = self._sources_of(offer.store)
        for (product, wanted), offered, level in zip(self._lines, units, offer.levels, strict=True):
            line = messages.add()
            line.product = product
            line.requested_quantity = wanted
            line.offered_quantity = offered
            source = sources.get(level.source, "") if level else ""
            fill_level(line.level, store, product, level, policy, self._view, source)
