"""What searches find: stores, and cells with stores."""

from typing import NamedTuple

Rank = tuple[float, ...]
"""The lower the earlier: 0, the place along the route in metres, or how well a text matches."""
BY_ID: Rank = (0.0,)


class Match(NamedTuple):
    """A store that was found, and along a route where."""

    rank: Rank
    id: str
    distance_m: float | None = None
    route_position_m: float | None = None
    detour_m: float | None = None


class Cell(NamedTuple):
    """An H3 cell with stores: how many, and their mean position."""

    h3_cell: str
    stores: int
    latitude: float
    longitude: float
