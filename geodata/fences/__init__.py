"""Geofences: shapes on the earth, which of many hold a place, and what a fix changes.

- Shapes: `circle`, `multipolygon`, `corridor` and `cellset` are each a `shape.Shape`; `geojson`
  reads them. Below them lie `flat` (the antimeridian and the poles), `outline`, `pieces` and
  `chords` (the distance to lines) and `grid` (H3).
- Many fences: `index`, over `cover` (H3 cells), `columns` and `positions`.
- Detection: `tracking` takes fixes in and tells `events`; `visits` holds the guards against
  noise, `state` what is kept, `encoding` its bytes. `trips` is for arrivals.
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
