"""The ways to travel that a network knows."""

from enum import StrEnum


class Mode(StrEnum):
    """A way to travel."""

    DRIVE = "drive"
    WALK = "walk"
    BIKE = "bike"
