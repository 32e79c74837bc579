"""Reads shops and other trades from an OpenStreetMap extract, by tag filter."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import osmium
import shapely
from osmium.filter import KeyFilter
from osmium.geom import WKBFactory

from geodata.importers.record import Records, words
from geodata.importers.report import ImporterError
from geodata.importers.tags import record_of

TagFilter: TypeAlias = Mapping[str, frozenset[str] | None]
"""The keys and values that make a store; None accepts any value except those that mean no."""

_NO = frozenset({"no", "vacant", "none"})
TRADES: TagFilter = {
    "shop": None,
    "amenity": words(
        """
        bank bar bureau_de_change cafe car_rental charging_station cinema fast_food fuel ice_cream
        marketplace pharmacy post_office pub restaurant vehicle_inspection veterinary
        """
    ),
}
"""The default filter."""


class Feature(NamedTuple):
    """A tagged object with a representative point."""

    id: str
    """`node/1`, `way/2` or `relation/3`."""
    tags: dict[str, str]
    point: tuple[float | None, float | None]
    """Latitude and longitude; (None, None) for a relation without a shape."""


def records(path: Path, tag_filter: TagFilter) -> Records:
    """One record per store of a PBF or XML extract."""
    for row, feature in enumerate(features(path, tag_filter), start=1):
        yield record_of(row, feature.tags, feature.id, "osm", feature.point)


def features(path: Path, tag_filter: TagFilter) -> Iterator[Feature]:
    """The objects that match the filter, each once; an area gets a point inside it.

    Raises:
        ImporterError: the file is not an OSM extract, or is damaged.
    """
    found: dict[str, Feature] = {}
    try:
        items: Iterable[Any] = (
            osmium.FileProcessor(path, osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION)
            .with_areas(KeyFilter(*tag_filter))
            .with_filter(KeyFilter(*tag_filter))
        )
        for item in items:
            tags = dict(item.tags)
            name = _id(item)
            # A multipolygon comes first as a relation without a shape, then as an area.
            if matches(tags, tag_filter) and (name not in found or has_shape(item)):
                found[name] = Feature(name, tags, _point(item))
    except (RuntimeError, ValueError) as error:
        raise ImporterError(f"not a readable OSM extract ({error}); download it again") from error
    yield from found.values()


def matches(tags: Mapping[str, str], tag_filter: TagFilter) -> bool:
    """True if the filter matches an object with these tags."""
    return any(
        value not in _NO and (wanted is None or value in wanted)
        for key, wanted in tag_filter.items()
        if (value := tags.get(key))
    )


def has_shape(item: Any) -> bool:
    """True for an area with rings; a way that returns on itself makes an area without rings."""
    return bool(item.is_area() and item.num_rings()[0] > 0)


def _id(item: Any) -> str:
    if item.is_area():
        return f"{'way' if item.from_way() else 'relation'}/{item.orig_id()}"
    kind = "node" if item.is_node() else "way" if item.is_way() else "relation"
    return f"{kind}/{item.id}"


def _point(item: Any) -> tuple[float | None, float | None]:
    if item.is_node():
        return (item.lat, item.lon) if item.location.valid() else (None, None)
    if item.is_area():
        shape = shapely.from_wkb(WKBFactory().create_multipolygon(item))
    elif item.is_way() and (nodes := [node for node in item.nodes if node.location.valid()]):
        shape = shapely.MultiPoint([(node.lon, node.lat) for node in nodes])
    else:
        return None, None
    inside = shape.point_on_surface()
    return inside.y, inside.x
