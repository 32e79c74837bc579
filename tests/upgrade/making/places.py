"""Positions of the shops in the upgrade test."""

from tests.upgrade.running import Answer

CORNER = (60.2000, 24.9000)
STEP_M = 1_000.0


def north_of(place: tuple[float, float], metres: float) -> tuple[float, float]:
    """A place some metres north of another; wrong by less than 1 m in a kilometre."""
    return place[0] + metres / 111_400, place[1]


def location(place: tuple[float, float]) -> Answer:
    """A place as the contracts write it."""
    return {"latitude": round(place[0], 6), "longitude": round(place[1], 6)}


PLACES = {f"up-{n:02}": north_of(CORNER, n * STEP_M) for n in range(1, 16)}
"""The shops stand 1 km apart on a line to the north."""
