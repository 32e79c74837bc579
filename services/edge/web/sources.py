"""The sources of stores whose licences ask to be named beside them."""

from collections.abc import Iterable
from typing import NamedTuple

from enrayon.stores.v1 import stores_pb2


class Source(NamedTuple):
    """A source of data."""

    name: str
    url: str


OSM = Source("© OpenStreetMap", "https://www.openstreetmap.org/copyright")
GEONAMES = Source("GeoNames", "https://www.geonames.org/")


def sources_of(stores: Iterable[stores_pb2.Store]) -> list[Source]:
    """The sources to name beside these stores."""
    return [OSM] if any(map(is_of_osm, stores)) else []


def is_of_osm(store: stores_pb2.Store) -> bool:
    """Whether a store was taken from OpenStreetMap."""
    return "osm" in store.external_ids or store.name.startswith("stores/osm-")
