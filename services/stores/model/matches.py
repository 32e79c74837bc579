"""The results of searches: stores that match, and H3 cells with stores."""

from typing import NamedTuple

from geodata.gazetteer import Place
from geodata.questions import Kind
from services.directory.journeys import Journey

Rank = tuple[float, ...]
"""The sort key of a match before its id: the lower, the earlier.

It is 0, a distance or a position on the route in metres, tier and number of a text match, or the
seconds of a detour and whether they are an estimate.
"""
BY_ID: Rank = (0.0,)
"""The rank of every match where the id alone gives the order."""


class Match(NamedTuple):
    """A store that matches; with its distance in a circle, and its position along a route."""

    rank: Rank
    id: str
    distance_m: float | None = None
    route_position_m: float | None = None
    detour_m: float | None = None
    detour: Journey | None = None
    """Along a route with a way of travelling: there and back."""


class Cell(NamedTuple):
    """An H3 cell with the number of its stores and their mean position."""

    h3_cell: str
    stores: int
    latitude: float
    longitude: float


class Total(NamedTuple):
    """The number of matches on all pages."""

    number: int
    is_estimate: bool = False


class Suggested(NamedTuple):
    """What the beginning of a text may mean, the best of each first."""

    near: list[Place]
    """Places with stores around them, not far from the person."""
    kinds: list[Kind]
    ids: list[str]
    """Of stores."""
    far: list[Place]
    """Other places with stores around them."""


class Found(NamedTuple):
    """A page of matches."""

    matches: list[Match]
    has_more: bool
    """True if there are matches after the last one."""
    total: Total
