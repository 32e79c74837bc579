"""Tests set operations on shapes, and the reasons for invalid shapes."""

import warnings

from shapely import Polygon

from geodata.floorplans.shapes import why_invalid


def test_a_corner_of_a_hair_is_told_without_a_warning():
    outline = Polygon([(-0.2187499962747097, 8e-317), (20, 0), (5e-315, 0), (3e-289, 5e-207)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert why_invalid(outline).startswith("Self-intersection")
