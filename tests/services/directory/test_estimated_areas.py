"""The circle that stands for an isochrone is drawn where it lies, also around a pole."""

import pytest
import shapely

from geodata.distance import destinations, distance_m
from geodata.points import Point
from geodata.roads import Mode
from services.directory.estimated_journeys import estimated_area

RADIUS_M = 25_000
CENTRES = [
    (90.0, 0.0), (-90.0, 0.0), (89.9999, 10.0), (-89.9, -170.0), (89.8, 170.0),
    (89.7, 0.0), (0.0, 180.0), (0.0, -180.0), (-16.8, 179.99), (60.17, 24.94),
]  # fmt: skip


@pytest.mark.parametrize("centre", CENTRES)
def test_it_contains_what_is_near_enough_and_nothing_else(centre):
    area = estimated_area(Mode.DRIVE, Point(*centre), 3600)
    drawn = shapely.set_precision(area.polygons, 1e-7)
    assert area.polygons.is_valid
    assert not drawn.is_empty
    for share, is_in in ((0.01, True), (0.5, True), (0.98, True), (1.02, False), (2.0, False)):
        azimuths = [10.0 * n + 1 for n in range(36)]
        count = len(azimuths)
        latitudes, longitudes, _ = destinations(
            [centre[0]] * count, [centre[1]] * count, azimuths, [share * RADIUS_M] * count
        )
        for latitude, longitude in zip(latitudes.tolist(), longitudes.tolist(), strict=True):
            off_m = distance_m(Point(*centre), Point(latitude, longitude))
            assert is_in == (off_m <= RADIUS_M)
            near = centre[1] + (longitude - centre[1] + 180) % 360 - 180
            assert is_in == drawn.contains(shapely.Point(near, latitude)), (latitude, longitude)
