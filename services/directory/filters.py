"""The filter of a search for stores, and its decision on one store (`columns` decides on all)."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from enrayon.stores.v1 import stores_pb2
from geodata.nearest import Rows
from geodata.points import Point
from services.directory.keys import store_id
from services.directory.service_areas import ServiceArea
from services.directory.travel_areas import ByRoad, no_roads

Mask = NDArray[np.bool_]
"""One boolean per row of the index, or per row of a selection."""

ENDED = frozenset({stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD, stores_pb2.STORE_STATUS_MOVED})
"""Statuses that only a filter by status or by id admits."""
HIDDEN = -1
"""The status, as filters see it, of a store that no public answer shows."""


class Opening(Protocol):
    """The stores that are open at some instant: a part of a filter."""

    def rows(self, rows: Rows) -> Mask:
        """For each row whether it admits the store."""

    def admits(self, id: str) -> bool:
        """True if it admits one store. The reference for `rows`."""


@dataclass(frozen=True)
class StoreFilter:
    """A filter of stores: a store must meet every part that is set.

    Stores closed for good or moved are admitted only by `statuses` or where the filter names its
    stores, private ones never.
    """

    brands: frozenset[str] = frozenset()
    """Any of them; folded by `fold`."""
    attributes: frozenset[str] = frozenset()
    """All of them."""
    any_attributes: frozenset[str] = frozenset()
    """Any of them."""
    region_codes: frozenset[str] = frozenset()
    """Any of them."""
    administrative_areas: frozenset[str] = frozenset()
    """Any of them; folded by `fold`."""
    ids: frozenset[str] = frozenset()
    """Any of them."""
    external_ids: frozenset[str] = frozenset()
    """Any of them, as `external_keys` writes them."""
    statuses: frozenset[int] = frozenset()
    """Any of them; values of the contract's StoreStatus."""
    serves_point: Point | None = None
    serves_postal_code: str = ""
    """Folded by `fold_postal_code`. A store that serves it, or the point, is admitted."""
    by_road: ByRoad = field(default=no_roads, compare=False)
    """Decides on service areas by travel time."""
    opening: "Opening | None" = field(default=None, compare=False)
    """Not in comparisons, `admits` and the masks of `Columns`: its answer changes with time."""

    @property
    def repeats(self) -> bool:
        """True if other requests are likely to have an equal filter, so that its mask is kept."""
        return self.serves_point is None and not self.serves_postal_code and not self.names_stores

    @property
    def names_stores(self) -> bool:
        """True if it admits but a few stores, which it names."""
        return bool(self.ids or self.external_ids)

    def admits(self, store: stores_pb2.Store) -> bool:
        """True if the filter admits a store, `opening` aside. The reference for `Columns.mask`."""
        return (
            self.admits_status(status_of(store))
            and (not self.brands or fold(store.brand) in self.brands)
            and self.attributes.issubset(attributes_of(store))
            and (
                not self.any_attributes or not self.any_attributes.isdisjoint(attributes_of(store))
            )
            and (not self.region_codes or store.address.region_code in self.region_codes)
            and (
                not self.administrative_areas
                or fold(store.address.administrative_area) in self.administrative_areas
            )
            and (not self.ids or store_id(store.name) in self.ids)
            and (not self.external_ids or not self.external_ids.isdisjoint(external_keys(store)))
            and self._is_served_by(store)
        )

    def admits_status(self, status: int) -> bool:
        """True if the filter admits stores of this status."""
        if status == HIDDEN:
            return False
        if self.statuses:
            return status in self.statuses
        return self.names_stores or status not in ENDED

    def _is_served_by(self, store: stores_pb2.Store) -> bool:
        if self.serves_point is None and not self.serves_postal_code:
            return True
        return ServiceArea.of(store).serves(
            self.serves_point, self.serves_postal_code, self.by_road
        )


EVERYTHING = StoreFilter()
"""The filter that admits every public store that is not closed for good or moved."""


def fold(text: str) -> str:
    """The text without case and accents, so that equal names compare equal."""
    if text.isascii():
        return text.casefold().strip()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).strip()


def attributes_of(store: stores_pb2.Store) -> Collection[str]:
    """The attributes of a store by which filters find it, its payment methods among them."""
    if not store.payment_methods:
        return store.attributes
    return {*store.attributes, *(f"osm.payment.{method}" for method in store.payment_methods)}


def external_keys(store: stores_pb2.Store) -> list[str]:
    """The ids of a store in other systems, each as `<scheme>:<id>`."""
    return [f"{scheme}:{id}" for scheme, id in store.external_ids.items()]


def status_of(store: stores_pb2.Store) -> int:
    """The status as filters see it: HIDDEN for private stores, OPEN where it is not set."""
    return HIDDEN if store.private else store.status or stores_pb2.STORE_STATUS_OPEN
