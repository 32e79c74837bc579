"""Exact nearest-place search: H3 narrows the candidates, the WGS84 geodesic decides."""

from geodata.nearest.index import NearestIndex
from geodata.nearest.places import Accept, Rows, passing
from geodata.nearest.query import Hit

__all__ = ["Accept", "Hit", "NearestIndex", "Rows", "passing"]
