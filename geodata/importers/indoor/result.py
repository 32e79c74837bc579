"""What a floor plan file gave, and what all its readers share."""

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
    """A plan, and what its reader had to guess, repair or leave out.

    `plan_problems` and `reach_problems` are asked apart: they say what is wrong with the result.
    """

    plan: FloorPlan
    problems: tuple[Problem, ...] = ()


def read_json(path: Path) -> Any:
    """A JSON document, compressed or not.

    Raises:
        ImporterError: when the file cannot be read or is not JSON.
    """
    try:
        return orjson.loads(Source(path).document())
    except orjson.JSONDecodeError as error:
        raise ImporterError(f"{path.name}: not JSON ({error})") from error


def features_of(
    document: object, what: str = "document"
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The features of a GeoJSON FeatureCollection, with their places in it.

    Raises:
        ImporterError: when it is none, or has over `MAX_FEATURES`.
    """
    features = document.get("features") if isinstance(document, Mapping) else None
    if not isinstance(features, list):
        raise ImporterError(f"{what}: not a GeoJSON FeatureCollection")
    if len(features) > MAX_FEATURES:
        raise ImporterError(f"{what}: {len(features)} features, at most {MAX_FEATURES} are taken")
    for index, feature in enumerate(features):
        if isinstance(feature, Mapping):
            yield index, feature


def properties_of(feature: Mapping[str, Any]) -> dict[str, Any]:
    """A feature's properties; empty where there are none."""
    properties = feature.get("properties")
    return dict(properties) if isinstance(properties, Mapping) else {}


def ordinal_of(properties: Mapping[str, Any], what: str) -> float:
    """How high a level is, 0 where it does not say.

    Raises:
        ImporterError: it is no number.
    """
    try:
        ordinal = float(properties.get("ordinal") or 0)
    except (TypeError, ValueError):
        ordinal = math.nan
    if not math.isfinite(ordinal):
        raise ImporterError(f"{what}: ordinal must be a number")
    return ordinal


def shape_of(geometry: object) -> BaseGeometry | None:
    """A GeoJSON geometry in longitude and latitude; None for what is none on earth, or empty."""
    if not isinstance(geometry, Mapping):
        return None
    try:
        shape = shapely.from_geojson(orjson.dumps(dict(geometry)))
    except (shapely.errors.GEOSException, TypeError, ValueError):
        return None
    # A NaN fails the comparison too.
    on_earth = np.abs(shapely.get_coordinates(shape)) <= (180, 90)
    return shape if on_earth.all() and not shape.is_empty else None


def polygon_of(geometry: object) -> Polygon | MultiPolygon | None:
    """As `shape_of`, for polygons alone."""
    shape = shape_of(geometry)
    return shape if isinstance(shape, Polygon | MultiPolygon) else None
