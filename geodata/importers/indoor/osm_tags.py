"""OSM objects with their indoor tags, read from GeoJSON."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry

from geodata.importers.indoor.result import features_of, properties_of, shape_of

MOST_LEVELS = 50
_LEVELS = re.compile(r"(-?\d{1,3}(?:\.\d)?)(?:-(-?\d{1,3}(?:\.\d)?))?")


@dataclass(frozen=True, slots=True)
class OsmObject:
    """A node, way or area with its tags."""

    id: str
    tags: Mapping[str, Any]
    shape: BaseGeometry
    levels: tuple[str, ...]
    """The tagged levels; empty without a tag."""

    def tag(self, key: str) -> str:
        """The value of a tag; empty if it is missing."""
        return str(self.tags.get(key) or "")


def objects_of(document: object, levels: Mapping[str, str]) -> Iterator[OsmObject]:
    """The objects of a FeatureCollection, in longitude and latitude.

    Args:
        document: the FeatureCollection.
        levels: by object id, a value that overrides the tag `level`.
    """
    for index, feature in features_of(document):
        tags = properties_of(feature)
        shape = shape_of(feature.get("geometry"))
        identity = str(feature.get("id") or tags.get("id") or index)
        if shape is not None and not shape.is_empty:
            level = levels.get(identity, tags.get("level"))
            repeated = levels_of(tags.get("repeat_on")) if level is not None else ()
            found = dict.fromkeys((*levels_of(level), *repeated))
            yield OsmObject(identity, tags, shape, tuple(found))


def levels_of(value: object) -> tuple[str, ...]:
    """The levels of a tag, such as `0;1`, `0-2`, `-1`, `0.5`; empty if it is invalid."""
    found: list[float] = []
    for part in str(value or "" if value != 0 else "0").split(";"):
        matched = _LEVELS.fullmatch(part.strip())
        if matched is None:
            return ()
        low, high = float(matched[1]), float(matched[2] or matched[1])
        found += [low + step for step in range(min(int(high - low), MOST_LEVELS) + 1)]
    return tuple(f"{level:g}" for level in dict.fromkeys(found))
