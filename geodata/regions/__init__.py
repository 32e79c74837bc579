"""Search for the places in a region: a shape, a map viewport, or a corridor along a route."""

from geodata.regions.areas import in_shape, in_viewport
from geodata.regions.route import RouteHit, along_route, points_at

__all__ = ["RouteHit", "along_route", "in_shape", "in_viewport", "points_at"]
