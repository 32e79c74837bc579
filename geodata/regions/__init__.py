"""Which places lie in a region: in a shape, on a part of a map, along a route."""

from geodata.regions.areas import in_shape, in_viewport
from geodata.regions.route import RouteHit, along_route

__all__ = ["RouteHit", "along_route", "in_shape", "in_viewport"]
