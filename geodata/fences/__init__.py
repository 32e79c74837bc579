"""Geofences: shapes on the earth, an index of many fences, and detection of events from fixes.

- Shapes: `circle`, `multipolygon`, `corridor` and `cellset` implement `shape.Shape`; `geojson`
  reads them. They use `flat` (the antimeridian and the poles), `outline`, `pieces` and `chords`
  (the distance to lines), and `grid` (H3).
- Index: `index` finds the fences at a point, with `cover` (H3 cells), `columns` and `positions`.
- Detection: `tracking` turns fixes into `events`; `visits` applies the noise guards, `state`
  defines the state of a device, and `encoding` its bytes. `trips` tracks arrivals at a store.
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
