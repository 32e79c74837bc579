"""Geofences: shapes on the earth, which of many hold a place, and what a fix changes.

- Shapes: `circle`, `multipolygon`, `corridor` and `cellset`, which answer to `shape.Shape` and are
  read by `geojson`; below them `flat` (the antimeridian and the poles), `outline` (distance to
  lines) and `grid` (H3).
- Many fences: `index`, over `cover` (H3 cells), `columns` and `positions`.
- Detection: `events`, `state`, `tracking`; `encoding` for the store; `trips` for arrivals.
"""

from geodata.fences.cellset import CellSet
from geodata.fences.circle import Circle
from geodata.fences.corridor import Corridor
from geodata.fences.cover import fill
from geodata.fences.geojson import shape_from_geojson
from geodata.fences.index import FenceIndex, Matches, NearestFences
from geodata.fences.multipolygon import MultiPolygon
from geodata.fences.shape import FenceError, Shape

__all__ = [
    "CellSet",
    "Circle",
    "Corridor",
    "FenceError",
    "FenceIndex",
    "Matches",
    "MultiPolygon",
    "NearestFences",
    "Shape",
    "fill",
    "shape_from_geojson",
]
