"""A WGS84 point, checked when it is made."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A WGS84 position in degrees, latitude first.

    Raises:
        ValueError: naming the coordinate that is not finite or out of range.
    """

    latitude: float
    """In [-90, 90]."""
    longitude: float
    """In [-180, 180]."""

    def __post_init__(self) -> None:
        # NaN fails every comparison, so these checks refuse it too.
        if not -90 <= self.latitude <= 90:
            raise ValueError(f"latitude must be in [-90, 90], got {self.latitude}")
        if not -180 <= self.longitude <= 180:
            raise ValueError(f"longitude must be in [-180, 180], got {self.longitude}")
