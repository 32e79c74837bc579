"""The result of a floor plan import, and helpers that all readers of floor plans share."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.plan import FloorPlan
from geodata.floorplans.problems import Problem
from geodata.importers.files import Source
from geodata.importers.report import ImporterError

MAX_FEATURES = 50_000


@dataclass(frozen=True, slots=True)
class ImportedPlan:
    """A plan, and the problems of reading it: guesses, repairs and omissions.

    `plan_problems` and `reach_problems` check the plan itself.
    """

    plan: FloorPlan
    problems: tuple[Problem, ...] = ()


def read_json(path: Path) -> Any:
    """Read a JSON document, plain or gzip.

    Raises:
        ImporterError: the file cannot be read, or is not JSON.
    """
    try:
        return orjson.loads(Source(path).document())
    except orjson.JSONDecodeError as error:
        raise ImporterError(f"{path.name}: not JSON ({error})") from error


def features_of(
    document: object, name: str = "document"
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The features of a GeoJSON FeatureCollection, with their indices; `name` is for errors.

    Raises:
        ImporterError: it is not a FeatureCollection, or has over `MAX_FEATURES` features.
    """
    features = document.get("features") if isinstance(document, Mapping) else None
    if not isinstance(features, list):
        raise ImporterError(f"{name}: not a GeoJSON FeatureCollection")
    if len(features) > MAX_FEATURES:
        raise ImporterError(f"{name}: has {len(features)} features, the limit is {MAX_FEATURES}")
    for index, feature in enumerate(features):
        if isinstance(feature, Mapping):
            yield index, feature


def properties_of(feature: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a feature; empty without any."""
    properties = feature.get("properties")
    return dict(properties) if isinstance(properties, Mapping) else {}


def ordinal_of(properties: Mapping[str, Any], name: str) -> float:
    """The ordinal of a level, 0 without one; `name` is for errors.

    Raises:
        ImporterError: the ordinal is not a number.
    """
    try:
        ordinal = float(properties.get("ordinal") or 0)
    except (TypeError, ValueError):
        ordinal = math.nan
    if not math.isfinite(ordinal):
        raise ImporterError(f"{name}: ordinal must be a number")
    return ordinal


def shape_of(geometry: object) -> BaseGeometry | None:
    """A GeoJSON geometry in longitude and latitude; None if invalid, empty or out of range."""
    if not isinstance(geometry, Mapping):
        return None
    try:
        shape = shapely.from_geojson(orjson.dumps(dict(geometry)))
    except (shapely.errors.GEOSException, TypeError, ValueError):
        return None
    # NaN fails the comparison, so this check refuses it too.
    on_earth = np.abs(shapely.get_coordinates(shape)) <= (180, 90)
    return shape if on_earth.all() and not shape.is_empty else None


def polygon_of(geometry: object) -> Polygon | MultiPolygon | None:
    """`shape_of` for polygons; None for other geometries."""
    shape = shape_of(geometry)
    return shape if isinstance(shape, Polygon | MultiPolygon) else None
