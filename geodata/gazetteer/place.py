"""The data types of the gazetteer: place, box, and the error for an unknown name."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.codes import COARSE_M
from geodata.gazetteer.table import PlaceKind
from geodata.points import Point

_BOX_MARGIN = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """A named point of the gazetteer."""

    name: str
    country: str
    """ISO 3166-1 alpha-2."""
    admin: str
    """State code used in addresses of the US, Canada and Australia (`TX`), else GeoNames' code."""
    admin_name: str
    """Full name of the state, if addresses use `admin`; else empty."""
    point: Point
    kind: PlaceKind
    population: int
    """Within 4 %; 0 if unknown or not a town."""

    @property
    def uncertainty_m(self) -> float:
        """How far the meant place may lie from the point, about, where its table is coarse."""
        return COARSE_M.get(self.country, 0.0) if self.kind is PlaceKind.POSTCODE else 0.0

    @property
    def label(self) -> str:
        """The name with state and country, to distinguish equal names: `Paris, TX, US`."""
        admin = self.admin if self.admin_name else ""
        return ", ".join(part for part in (self.name, admin, self.country) if part)


class PlaceNotFound(LookupError):
    """No place has the name; `suggestions` holds places with similar names."""

    def __init__(self, text: str, suggestions: Sequence[Place]) -> None:
        super().__init__(f"no place has the name {text!r}")
        self.suggestions = tuple(suggestions)


@dataclass(frozen=True, slots=True)
class Box:
    """Bounds in degrees; with west greater than east the box crosses the antimeridian."""

    south: float
    west: float
    north: float
    east: float

    @classmethod
    def around(cls, points: NDArray[np.float64]) -> "Box":
        """The narrowest box around rows of (latitude, longitude), plus half a degree per side."""
        longitudes = np.unique(points[:, 1])
        # The box spans all longitudes except the widest gap between neighbours.
        gaps = np.diff(longitudes, append=longitudes[0] + 360)
        widest = int(np.argmax(gaps))
        west, east = longitudes[(widest + 1) % len(longitudes)], longitudes[widest]
        return cls(
            float(points[:, 0].min()) - _BOX_MARGIN,
            float(west) - _BOX_MARGIN,
            float(points[:, 0].max()) + _BOX_MARGIN,
            float(east) + _BOX_MARGIN,
        )

    def contains(self, point: Point) -> bool:
        """True if the point is inside or on the edge."""
        if not self.south <= point.latitude <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= point.longitude <= self.east
        return point.longitude >= self.west or point.longitude <= self.east
